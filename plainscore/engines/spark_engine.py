"""Run raw to scores on Spark or Sail, and what follows on DuckDB, which reads what they wrote.

Every table is one folder of Parquet files that both see: on a cluster, a folder that every worker
has under the same path. Audits, statistics, checks and publication are the same steps as without
Spark: they look at tables of a row for each person, not at events.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import ContractError, Table
from plainscore.contracts.dates import SnapshotDates
from plainscore.engines.duckdb_engine import VIEW_SCHEMAS, DuckDBEngine
from plainscore.engines.spark_session import Session
from plainscore.engines.translation import Statement, columns_there, translate, view_name
from plainscore.scorecards.card import Scorecard

BUILT_THERE = frozenset({"raw", "staging", "features", "scores"})
_PATTERN_CHARACTERS = frozenset("*?[]{}\\")


class SparkEngine(DuckDBEngine):
    """One run's tables: made by ``session`` under ``folder``, and read by DuckDB as views.

    ``folder`` must not exist; who closes the engine removes it. The other arguments are DuckDB's.
    Raises UsageError where Spark would read a path as a pattern.
    """

    def __init__(
        self,
        catalog: Catalog,
        dates: SnapshotDates,
        session: Session,
        folder: Path,
        **limits: Any,
    ):
        super().__init__(catalog, dates, **limits)
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
        *before, last = translate(table, self.dates)
        for statement in before:
            self._write(statement)
        if table.schema in VIEW_SCHEMAS:
            super().build(table)
            self._session.spark.sql(last.sql).createOrReplaceTempView(view_name(table.name))
        else:
            self._write(last)
            self._show_here(table)

    def _write(self, statement: Statement) -> None:
        """Write a statement's rows to a folder of its name, and show them there."""
        folder = str(self._folder / statement.name)
        made = self._session.spark.sql(statement.sql)
        made.write.parquet(folder)
        written = self._session.spark.read.schema(made.schema).parquet(folder)
        written.createOrReplaceTempView(view_name(statement.name))

    def _show_here(self, table: Table) -> None:
        """Make a view of what was written there; without a row there may be no file."""
        files = sorted(str(file) for file in (self._folder / table.name).glob("*.parquet"))
        if files:
            listed = ", ".join(_literal(file) for file in files)
            self.con.execute(f"create view {table.name} as from read_parquet([{listed}])")
            self._refuse_other_columns(table)
        else:
            self.con.execute(table.ddl)

    def _show_there(self, table: Table, files: Sequence[str]) -> None:
        """Make a view of files; without any, of DuckDB's rows, which are few: a table of ours."""
        if not files:
            file = self._folder / f"{table.name}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            self.con.execute(f"copy {table.name} to {_literal(str(file))} (format parquet)")
            files = [str(file)]
        refuse_patterns(files)
        in_path = frozenset(c.name for c in table.columns if f"/{c.name}=" in files[0])
        frame = self._session.spark.read.schema(columns_there(table, in_path)).parquet(*files)
        frame.createOrReplaceTempView(view_name(table.name))

    def _refuse_other_columns(self, table: Table) -> None:
        described = self.con.execute(f"describe {table.name}").fetchall()
        made = [(name, column_type) for name, column_type, *_ in described]
        declared = [(column.name, column.type) for column in table.columns]
        if made != declared:
            odd = sorted(set(made) ^ set(declared))
            raise ContractError(f"{table.name}: contract and engine disagree on {odd}")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def refuse_patterns(files: Sequence[str]) -> None:
    """Raise UsageError where Spark would read the path of a file as a pattern."""
    if any(_PATTERN_CHARACTERS & set(file) for file in files):
        raise UsageError(
            f"Spark would read {files[0]} as a pattern: move the data directory to a path without "
            f"{' '.join(sorted(_PATTERN_CHARACTERS))}, or stay with the engine duckdb"
        )
