"""Counts of groups in a database of their own, as the audits leave them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from plainscore.scorecards.reference import reference_rows
from tests.transforms.worked_example import cards, house


@contextmanager
def counted(**tables: Sequence[tuple[Any, ...]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with the scorecards, and these rows in tables of the schema audits."""
    con = duckdb.connect(config={"threads": 1})
    try:
        for schema in ("reference", "audits"):
            con.execute(f"create schema {schema}")
        rows = {
            **reference_rows(cards(), house().feature_column),
            **{f"audits.{name}": list(given) for name, given in tables.items()},
        }
        for name in ("reference.card", *(f"audits.{name}" for name in tables)):
            con.execute(house()[name].ddl)
            columns = ", ".join("unnest(?)" for _ in house()[name].columns)
            lists = [list(cells) for cells in zip(*rows[name], strict=True)]
            con.execute(f"insert into {name} select {columns}", lists)
        yield con
    finally:
        con.close()


def as_rows(table_name: str, made: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return rows as column -> value, by the table's contract."""
    names = [column.name for column in house()[table_name].columns]
    return [dict(zip(names, row, strict=True)) for row in made]
