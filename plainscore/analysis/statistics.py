"""Tables of the schema ``statistics``: figures that SQL alone does not compute.

They come from whole numbers in a fixed order and from counted draws: the same inputs give the same
figures. The last digit of a logarithm may differ between machines, so these tables are not part of
the content hash.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from plainscore.analysis.gaps import benefit_access, group_gap, score_inequality
from plainscore.analysis.network import ring_member, score_assortativity
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import ContractError, Table

Row = tuple[Any, ...]
Fill = Callable[[duckdb.DuckDBPyConnection], Iterator[Row]]


@dataclass(frozen=True)
class Figure:
    """How a table is filled; ``version`` is raised with every change of what ``fill`` computes."""

    version: int
    fill: Fill


FILLS: Mapping[str, Figure] = {
    "statistics.benefit_access": Figure(1, benefit_access),
    "statistics.group_gap": Figure(2, group_gap),
    "statistics.ring_member": Figure(1, ring_member),
    "statistics.score_assortativity": Figure(1, score_assortativity),
    "statistics.score_inequality": Figure(1, score_inequality),
}
"""Table -> what reads tables made before it, and yields its rows in the order of its columns."""


def fill_statistics(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Make and fill every table of the schema ``statistics``.

    Raises ContractError where a table has nothing that fills it.
    """
    tables = catalog.of_schema("statistics")
    for table in tables:
        if table.name not in FILLS:
            known = ", ".join(sorted(FILLS))
            raise ContractError(f"nothing fills {table.name}: Python fills {known} alone")
    for table in tables:
        fill_statistic(con, table)


def fill_statistic(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make and fill one table of the schema ``statistics``."""
    con.execute(table.ddl)
    rows = list(FILLS[table.name].fill(con))
    if rows:
        columns = ", ".join("unnest(?)" for _ in table.columns)
        lists = [list(cells) for cells in zip(*rows, strict=True)]
        con.execute(f"insert into {table.name} select {columns}", lists)


def statistics_versions() -> str:
    """Return the versions of all figures as text, for the identity of the code of a snapshot."""
    return " ".join(f"{name}={figure.version}" for name, figure in sorted(FILLS.items()))
