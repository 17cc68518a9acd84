from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.publish.invented import published_autumn


@pytest.fixture(scope="session")
def autumn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with September, October and October as known later; in a nasty place."""
    return published_autumn(tmp_path_factory.mktemp('it\'s a [data] dir* %20, "ü"'))


@pytest.fixture
def con(autumn: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The catalog of ``autumn``, open as a reader opens it."""
    with duckdb.connect(str(autumn / "plainscore.duckdb"), read_only=True) as opened:
        yield opened
