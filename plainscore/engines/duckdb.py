"""Run the transforms on DuckDB, in one process and one database of its own."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from plainscore.common.text import text_literal
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import SCHEMAS, Catalog, disagreements
from plainscore.contracts.contract import ContractError, Table
from plainscore.engines import EngineOptions
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reference import reference_rows

DEFAULT_OPTIONS = EngineOptions()
MOST_MEMORY_MB = 4_000
SMALL_STORE_BYTES = 4_000_000
"""A smaller store is read once, on one thread: opening its files for each statement, and waking
threads, costs more than they take over. Not where the options say how many threads there are."""
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
VIEW_SCHEMAS = frozenset({"raw"})
_PARAMETER = re.compile(r"\$([a-z_]+)")


class DuckDBEngine:
    """One run's database: sources are opened, then tables built in the catalog's order.

    ``con`` is the open connection. Everything lives in memory and spills to the options'
    ``temp_directory``.
    """

    def __init__(
        self, catalog: Catalog, dates: SnapshotDates, options: EngineOptions = DEFAULT_OPTIONS
    ):
        self.catalog = catalog
        self.dates = dates
        config: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "preserve_insertion_order": False,
        }
        for name in ("threads", "memory_limit", "temp_directory"):
            if (limit := getattr(options, name)) is not None:
                config[name] = limit if name == "threads" else str(limit)
        self.con = duckdb.connect(config=config)
        self._may_be_small, self._is_small = options.threads is None, False
        if options.memory_limit is None:
            self.con.execute(f"set memory_limit = '{default_memory(self.con)}'")
        self.con.execute("set TimeZone = 'UTC'")
        self.con.execute("set parquet_metadata_cache = true")  # many tables read the same files
        for schema in dict.fromkeys([*SCHEMAS, *self.catalog.schemas]):
            self.con.execute(f"create schema {schema}")

    def close(self) -> None:
        self.con.close()

    def open_events(self, files: Mapping[str, Sequence[str]]) -> None:
        """Make ``events.<table>`` a view of its Parquet files, or an empty table without any.

        ``files``: table name without schema -> absolute paths.
        """
        size = sum(os.stat(path).st_size for paths in files.values() for path in paths)
        self._is_small = self._may_be_small and size < SMALL_STORE_BYTES
        if self._is_small:
            self.con.execute("set threads = 1")
        for table in self.catalog.of_schema("events"):
            paths = files.get(table.short_name, ())
            self.con.execute(_parquet_view(table, paths) if paths else table.ddl)

    def load_reference(self, cards: Sequence[Scorecard]) -> None:
        """Fill the schema ``reference`` from the scorecards, and from files that hold rows."""
        declared = {t.name: t.rows for t in self.catalog.of_schema("reference") if t.rows}
        derived = reference_rows(cards, self.catalog.feature_column)
        for name, rows in {**derived, **declared}.items():
            self.con.execute(self.catalog[name].ddl)
            insert_rows(self.con, name, rows)

    def build(self, table: Table) -> None:
        """Run one transform. Of a large store ``raw`` is made of views, all else of tables.

        Raises ContractError where it makes other columns than its contract promises.
        """
        days = self.dates.parameters
        if table.schema in VIEW_SCHEMAS and not self._is_small:
            # A view cannot have parameters, so the days are literals of it.
            sql = _PARAMETER.sub(lambda found: f"date '{days[found[1]]}'", table.sql)
            self.con.execute(f"create view {table.name} as {sql}")
        else:
            statement = f"create table {table.name} as {table.sql}"
            names = self.con.extract_statements(statement)[0].named_parameters
            self.con.execute(statement, {name: days[name] for name in names})
        made = self.con.sql(f"from {table.name}")
        if faults := disagreements(table, [*zip(made.columns, map(str, made.types), strict=True)]):
            raise ContractError("\n".join(faults))

    def build_schema(self, schema: str) -> None:
        """Run every transform of a schema, in the catalog's order."""
        for table in self.catalog.of_schema(schema):
            if not table.is_source:
                self.build(table)

    def build_needed(self, target: str) -> None:
        """Run a transform and, before it, all that it is made of; sources must have their rows."""
        needed = self.catalog.upstream(target)
        for table in self.catalog.tables.values():
            if table.name in needed and not table.is_source:
                self.build(table)

    def row_count(self, schema: str) -> int:
        """Return how many rows the tables of a schema hold together."""
        counts = [f"(select count(*) from {t.name})" for t in self.catalog.of_schema(schema)]
        row = self.con.execute(f"select {' + '.join(counts) or 0}").fetchone()
        assert row is not None, "counting yields a row"
        return int(row[0])


def default_memory(con: duckdb.DuckDBPyConnection) -> str:
    """Return half of the machine's memory, 4 GB at most, of a connection with DuckDB's own limit.

    DuckDB takes 80 % of the machine, or of the container, and names it such as ``18.7 GiB``.
    """
    ((limit,),) = con.execute("select current_setting('memory_limit')").fetchall()
    number, unit = limit.split()
    machine_mb = float(number) * 1024 ** UNITS.index(unit) / 0.8 / 1_000_000
    return f"{min(MOST_MEMORY_MB, int(machine_mb / 2))}MB"


def insert_rows(
    con: duckdb.DuckDBPyConnection, target: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows, column by column; ``target``: a table, with columns in parentheses or all."""
    if rows:
        lists = ", ".join("unnest(?)" for _ in rows[0])
        cells = [list(column) for column in zip(*rows, strict=True)]
        con.execute(f"insert into {target} select {lists}", cells)


def _parquet_view(table: Table, paths: Sequence[str]) -> str:
    listed = ", ".join(text_literal(path) for path in paths)
    columns = ", ".join(f"cast({c.name} as {c.type}) as {c.name}" for c in table.columns)
    return (
        f"create view {table.name} as select {columns} "
        f"from read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false)"
    )
