from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.snapshots import Snapshots, open_snapshots
from flows.site import writing
from tests.dashboards.site_of_autumn import has_engine, write_autumn
from tests.publish.invented import published_autumn


@pytest.fixture(scope="session")
def autumn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with September, October and October as known later."""
    return published_autumn(tmp_path_factory.mktemp("autumn"))


@pytest.fixture
def snapshots(autumn: Path) -> Iterator[Snapshots]:
    with open_snapshots(autumn) as opened:
        yield opened


@pytest.fixture(scope="session")
def site(autumn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of that directory's two dates; without an engine where none was fetched before."""
    out = tmp_path_factory.mktemp("web") / "site"
    with pytest.MonkeyPatch.context() as patched:
        if not has_engine():
            patched.setattr(writing, "bring_engine", lambda _: None)
            patched.setattr(writing, "copy_engine", lambda _, target: target.mkdir(parents=True))
        write_autumn(autumn, out)
    return out
