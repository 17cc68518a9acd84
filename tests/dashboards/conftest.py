from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.snapshots import Snapshots, open_snapshots
from tests.publish.invented import published_autumn


@pytest.fixture(scope="session")
def autumn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with September, October and October as known later."""
    return published_autumn(tmp_path_factory.mktemp("autumn"))


@pytest.fixture
def snapshots(autumn: Path) -> Iterator[Snapshots]:
    with open_snapshots(autumn) as opened:
        yield opened
