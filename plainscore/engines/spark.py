"""Run raw to scores on Spark or Sail, and what follows on DuckDB, which reads what they wrote.

Every table is one folder of Parquet files that both see: on a cluster, a folder that every worker
has under the same path. Audits, statistics, checks and publication are the same steps as without
Spark: they look at tables of a row for each person, not at events. This is the one module that
knows pyspark and pysail, and it imports them when a session opens.

A transform is translated by sqlglot; what it cannot is an error. What it leaves to us:

- Tables stand in no database there, but as temporary views: ``staging.bill`` is ``staging__bill``.
- DuckDB computes a CTE once, however often it is read. Spark and Sail compute it at every place,
  and put expressions into each other until a chain such as that of scores.reason fills all memory.
  So a CTE that is read more than once is a statement of its own.
- An aggregate over a window has no ``filter``: its condition becomes a CASE.
- Sail has no ``group by all``: what is no aggregate is written out.
- A view has no parameters, so the dates stand in it as literals, on every engine.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from plainscore.common.errors import UsageError
from plainscore.common.text import read_parquet, text_literal
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import ContractError, Table
from plainscore.contracts.lineage import parse_select, write_out_groups
from plainscore.engines import EngineOptions, require_engine
from plainscore.engines.duckdb import VIEW_SCHEMAS, DuckDBEngine
from plainscore.scorecards.card import Scorecard

DIALECT = "spark"
TYPES = {
    "BIGINT": "BIGINT",
    "INTEGER": "INT",
    "DOUBLE": "DOUBLE",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "BOOLEAN": "BOOLEAN",
    "VARCHAR": "STRING",
}


def translate(table: Table, dates: SnapshotDates) -> list[tuple[str, str]]:
    """Return a transform as SELECTs for Spark and Sail; the last one makes the table.

    Each comes with the name under which later ones read its rows, see `view_name`. Raises
    ContractError where it cannot be said there.
    """
    tree = parse_select(table).transform(_as_there, dates.parameters)
    assert isinstance(tree, exp.Query), "a SELECT stays one"
    try:
        return [
            (name, query.sql(dialect=DIALECT, unsupported_level=ErrorLevel.RAISE))
            for name, query in _apart(tree, table.name)
        ]
    except SqlglotError as error:
        raise ContractError(f"{table.name} cannot be said in Spark's SQL: {error}") from error


def view_name(table_name: str) -> str:
    """Return the name that a table has there."""
    return table_name.replace(".", "__")


def columns_there(table: Table, without: frozenset[str] = frozenset()) -> str:
    """Return names and types of a table's columns as Spark writes a schema."""
    return ", ".join(
        f"`{column.name}` {TYPES[column.type]}"
        for column in table.columns
        if column.name not in without
    )


def _apart(tree: exp.Query, table_name: str) -> list[tuple[str, exp.Query]]:
    """Return the SELECTs of CTEs that are read more than once, each by its name, and the rest."""
    reads = Counter(read.name for read in tree.find_all(exp.Table))
    found: list[tuple[str, exp.Query]] = []
    within: list[exp.CTE] = []
    for cte in tree.ctes:
        if reads[cte.alias] > 1:
            name = f"{table_name}.{cte.alias}"
            found.append((name, _with(cte.this, within)))
            for read in list(tree.find_all(exp.Table)):
                if read.name == cte.alias:
                    read.replace(_view(name, read.alias_or_name))
        else:
            within.append(cte)
    return [*found, (table_name, _with(tree, within))]


def _with(query: exp.Query, ctes: list[exp.CTE]) -> exp.Query:
    """Return a copy of a query that has these CTEs and no others, as far as it needs them."""
    alone = query.copy()
    alone.set("with_", None)
    needed: list[exp.CTE] = []
    for cte in reversed(ctes):
        if any(cte.alias in {t.name for t in one.find_all(exp.Table)} for one in [alone, *needed]):
            needed.insert(0, cte.copy())
    if needed:
        alone.set("with_", exp.With(expressions=needed))
    return alone


def _view(table_name: str, alias: str) -> exp.Expr:
    return exp.alias_(exp.to_table(view_name(table_name)), alias, table=True)


def _as_there(node: exp.Expr, dates: Mapping[str, date]) -> exp.Expr:
    match node:
        case exp.Placeholder():
            return exp.cast(exp.Literal.string(str(dates[node.name])), "date")
        case exp.Table() if node.db:
            return _view(f"{node.db}.{node.name}", node.alias_or_name)
        case exp.Select():
            write_out_groups(node)
        case exp.Window() if isinstance(node.this, exp.Filter):
            node.set("this", _as_case(node.this))
    return node


def _as_case(filtered: exp.Filter) -> exp.Expr:
    """Return ``sum(x) filter (where y)`` as ``sum(case when y then x end)``."""
    counted: exp.Expr = filtered.this
    condition = filtered.expression.this
    value = exp.Literal.number(1) if isinstance(counted.this, exp.Star) else counted.this
    counted.set("this", exp.Case().when(condition, value))
    return counted


BUILT_THERE = frozenset({"raw", "staging", "features", "scores"})
_PATTERN_CHARACTERS = frozenset("*?[]{}\\")
UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
# What keeps rows equal to the last digit, whatever the cluster's own settings say.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    # Without this, the optimizer needs hours for the chain of CASEs in scores.reason.
    "spark.sql.constraintPropagation.enabled": "false",
}


@dataclass(frozen=True)
class Session:
    """An open session, and how it ends."""

    spark: Any
    close: Callable[[], None]


def open_session(options: EngineOptions) -> Session:
    """Start Spark or Sail, or connect to the cluster that ``master`` names (spark://host:port).

    Threads and memory limit bound an engine in this machine; a cluster has its own limits.
    Raises UsageError as `require_engine`.
    """
    require_engine(options.engine, options.master)
    if options.engine == "sail":
        return _sail()
    return _spark(options.master or f"local[{options.threads or '*'}]", options.memory_limit)


def _spark(master: str, memory_limit: str | None) -> Session:
    from pyspark.sql import SparkSession

    logging.getLogger("py4j").setLevel(logging.CRITICAL)  # who interrupts a run knows why it ends
    builder = SparkSession.builder.master(master).appName("plainscore")
    local = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    if memory_limit is not None and master.startswith("local"):
        local["spark.driver.memory"] = jvm_memory(memory_limit)
    for name, value in (SETTINGS | local).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return Session(spark, spark.stop)


def jvm_memory(limit: str) -> str:
    """Return a limit as DuckDB writes it, such as 2.5GB, in the JVM's whole MiB."""
    number, unit = limit[:-2], limit[-2:]
    return f"{int(float(number) * UNITS[unit]) // 2**20}m"


def _sail() -> Session:
    os.environ.setdefault("RUST_LOG", "error")  # it would log every start and stop
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)

    def close() -> None:
        spark.stop()
        server.stop()

    return Session(spark, close)


class SparkEngine(DuckDBEngine):
    """One run's tables: made by ``session`` under ``folder``, and read by DuckDB as views.

    ``folder`` must not exist; the caller removes it after closing. ``options`` are DuckDB's.
    Raises UsageError where Spark would read a path as a pattern.
    """

    def __init__(
        self,
        catalog: Catalog,
        dates: SnapshotDates,
        session: Session,
        folder: Path,
        options: EngineOptions,
    ):
        super().__init__(catalog, dates, options)
        self._session = session
        self._folder = folder

    def close(self) -> None:
        super().close()
        self._session.close()

    def open_events(self, files: Mapping[str, Sequence[str]]) -> None:
        super().open_events(files)
        for table in self.catalog.of_schema("events"):
            self._show_there(table, files.get(table.short_name, ()))

    def load_reference(self, cards: Sequence[Scorecard]) -> None:
        super().load_reference(cards)
        for table in self.catalog.of_schema("reference"):
            self._show_there(table, ())

    def build(self, table: Table) -> None:
        if table.schema not in BUILT_THERE:
            super().build(table)
            return
        is_view = table.schema in VIEW_SCHEMAS
        for name, sql in translate(table, self.dates):
            made = self._session.spark.sql(sql)
            if not (is_view and name == table.name):
                folder = str(self._folder / name)
                made.write.parquet(folder)
                made = self._session.spark.read.schema(made.schema).parquet(folder)
            made.createOrReplaceTempView(view_name(name))
        if is_view:
            super().build(table)
        else:
            self._show_here(table)

    def _show_here(self, table: Table) -> None:
        """Make a view of what was written there; without a row there may be no file."""
        files = sorted(str(file) for file in (self._folder / table.name).glob("*.parquet"))
        if files:
            self.con.execute(f"create view {table.name} as from {read_parquet(files)}")
            described = self.con.execute(f"describe {table.name}").fetchall()
            odd = sorted({(row[0], row[1]) for row in described} ^ set(table.names_and_types))
            if odd:
                raise ContractError(f"{table.name}: contract and engine disagree on {odd}")
        else:
            self.con.execute(table.ddl)

    def _show_there(self, table: Table, files: Sequence[str]) -> None:
        """Make a view of files; without any, of DuckDB's rows, which are few: a table of ours."""
        if not files:
            file = self._folder / f"{table.name}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            self.con.execute(f"copy {table.name} to {text_literal(str(file))} (format parquet)")
            files = [str(file)]
        refuse_patterns(files)
        in_path = frozenset(c.name for c in table.columns if f"/{c.name}=" in files[0])
        frame = self._session.spark.read.schema(columns_there(table, in_path)).parquet(*files)
        frame.createOrReplaceTempView(view_name(table.name))


def refuse_patterns(files: Sequence[str]) -> None:
    """Raise UsageError where Spark would read the path of a file as a pattern."""
    if any(_PATTERN_CHARACTERS & set(file) for file in files):
        raise UsageError(
            f"Spark would read {files[0]} as a pattern: move the data directory to a path without "
            f"{' '.join(sorted(_PATTERN_CHARACTERS))}, or stay with the engine duckdb"
        )
