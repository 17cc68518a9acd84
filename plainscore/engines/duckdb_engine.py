"""Run the transforms on DuckDB, in one process and one database of its own."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from plainscore.contracts.catalog import SCHEMAS, Catalog
from plainscore.contracts.contract import Table
from plainscore.contracts.dates import SnapshotDates
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reference_rows import reference_rows

VIEW_SCHEMAS = frozenset({"raw"})
_PARAMETER = re.compile(r"\$([a-z_]+)")


class DuckDBEngine:
    """One run's database: sources are opened, then tables built in the catalog's order.

    ``con`` is the open connection. Everything lives in memory and spills to ``temp_directory``.
    ``threads`` None: all processors; ``memory_limit`` as DuckDB writes it, e.g. ``"3GB"``.
    """

    def __init__(
        self,
        catalog: Catalog,
        dates: SnapshotDates,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
        temp_directory: Path | None = None,
    ):
        self.catalog = catalog
        self.dates = dates
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "preserve_insertion_order": False,
        }
        if threads is not None:
            config["threads"] = threads
        if memory_limit is not None:
            config["memory_limit"] = memory_limit
        if temp_directory is not None:
            config["temp_directory"] = str(temp_directory)
        self.con = duckdb.connect(config=config)
        self.con.execute("set TimeZone = 'UTC'")
        for schema in SCHEMAS:
            self.con.execute(f"create schema {schema}")

    def close(self) -> None:
        self.con.close()

    def open_events(self, files: Mapping[str, Sequence[str]]) -> None:
        """Make ``events.<table>`` a view of its Parquet files, or an empty table without any.

        ``files``: table name without schema -> absolute paths.
        """
        for table in self.catalog.of_schema("events"):
            paths = files.get(table.short_name, ())
            self.con.execute(_parquet_view(table, paths) if paths else table.ddl)

    def load_reference(self, cards: Sequence[Scorecard]) -> None:
        """Fill the schema ``reference`` from the scorecards."""
        for name, rows in reference_rows(cards, self.catalog.glossary).items():
            self.con.execute(self.catalog[name].ddl)
            if rows:
                lists = ", ".join("unnest(?)" for _ in self.catalog[name].columns)
                columns = [list(column) for column in zip(*rows, strict=True)]
                self.con.execute(f"insert into {name} select {lists}", columns)

    def build(self, table: Table) -> None:
        """Run one transform. The schema ``raw`` is made of views, every other of tables."""
        if table.schema in VIEW_SCHEMAS:
            self.con.execute(f"create view {table.name} as {_with_dates(table.sql, self.dates)}")
            return
        statement = f"create table {table.name} as {table.sql}"
        names = self.con.extract_statements(statement)[0].named_parameters
        values = self.dates.parameters
        self.con.execute(statement, {name: values[name] for name in names})

    def row_count(self, schema: str) -> int:
        """Return how many rows the tables of a schema hold together."""
        counts = [f"(select count(*) from {t.name})" for t in self.catalog.of_schema(schema)]
        row = self.con.execute(f"select {' + '.join(counts) or 0}").fetchone()
        assert row is not None, "counting yields a row"
        return int(row[0])


def _parquet_view(table: Table, paths: Sequence[str]) -> str:
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    columns = ", ".join(f"cast({c.name} as {c.type}) as {c.name}" for c in table.columns)
    return (
        f"create view {table.name} as select {columns} "
        f"from read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false)"
    )


def _with_dates(sql: str, dates: SnapshotDates) -> str:
    """Return the SQL with its parameters as literals: a view cannot have parameters."""
    return _PARAMETER.sub(lambda found: f"date '{dates.parameters[found[1]]}'", sql)
