"""Which function fills which table of the schema ``statistics``."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from studies.statistics.benefit_access import benefit_access
from studies.statistics.group_gap import group_gap
from studies.statistics.ring_member import ring_member
from studies.statistics.score_assortativity import score_assortativity
from studies.statistics.score_inequality import score_inequality
from transforms.catalog import Catalog
from transforms.contract import ContractError, Table

Row = tuple[Any, ...]
Fill = Callable[[duckdb.DuckDBPyConnection], Iterator[Row]]

FILLS: Mapping[str, Fill] = {
    "statistics.benefit_access": benefit_access,
    "statistics.group_gap": group_gap,
    "statistics.ring_member": ring_member,
    "statistics.score_assortativity": score_assortativity,
    "statistics.score_inequality": score_inequality,
}
"""Table -> what reads tables made before it, and yields its rows in the order of its columns."""


def fill_statistics(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Make and fill every table of the schema ``statistics``.

    Raises ContractError where a table has nothing that fills it, or the other way round.
    """
    tables = catalog.of_schema("statistics")
    if {table.name for table in tables} != set(FILLS):
        raise ContractError("tables of the schema statistics and what fills them do not match")
    for table in tables:
        fill_statistic(con, table)


def fill_statistic(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make and fill one table of the schema ``statistics``."""
    con.execute(table.ddl)
    rows = list(FILLS[table.name](con))
    if rows:
        columns = ", ".join("unnest(?)" for _ in table.columns)
        lists = [list(cells) for cells in zip(*rows, strict=True)]
        con.execute(f"insert into {table.name} select {columns}", lists)


def statistics_hash() -> str:
    """Return SHA-256 (hex) over the code of this folder: with it changes what it computes."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()
