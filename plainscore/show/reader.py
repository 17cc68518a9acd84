"""The published snapshots of a data directory, read-only: dates, rows, and SQL of a reader."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

import duckdb

from plainscore.common.errors import (
    DateNotPublishedError,
    NothingPublishedError,
    PublishedFileError,
    QuestionError,
)
from plainscore.common.files import refuse_newer_format
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.text import file_literal, read_parquet, text_literal
from plainscore.project import read_project
from plainscore.publish.runs import HOME_VARIABLE

if TYPE_CHECKING:
    from jinja2 import Environment

CATALOG = "plainscore.duckdb"
PLANTED = "landing/_truth/attack.parquet"
"""Who attacks in an invented world, by which kind of attack, in which role."""
LATEST = "latest"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MONTH = re.compile(r"\d{4}-\d\d")
_NEWEST_SHOWN = 3
_FILES = {
    r"""["'](/.*/snapshots/as_of_date=.*\.parquet)["']""": (
        "restore it, or remove its run= folder and publish the date again (plainscore run)"
    ),
    r"""["'](/.*/events/.*\.parquet)["']""": (
        "restore it: the view quarantine reads it where the event store keeps it (where "
        "`ingest --rebuild` was interrupted, `plainscore ingest` puts it right)"
    ),
}
"""Files behind views, as DuckDB names them -> what to do about one."""

Row = dict[str, Any]
Parameters = Sequence[Any] | Mapping[str, Any]
"""By place, or by name."""


def render_page(template: str, method: Method = STANDARD_METHOD, **values: Any) -> str:
    """Return a template of dashboards/, such as ``report/page.html``, filled with values.

    In HTML they are escaped. Templates include each other by the same names. Raises UsageError
    where the method has no such file.
    """
    return _templates(method).get_template(template).render(**values)


@cache
def _templates(method: Method) -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(lambda name: method.text(f"dashboards/{name}")),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True)
class ResultTable:
    """Rows, which need not fit into memory, and names of their columns; ``title``: for people."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    title: str = ""

    def records(self) -> list[Row]:
        """Return the rows, each as column name -> value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


# --- snapshots -----------------------------------------------------------------------------------


class Snapshots:
    """An open catalog, read-only; snapshots published while it is open are not visible.

    ``method``: where its readers find pages, figures and advice.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, method: Method = STANDARD_METHOD):
        self.con, self.method = con, method

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.con.close()

    def again(self) -> "Snapshots":
        """Open the same snapshots on a further connection, which knows what this one was set to."""
        con = self.con.cursor()
        [(home,)] = self.rows(f"select getvariable('{HOME_VARIABLE}')")
        if home is not None:
            con.execute(f"set variable {HOME_VARIABLE} = {text_literal(home)}")
        return Snapshots(con, self.method)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; PublishedFileError: a file behind a view is damaged."""
        try:
            return self.con.execute(sql, parameters).fetchall()
        except duckdb.CatalogException as error:
            raise NothingPublishedError(
                "the published snapshots lack what this command reads: the project makes no such "
                "table, or a date is older than the command and `plainscore run --as-of DATE` "
                "publishes it again"
            ) from error
        except duckdb.Error as error:
            raise _file_error(error) or error from error

    def table(self, sql: str, parameters: Parameters = (), title: str = "") -> ResultTable:
        """Return the rows of a query with names of their columns; raises as ``rows`` does."""
        rows = self.rows(sql, parameters)
        return ResultTable([column[0] for column in self.con.description or ()], rows, title)

    def records(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return the rows of a query, each as column name -> value; raises as ``rows`` does."""
        return self.table(sql, parameters).records()

    def know_planted(self) -> None:
        """Make `planted_attacker()`: who attacks in an invented world, no one in any other."""
        [(data_dir,)] = self.rows("select data_directory from catalog_origin")
        labels = Path(data_dir, PLANTED)
        known = (
            f"select person_id, kind, role from {read_parquet([labels])}"
            if labels.is_file()
            else "select '' as person_id, '' as kind, '' as role where false"
        )
        self.con.execute(f"create or replace temp macro planted_attacker() as table {known}")

    def dates(self) -> list[date]:
        """Return the published dates, oldest first."""
        return [day for (day,) in self.rows("select as_of_date from dim_date order by 1")]

    def run_of(self, day: date) -> Row:
        """Return the row of the view ``run`` that a date shows by default."""
        return self.records("from run where as_of_date = ? and is_shown", (day,))[0]

    def previous(self, day: date) -> date | None:
        """Return the published date before a day, None where it is the first."""
        return max((one for one in self.dates() if one < day), default=None)

    def day(self, word: str) -> date:
        """Return the published date for a word: a date, ``latest``, or a month: its last one.

        Raises QuestionError where the word is none of these, DateNotPublishedError where it is
        not published.
        """
        published = self.dates()
        found = [day for day in published if word == LATEST or str(day) == word]
        if _MONTH.fullmatch(word):
            found = [day for day in published if str(day).startswith(word)]
        if found:
            return found[-1]
        newest = f"newest published: {', '.join(map(str, published[-_NEWEST_SHOWN:]))}"
        if _MONTH.fullmatch(word):
            raise DateNotPublishedError(f"no date of {word} is published; {newest}")
        try:
            wanted = date.fromisoformat(word if _DAY.fullmatch(word) else "")
        except ValueError:
            example = f"write 2026-10-31, 2026-10 or {LATEST}"
            raise QuestionError(f"'{word}' is not a date: {example}") from None
        nearest = min(published, key=lambda day: abs(day - wanted))
        raise DateNotPublishedError(
            f"{wanted} is not published; the nearest is {nearest}; {newest}"
        )


def open_snapshots(
    data_dir: Path, copy: Path | None = None, method: Method | None = None
) -> Snapshots:
    """Open the published snapshots of a data directory, or a ``copy`` of its catalog.

    Raises NothingPublishedError where there is no catalog, one that cannot be opened, or one
    that was written for another path; DataFormatError where a newer version wrote it.
    """
    refuse_newer_format(data_dir)
    catalog = data_dir / CATALOG
    hint = f"`plainscore verify --rebuild-catalog --data {data_dir}` rebuilds it"
    if not catalog.is_file():
        raise NothingPublishedError(
            f"nothing is published in {data_dir}: `plainscore run --as-of DATE "
            f"--data {data_dir}` publishes a snapshot"
        )
    try:
        con = duckdb.connect(str(copy or catalog), read_only=True)
        # A query never makes DuckDB download an extension.
        con.execute("set autoinstall_known_extensions = false")
        # A footer is read once, and again where an erasure replaced its file; halves a lookup.
        con.execute("set global parquet_metadata_cache = true")
        if copy is not None:  # it stands elsewhere, and the files where they were
            con.execute(f"set variable {HOME_VARIABLE} = {file_literal(data_dir.resolve())}")
        found = con.execute("select data_directory from catalog_origin").fetchone()
    except duckdb.Error as error:
        why = str(error).splitlines()[0]
        raise NothingPublishedError(f"{catalog} cannot be opened ({why}): {hint}") from error
    assert found is not None, "catalog_origin has one row"
    origin = Path(found[0])
    if not (origin.is_dir() and origin.samefile(data_dir)):
        con.close()
        raise NothingPublishedError(
            f"{data_dir} was copied or moved from {origin}, where its catalog still looks: {hint}"
        )
    return Snapshots(con, method or read_project(data_dir).method)


CatalogVersion = tuple[int, int, int]
"""Changes with every publication."""


def catalog_version(data_dir: Path) -> CatalogVersion | None:
    """Return the version of the catalog; None where there is none."""
    try:
        stat = os.stat(data_dir / CATALOG)
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def open_copy(data_dir: Path) -> Snapshots:
    """Open a copy of the catalog: DuckDB returns the file that a process has open already."""
    catalog = data_dir / CATALOG
    if not catalog.is_file():
        return open_snapshots(data_dir)  # which raises what is missing
    with TemporaryDirectory(prefix="plainscore-") as folder:
        return open_snapshots(data_dir, Path(shutil.copy(catalog, folder)))


def _file_error(error: duckdb.Error) -> PublishedFileError | None:
    """Return the error for a file behind a view that DuckDB could not read; else None."""
    text = str(error)
    state = "is missing" if text.startswith("IO Error: No files found") else "cannot be read"
    for pattern, hint in _FILES.items():
        if found := re.search(pattern, text):
            return PublishedFileError(
                f"{found[1]} {state}: {hint}; `plainscore verify` looks for others"
            )
    return None


# --- SQL of a reader -----------------------------------------------------------------------------

_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?\s", re.IGNORECASE)
_ROWS_AT_ONCE = 2_000
_SHOWN_LINES = 6
_NO_TABLE = (
    '"show tables" lists the views; what a run makes on the way to them, such as the tables of '
    "staging, is not kept"
)


def statements(sql: str) -> list[str]:
    """Split SQL into statements. Raises QuestionError where it cannot be parsed."""
    with _translating_errors():
        found = duckdb.extract_statements(sql)
    return [sql] if _is_query(sql) else [statement.query for statement in found]


def query(
    con: duckdb.DuckDBPyConnection, statement: str, parameters: Parameters = ()
) -> ResultTable:
    """Run one statement that reads: SELECT, FROM, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN.

    Raises QuestionError for one that would write (COPY, ATTACH, ...) and for wrong SQL,
    PublishedFileError where a file behind a view is missing or damaged.
    """
    refuse_writing(statement)
    with _translating_errors():
        result = con.execute(statement, parameters)
        columns = tuple(column[0] for column in result.description or ())
    return ResultTable(columns, _fetched(result))


def write_parquet(con: duckdb.DuckDBPyConnection, statement: str, file: Path) -> None:
    """Write the result of one reading statement to a new Parquet file; raises as `query` does."""
    refuse_writing(statement)
    # On a line of its own: the statement may end in a comment.
    inner = statement.rstrip().rstrip(";")
    with _translating_errors():
        con.execute(f"copy (\n{inner}\n) to {file_literal(file)} (format parquet)")


def refuse_writing(statement: str) -> None:
    """Raise QuestionError where a statement does anything but read."""
    # EXPLAIN ANALYZE runs what it explains.
    reading = _EXPLAIN.sub("", statement, count=1)
    with _translating_errors():
        found = duckdb.extract_statements(reading)
    for one in found:
        if one.type != duckdb.StatementType.SELECT and not _is_query(reading):
            kind = one.type.name.lower().replace("_", " ")
            raise QuestionError(f"only reading is possible here, and this is a statement of {kind}")


def _is_query(statement: str) -> bool:
    """Whether SQL that can be parsed is one query: PIVOT becomes several statements in DuckDB."""
    try:
        return bool(duckdb.extract_statements(f"from (\n{statement.rstrip().rstrip(';')}\n)"))
    except duckdb.Error:
        return False


def _fetched(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    with _translating_errors():
        while batch := result.fetchmany(_ROWS_AT_ONCE):
            yield from batch


@contextmanager
def _translating_errors() -> Iterator[None]:
    """Raise an error of DuckDB as PublishedFileError, or as QuestionError in a few lines."""
    try:
        yield
    except duckdb.Error as error:
        if found := _file_error(error):
            raise found from error
        lines = [line for line in str(error).splitlines() if line.strip()]
        if isinstance(error, duckdb.CatalogException) and "Table with name" in lines[0]:
            lines = [*lines[: _SHOWN_LINES - 1], _NO_TABLE]
        raise QuestionError("\n".join(lines[:_SHOWN_LINES])) from error
