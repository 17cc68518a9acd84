"""One small house for all tests; whatever a test plants in it is rolled back."""

from collections.abc import Iterator

import duckdb
import pytest

from plainscore.engines.duckdb import DuckDBEngine
from tests.expectations.rent import RENT


@pytest.fixture(scope="session")
def house(small_house: DuckDBEngine) -> DuckDBEngine:
    return small_house


@pytest.fixture
def con(house: DuckDBEngine) -> Iterator[duckdb.DuckDBPyConnection]:
    house.con.execute("begin")
    yield house.con
    house.con.execute("rollback")


@pytest.fixture
def rent() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema events; create schema staging")
        con.execute("create table events.person (person_key bigint, person_id varchar)")
        con.execute("insert into events.person values (0, 'zoe'), (1, 'yan'), (2, 'xia')")
        con.execute(RENT.ddl)
        con.execute(
            """insert into staging.rent
            select key, month, 100, 1, 0.5, 'ulm', 'secret', date '2026-01-31'
            from range(3) as person (key), range(1, 13) as calendar (month)"""
        )
        yield con
