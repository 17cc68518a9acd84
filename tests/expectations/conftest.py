"""One small house for all tests; whatever a test plants in it is rolled back."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.expectations.small_house import build_small_house
from transforms.engines.duckdb_engine import DuckDBEngine


@pytest.fixture(scope="session")
def house() -> Iterator[DuckDBEngine]:
    engine = build_small_house()
    yield engine
    engine.close()


@pytest.fixture
def con(house: DuckDBEngine) -> Iterator[duckdb.DuckDBPyConnection]:
    house.con.execute("begin")
    yield house.con
    house.con.execute("rollback")
