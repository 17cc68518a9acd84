from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.publish.power_cuts import make_catalogs_small


@pytest.fixture
def small_catalogs(monkeypatch: pytest.MonkeyPatch) -> None:
    make_catalogs_small(monkeypatch)


@pytest.fixture
def con(autumn: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The catalog of ``autumn``, open as a reader opens it."""
    with duckdb.connect(str(autumn / "plainscore.duckdb"), read_only=True) as opened:
        yield opened
