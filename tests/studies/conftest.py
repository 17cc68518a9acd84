"""A small population with its scores, for studies to change; the changes are rolled back."""

from collections.abc import Iterator

import pytest

from plainscore.engines.duckdb import DuckDBEngine
from tests.expectations.small_house import build_small_house


@pytest.fixture(scope="session")
def _built_once() -> Iterator[DuckDBEngine]:
    engine = build_small_house()
    yield engine
    engine.close()


@pytest.fixture
def society(_built_once: DuckDBEngine) -> Iterator[DuckDBEngine]:
    """The small house, built; see tests/expectations/small_house.py."""
    _built_once.con.begin()
    yield _built_once
    _built_once.con.rollback()
