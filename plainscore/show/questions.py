"""SQL of a reader, over the published snapshots: it looks, and changes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from plainscore.show.damage import file_error
from plainscore.show.errors import QuestionError, ReadingError

_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?\s", re.IGNORECASE)
# PIVOT becomes several statements inside DuckDB; of these beginnings, none of them writes a file.
_READING_PIVOT = re.compile(r"[\s(]*(pivot|from|select|with)\b", re.IGNORECASE)
_ROWS_AT_ONCE = 2_000
_SHOWN_LINES = 6


@dataclass(frozen=True)
class Answer:
    """Columns, and the rows as they are fetched: an answer need not fit into memory."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def statements(sql: str) -> list[str]:
    """Split SQL into statements. Raises QuestionError where it cannot be read."""
    return [statement.query for statement in _extracted(sql)]


def ask(con: duckdb.DuckDBPyConnection, statement: str) -> Answer:
    """Run one statement that reads: SELECT, FROM, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN.

    The catalog is open read-only, and a statement that would write elsewhere (COPY, ATTACH,
    EXPORT, ...) is not run. Raises QuestionError for such a one, and where the SQL is wrong;
    PublishedFileError where a file behind a view is gone or damaged.
    """
    refuse_writing(statement)
    try:
        result = con.execute(statement)
        columns = tuple(column[0] for column in result.description or ())
        return Answer(columns, _fetched(result))
    except duckdb.Error as error:
        raise _wrong(error) from error


def write_parquet(con: duckdb.DuckDBPyConnection, statement: str, file: Path) -> None:
    """Write the answer of one statement that reads to a new Parquet file; raises as `ask` does."""
    refuse_writing(statement)
    # On a line of its own: the statement may end in a comment.
    copied = f"copy (\n{statement.rstrip().rstrip(';')}\n) to '{_quoted(file)}' (format parquet)"
    try:
        con.execute(copied)
    except duckdb.Error as error:
        raise _wrong(error) from error


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def refuse_writing(statement: str) -> None:
    """Raise QuestionError where a statement does anything but read."""
    # EXPLAIN ANALYZE runs what it explains.
    reading = _EXPLAIN.sub("", statement, count=1)
    for found in _extracted(reading):
        is_pivot = found.type == duckdb.StatementType.MULTI and _READING_PIVOT.match(reading)
        if found.type != duckdb.StatementType.SELECT and not is_pivot:
            kind = found.type.name.lower().replace("_", " ")
            raise QuestionError(f"only reading is possible here, and this is a statement of {kind}")


def _extracted(sql: str) -> list[duckdb.Statement]:
    try:
        return duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise _wrong(error) from error


def _fetched(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    try:
        while batch := result.fetchmany(_ROWS_AT_ONCE):
            yield from batch
    except duckdb.Error as error:
        raise _wrong(error) from error


def _wrong(error: duckdb.Error) -> ReadingError:
    if told := file_error(error):
        return told
    lines = [line for line in str(error).splitlines() if line.strip()]
    return QuestionError("\n".join(lines[:_SHOWN_LINES]))
