"""Great Expectations on a DuckDB connection that is already open.

GX speaks to databases through SQLAlchemy, which has no dialect for DuckDB, and GX reads rows only
after it has closed and rolled back its connection, when a pending DuckDB result is gone. So: the
smallest dialect that the checks need, whose cursor fetches when it executes and whose connection
neither closes nor rolls back.
"""

import logging
import os
import warnings
from collections.abc import Sequence
from typing import Any

# GX asks for this when it is imported: no connection to the outside.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool import StaticPool

# More than GX reads of any result (200). A check that a million rows break must not bring
# them all into Python.
ROWS_KEPT = 1000

# What goes wrong in a check is read from its result; GX would print the traceback as well.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)


class _Cursor:
    """A DB-API cursor that holds the first rows of its result."""

    arraysize = 1
    rowcount = -1
    lastrowid = None

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self._con = con
        self._rows: list[tuple[Any, ...]] = []
        self.description: Any = None

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._con.execute(sql, list(parameters))
        self.description = self._con.description
        self._rows = self._con.fetchmany(ROWS_KEPT)

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = arraysize) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.fetchmany(len(self._rows))

    def close(self) -> None:
        self._rows = []


class _Connection:
    """The open connection as SQLAlchemy wants it; checks only read, so nothing ends here."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self._con = con

    def cursor(self) -> _Cursor:
        return _Cursor(self._con)

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class OpenDuckDB(DefaultDialect):
    """DuckDB speaks standard SQL; only what GX asks about tables is answered here."""

    name = "duckdb"
    driver = "open"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        return duckdb

    def initialize(self, connection: sa.Connection) -> None: ...

    def has_table(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        return bool(self.get_columns(connection, table_name, schema))

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        rows = connection.exec_driver_sql(
            "select column_name from duckdb_columns() where database_name = current_database()"
            " and schema_name = ? and table_name = ? order by column_index",
            (schema, str(table_name)),
        )
        return [
            {"name": name, "type": sa.types.NullType(), "nullable": True, "default": None}
            for (name,) in rows
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_schema_names(self, connection: sa.Connection, **_: Any) -> list[str]:
        rows = connection.exec_driver_sql("select distinct schema_name from duckdb_schemas()")
        return [name for (name,) in rows]


registry.register("duckdb.open", __name__, "OpenDuckDB")


def open_datasource(con: duckdb.DuckDBPyConnection) -> SQLDatasource:
    """Return a GX datasource over ``con``, in a context of its own that lives in memory only."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    return context.data_sources.add_sql(  # type: ignore[call-arg]
        "house",
        connection_string="duckdb+open://",
        kwargs={"creator": lambda: _Connection(con), "poolclass": StaticPool},
    )


def whole_table(datasource: SQLDatasource, name: str) -> Batch:
    """Return all rows of the table ``schema.table``.

    Raises great_expectations' TestConnectionError where there is no such table.
    """
    schema_name, _, table_name = name.partition(".")
    with warnings.catch_warnings():
        # GX would rather have one datasource for each schema.
        warnings.simplefilter("ignore", DeprecationWarning)
        asset = datasource.add_table_asset(name, table_name=table_name, schema_name=schema_name)
    return asset.add_batch_definition_whole_table("all").get_batch()
