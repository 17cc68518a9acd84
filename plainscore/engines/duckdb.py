"""Run the transforms on DuckDB, in one process and one database of its own."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import text_literal
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import SCHEMAS, Catalog, disagreements
from plainscore.contracts.contract import ContractError, Table
from plainscore.engines import EngineOptions
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.compile import reference_rows

DEFAULT_OPTIONS = EngineOptions()
MOST_MEMORY_MB = 4_000
"""Of a run that is given no limit, all that its process holds."""
SHARE_OF_ENGINE = 0.7
"""What the engine's limit is of that: its allocator and Python hold some more (of a million people
1.4 GB beside a limit of 4 GB)."""
SMALL_STORE_BYTES = 4_000_000
"""A smaller store is read once, on one thread: opening its files for each statement, and waking
threads, costs more than they take over. Not where the options say how many threads there are."""
PEOPLE_AT_A_TIME = 100_000
"""Of more, what is made by person is made of so many at a time: memory grows with these alone."""
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
        self._temp_directory = options.temp_directory
        self._may_be_small, self._is_small = options.threads is None, False
        if options.memory_limit is None:
            self.con.execute(f"set memory_limit = '{default_memory(self.con)}'")
        self.con.execute("set TimeZone = 'UTC'")
        self.con.execute("set parquet_metadata_cache = true")  # many tables read the same files
        self._database, self._last_person = "memory", 0
        self._make_schemas()

    def _make_schemas(self) -> None:
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
        self._last_person = _last_person(self.con, files)
        if self._last_person >= PEOPLE_AT_A_TIME and self._temp_directory is not None:
            self._move_to_file(self._temp_directory)
        for table in self.catalog.of_schema("events"):
            paths = files.get(table.short_name, ())
            self.con.execute(_parquet_view(table, paths) if paths else table.ddl)

    def _move_to_file(self, folder: Path) -> None:
        """Make tables in a file from now on.

        What is in a file is compressed and may leave memory without being written again, but a
        table in memory is neither: a million people's fill it several times over.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._database = "large"
        self.con.execute(f"attach {text_literal(str(folder / 'tables.duckdb'))} as large")
        self.con.execute("use large")
        self._make_schemas()

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
        if table.schema in VIEW_SCHEMAS and not self._is_small:
            self.con.execute(f"create view {table.name} as {self._with_days(table)}")
        else:
            self._make(table, table.name)
        self._check(table)

    def build_schema(self, schema: str) -> None:
        """Run every transform of a schema, in the catalog's order, those by person first."""
        self._build_all([t for t in self.catalog.of_schema(schema) if not t.is_source])

    def build_needed(self, target: str) -> None:
        """Run a transform and, before it, all that it is made of; sources must have their rows."""
        needed = self.catalog.upstream(target)
        tables = [t for t in self.catalog.tables.values() if t.name in needed and not t.is_source]
        for _, of_schema in groupby(tables, key=lambda table: table.schema):
            self._build_all([*of_schema])

    def _build_all(self, tables: Sequence[Table]) -> None:
        by_person = tables_by_person(tables)
        ranges = self._ranges() if by_person else []
        if len(ranges) > 1:
            self._build_by_range(by_person, ranges)
        else:
            by_person = []
        for table in tables:
            if table not in by_person:
                self.build(table)

    def _ranges(self) -> list[range]:
        """Return ranges of person_key that have everyone; the last has no end."""
        *firsts, final = range(0, self._last_person + 1, PEOPLE_AT_A_TIME)
        some = [range(first, first + PEOPLE_AT_A_TIME) for first in firsts]
        return [*some, range(final, sys.maxsize)]

    def _build_by_range(self, tables: Sequence[Table], ranges: Sequence[range]) -> None:
        """Make tables of some people after others, and collect them.

        Raises ContractError where one is not by person, although it says so.
        """
        for some in ranges:
            with self._made_of(some, tables, "part"):
                if some == ranges[0]:
                    self._compare_with_few(tables)
                for table in tables:
                    into = (
                        f"insert into {table.name}"
                        if some.start
                        else f"create table {table.name} as"
                    )
                    self.con.execute(f"{into} from part.{table.name}")
            stop_if_interrupted()
        for table in tables:
            self._check(table)

    @contextmanager
    def _made_of(self, some: range, tables: Sequence[Table], database: str) -> Iterator[None]:
        """Make tables of some people in a database that is gone afterwards."""
        schemas = dict.fromkeys(["raw", *(table.schema for table in tables)])
        self.con.execute(f"attach ':memory:' as {database}")
        for schema in schemas:
            self.con.execute(f"create schema {database}.{schema}")
        path = [f"{database}.{schema}" for schema in schemas]
        path += [f"{self._database}.{schema}" for schema in ("events", "reference")]
        self.con.execute(f"set search_path = '{','.join(path)}'")
        for log in self.catalog.of_schema("raw"):
            # A project may have a table there that is of no one.
            is_of_people = any(column.name == "person_key" for column in log.columns)
            theirs = f" where {_is_in(some)}" if is_of_people else ""
            self.con.execute(
                f"create view {database}.{log.name} as from ({self._with_days(log)}){theirs}"
            )
        for table in tables:
            self._make(table, f"{database}.{table.name}")
        self.con.execute(f"use {self._database}")
        yield
        self.con.execute(f"detach {database}")

    def _compare_with_few(self, tables: Sequence[Table]) -> None:
        """Hold what ``part`` has of its first people against the same tables of them alone.

        Raises ContractError where rows differ: somebody else's rows decide about theirs.
        """
        few = range(PEOPLE_AT_A_TIME // 100 + 1)
        with self._made_of(few, tables, "few"):
            for table in tables:
                of_part = f"from part.{table.name} where {_is_in(few)}"
                both = f"(({of_part}) except all (from few.{table.name})) union all "
                both += f"((from few.{table.name}) except all ({of_part}))"
                differs = self.con.execute(f"select min(person_key) from ({both})").fetchall()
                if differs[0][0] is not None:
                    raise ContractError(
                        f"{table.name} is not by person, although its head says by_person = true: "
                        f"the rows of person_key {differs[0][0]} are others where fewer people are "
                        "read with them. Take by_person out of its head"
                    )

    def _make(self, table: Table, name: str) -> None:
        statement = f"create table {name} as {table.sql}"
        wanted = self.con.extract_statements(statement)[0].named_parameters
        self.con.execute(statement, {name: self.dates.parameters[name] for name in wanted})

    def _with_days(self, table: Table) -> str:
        """Return a table's SELECT for a view, which cannot have parameters: days are literals."""
        days = self.dates.parameters
        return _PARAMETER.sub(lambda found: f"date '{days[found[1]]}'", table.sql)

    def _check(self, table: Table) -> None:
        made = self.con.sql(f"from {table.name}")
        if faults := disagreements(table, [*zip(made.columns, map(str, made.types), strict=True)]):
            raise ContractError("\n".join(faults))

    def row_count(self, schema: str) -> int:
        """Return how many rows the tables of a schema hold together."""
        counts = [f"(select count(*) from {t.name})" for t in self.catalog.of_schema(schema)]
        row = self.con.execute(f"select {' + '.join(counts) or 0}").fetchone()
        assert row is not None, "counting yields a row"
        return int(row[0])


def tables_by_person(tables: Sequence[Table]) -> list[Table]:
    """Return the tables of a schema that declare ``by_person``, and are made of such alone.

    What is made of anything else, but for logs and the schema ``reference``, is made of everyone.
    """
    found: dict[str, Table] = {}
    for table in tables:
        others = {one for one in table.inputs if not one.startswith(("raw.", "reference."))}
        if table.is_by_person and others <= found.keys():
            found[table.name] = table
    return [*found.values()]


def default_memory(con: duckdb.DuckDBPyConnection) -> str:
    """Return the limit with which a run stays within half of the machine's memory and 4 GB.

    ``con`` has DuckDB's own: 80 % of the machine, or of the container, named such as ``18.7 GiB``.
    """
    ((limit,),) = con.execute("select current_setting('memory_limit')").fetchall()
    number, unit = limit.split()
    machine_mb = float(number) * 1024 ** UNITS.index(unit) / 0.8 / 1_000_000
    return f"{int(min(MOST_MEMORY_MB, machine_mb / 2) * SHARE_OF_ENGINE)}MB"


def records(con: duckdb.DuckDBPyConnection, sql: str, parameters: Any = ()) -> list[dict[str, Any]]:
    """Return the rows of a query, each as column -> value."""
    made = con.execute(sql, parameters)
    columns = [column[0] for column in made.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in made.fetchall()]


def insert_rows(
    con: duckdb.DuckDBPyConnection, target: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows, column by column; ``target``: a table, with columns in parentheses or all."""
    if rows:
        lists = ", ".join("unnest(?)" for _ in rows[0])
        cells = [list(column) for column in zip(*rows, strict=True)]
        con.execute(f"insert into {target} select {lists}", cells)


def _is_in(some: range) -> str:
    return f"person_key >= {some.start} and person_key < {some.stop}"


def _last_person(con: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[str]]) -> int:
    """Return the greatest person_key in the store, 0 where it has no one."""
    if not (paths := files.get("person")):
        return 0
    ((last,),) = con.execute("select max(person_key) from read_parquet(?)", [paths]).fetchall()
    return int(last or 0)


def _parquet_view(table: Table, paths: Sequence[str]) -> str:
    listed = ", ".join(text_literal(path) for path in paths)
    columns = ", ".join(f"cast({c.name} as {c.type}) as {c.name}" for c in table.columns)
    return (
        f"create view {table.name} as select {columns} "
        f"from read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false)"
    )
