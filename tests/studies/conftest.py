"""A small population with its scores, for studies to change; the changes are rolled back."""

from collections.abc import Iterator

import pytest

from plainscore.engines.duckdb import DuckDBEngine


@pytest.fixture
def society(small_house: DuckDBEngine) -> Iterator[DuckDBEngine]:
    """The small house, built; see tests/expectations/small_house.py."""
    small_house.con.begin()
    yield small_house
    small_house.con.rollback()
