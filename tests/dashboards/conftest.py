import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from plainscore.publish.catalog import rebuild_catalog
from plainscore.show import site as site_module
from plainscore.show.reader import Snapshots, open_snapshots
from tests.dashboards.site_of_autumn import ENGINE_FILES, has_engine, write_autumn


@pytest.fixture
def own_autumn(autumn: Path, tmp_path: Path) -> Path:
    """A copy of that directory for one test."""
    copy = Path(shutil.copytree(autumn, tmp_path / "data"))
    rebuild_catalog(copy)
    return copy


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
            patched.setattr(site_module, "_write_engine", _leave_empty_files)
        write_autumn(autumn, out)
    return out


def _leave_empty_files(target: Path, _: Path) -> None:
    target.mkdir(parents=True)
    for name in ENGINE_FILES:
        (target / name).touch()
