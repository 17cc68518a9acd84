"""The tables of the event store and their columns.

The logs are declared in ``transforms/logs/*.toml``, ``person`` in ``transforms/events/``; the
ingest's own three tables are declared here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import polars as pl
from deltalake import Field, Schema
from deltalake.schema import PrimitiveType

from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts.contract import method_glossary, method_tables
from plainscore.contracts.logs import read_logs

LOGS = read_logs()
MONTH = "arrived_month"

_POLARS: dict[str, pl.DataType] = {
    "BIGINT": pl.Int64(),
    "VARCHAR": pl.String(),
    "TIMESTAMP": pl.Datetime("us"),
    "DATE": pl.Date(),
    "BOOLEAN": pl.Boolean(),
}
_DELTA = {
    "BIGINT": "long",
    "VARCHAR": "string",
    "TIMESTAMP": "timestamp_ntz",
    "DATE": "date",
    "BOOLEAN": "boolean",
}
_STORED_NAMES = {name: log.stored_name(name) for log in LOGS.values() for name in log.names}
_QUARANTINE = {
    "log": "VARCHAR",
    "file": "VARCHAR",
    "line": "BIGINT",
    "reason": "VARCHAR",
    "raw": "VARCHAR",
    "arrived": "DATE",
    "file_no": "BIGINT",
    MONTH: "VARCHAR",
}
_FILE = {
    "file_no": "BIGINT",
    "log": "VARCHAR",
    "file": "VARCHAR",
    "arrived": "DATE",
    "bytes": "BIGINT",
    "sha256": "VARCHAR",
    "rows": "BIGINT",
    "accepted": "BIGINT",
    "duplicates": "BIGINT",
    "quarantined": "BIGINT",
    "unknown_column_count": "BIGINT",
    "unknown_columns": "VARCHAR",
}


@dataclass(frozen=True)
class StoredTable:
    """One Delta table: its columns with their SQL types, and whether it is cut by month."""

    name: str
    columns: dict[str, str]

    @property
    def partition_by(self) -> list[str]:
        """The column by which the table is cut, if any."""
        return [MONTH] if MONTH in self.columns else []

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """The columns as polars types."""
        return {name: _POLARS[kind] for name, kind in self.columns.items()}

    @property
    def delta_schema(self) -> Schema:
        """The columns as a Delta schema."""
        return Schema(
            [Field(name, PrimitiveType(_DELTA[kind])) for name, kind in self.columns.items()]
        )

    def empty(self) -> pl.DataFrame:
        """Return the table without rows."""
        return pl.DataFrame(schema=self.schema)


@cache
def stored_tables(method: Method = STANDARD_METHOD) -> dict[str, StoredTable]:
    """Return every table of the event store by name, as a method declares the logs."""
    events = method_tables(method, ["events"], method_glossary(method))
    declared = {
        table.short_name: {column.name: column.type for column in table.columns}
        for table in events
        if table.short_name != "file"
    }
    own = {"repeat": _repeat_columns(declared), "quarantine": _QUARANTINE, "file": _FILE}
    return {name: StoredTable(name, columns) for name, columns in (declared | own).items()}


def _repeat_columns(declared: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return columns of rows with a known event_id: all that is needed to resolve them again."""
    content: dict[str, str] = {}
    for log in LOGS:
        content |= {name: declared[log][name] for name in content_columns(log)}
    place = {"arrived": "DATE", "file_no": "BIGINT", "line": "BIGINT", MONTH: "VARCHAR"}
    return {"log": "VARCHAR", "event_id": "VARCHAR", **content, "verdict": "VARCHAR", **place}


def content_columns(log: str) -> list[str]:
    """Return the stored columns in which two rows with the same event_id can differ."""
    return LOGS[log].content_columns


def stored_name(delivered: str) -> str:
    """Return the name under which a delivered field is stored."""
    return _STORED_NAMES.get(delivered, delivered)


def person_fields(log: str) -> Iterable[str]:
    """Return the delivered fields of a log that name people."""
    return LOGS[log].person_fields
