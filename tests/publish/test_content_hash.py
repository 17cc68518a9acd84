"""The content hash is what its definition says, in any language."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plainscore.publish.sets import content_hash

COLUMNS = (
    ("person_id", "VARCHAR"), ("count", "BIGINT"), ("points", "INTEGER"), ("share", "DOUBLE"),
    ("day", "DATE"), ("time", "TIMESTAMP"), ("flag", "BOOLEAN"), ("note", "VARCHAR"),
)  # fmt: skip
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
ROW = st.tuples(
    TEXT,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.dates(),
    st.none() | st.datetimes(),
    st.none() | st.booleans(),
    st.none() | TEXT,
)
Row = tuple[Any, ...]


def _cell(value: Any) -> str:
    """Return a cell's text, as the definition has it."""
    match value:
        case None:
            return ""
        case str():
            return f"{len(value.encode())}:{value}"
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case datetime():
            fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
            return f"{value:%H:%M:%S}{fraction}".join([f"{value.date()} ", ""])
        case _:
            return str(value)


def _hash_by_hand(rows: list[Row]) -> str:
    header = "\n".join(" ".join(column) for column in COLUMNS)
    texts = [header, *("\n".join(map(_cell, row)) for row in rows)]
    digests = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}\n" for text in texts)
    return hashlib.sha256(digests.encode()).hexdigest()


def _hash_of_file(con: duckdb.DuckDBPyConnection, rows: list[Row], file: Path) -> str:
    declared = ", ".join(" ".join(column) for column in COLUMNS)
    con.execute(f"create or replace table t ({declared})")
    if rows:
        con.executemany(f"insert into t values ({', '.join('?' * len(COLUMNS))})", rows)
    con.execute(f"copy t to '{file}' (format parquet)")
    return content_hash(con, file, COLUMNS)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, max_size=4))
def test_the_hash_is_what_its_definition_says(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, rows: list[Row]
) -> None:
    assert _hash_of_file(con, rows, tmp_path / "t.parquet") == _hash_by_hand(rows)


ONE = ("p", 1, 2, 0.1, date(2026, 10, 31), datetime(2026, 10, 31, 1, 2, 3), True, "x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((*ONE[:-1], ""), (*ONE[:-1], None)),
        (("p\n1", 2, *ONE[2:]), ("p", 1, *ONE[2:])),  # no line feed pretends to be another cell
    ],
    ids=["nothing", "line feed"],
)
def test_rows_that_look_alike_differ(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, one: Row, other: Row
) -> None:
    hashes = {_hash_of_file(con, [row], tmp_path / "t.parquet") for row in (one, other)}
    assert len(hashes) == 2


def test_the_order_of_rows_counts_and_their_layout_does_not(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def hashed(order: str, options: str) -> str:
        file = tmp_path / "t.parquet"
        con.execute(
            f"copy (select i from range(9000) as t(i) order by i {order}) "
            f"to '{file}' (format parquet{options})"
        )
        return content_hash(con, file, [("i", "BIGINT")])

    whole = hashed("", "")
    assert hashed("", ", compression snappy, row_group_size 2048") == whole
    assert hashed("desc", "") != whole


@pytest.mark.parametrize("value", [0.1, 1e-6, 5.0, 1 / 3, 1e16, 123456789.125, 5e-324])
def test_doubles_are_written_as_python_writes_them(
    con: duckdb.DuckDBPyConnection, value: float
) -> None:
    written = con.execute("select cast(?::double as varchar)", [value]).fetchall()
    assert written == [(repr(value),)]
