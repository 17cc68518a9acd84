"""The published snapshots of a data directory, as everything that looks at them opens them."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from plainscore.common.data_format import refuse_newer_format
from plainscore.show.damage import file_error
from plainscore.show.errors import DateNotPublishedError, NothingPublishedError, QuestionError

CATALOG = "plainscore.duckdb"
LATEST = "latest"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MONTH = re.compile(r"\d{4}-\d\d")
_NEWEST_SHOWN = 3

Parameters = Sequence[Any] | Mapping[str, Any]
"""By place, or by name."""


class Snapshots:
    """An open catalog, read-only; what is published while it is open is not seen."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self.con = con

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.con.close()

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        Raises PublishedFileError where a file behind a view is gone or damaged.
        """
        return self._names_and_rows(sql, parameters)[1]

    def records(self, sql: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
        """Return the rows of a query, each as column name -> value; raises as ``rows`` does."""
        names, rows = self._names_and_rows(sql, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _names_and_rows(
        self, sql: str, parameters: Parameters
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        try:
            result = self.con.execute(sql, parameters)
            names = [column[0] for column in result.description or ()]
            return names, result.fetchall()
        except duckdb.CatalogException as error:
            raise NothingPublishedError(
                "what is published here was made before this command was, and lacks what it reads: "
                "`plainscore run --as-of DATE` publishes a date again"
            ) from error
        except duckdb.Error as error:
            if told := file_error(error):
                raise told from error
            raise

    def dates(self) -> list[date]:
        """Return the published dates, oldest first."""
        return [day for (day,) in self.rows("select as_of_date from dim_date order by 1")]

    def day(self, word: str) -> date:
        """Return the published date that a word means: a date, ``latest``, or a month.

        A month (``2026-10``) means its last published date. Raises QuestionError where the word
        is none of these, DateNotPublishedError, naming what is published, where there is none.
        """
        published = self.dates()
        if word == LATEST:
            return published[-1]
        if _MONTH.fullmatch(word):
            in_month = [day for day in published if str(day).startswith(word)]
            if in_month:
                return in_month[-1]
            raise DateNotPublishedError(f"no date of {word} is published; {_newest(published)}")
        wanted = _read_day(word)
        if wanted not in published:
            nearest = min(published, key=lambda day: abs(day - wanted))
            raise DateNotPublishedError(
                f"{wanted} is not published; the nearest is {nearest}; {_newest(published)}"
            )
        return wanted


def open_snapshots(data_dir: Path, copy: Path | None = None) -> Snapshots:
    """Open what is published in a data directory; close it, or use it in a ``with``.

    ``copy``: a copy of its catalog, to be opened in its place: within a process DuckDB gives out
    the file it has open already, also after a publish has replaced it.

    Raises NothingPublishedError where there is no catalog, one that cannot be opened, or one
    that was made for another place; DataFormatError where a newer version wrote it.
    """
    refuse_newer_format(data_dir)
    catalog = data_dir / CATALOG
    mend = f"`plainscore verify --rebuild-catalog --data {data_dir}` makes it anew"
    if not catalog.is_file():
        raise NothingPublishedError(
            f"nothing is published in {data_dir}: `plainscore run --as-of DATE "
            f"--data {data_dir}` publishes a snapshot"
        )
    try:
        con = duckdb.connect(str(copy or catalog), read_only=True)
        # A query never makes DuckDB fetch an extension from the net.
        con.execute("set autoinstall_known_extensions = false")
        # A footer is read once, and again where an erasure replaced its file; halves a lookup.
        con.execute("set global parquet_metadata_cache = true")
        found = con.execute("select data_directory from catalog_origin").fetchone()
    except duckdb.Error as error:
        why = str(error).splitlines()[0]
        raise NothingPublishedError(f"{catalog} cannot be opened ({why}): {mend}") from error
    assert found is not None, "catalog_origin has one row"
    origin = Path(found[0])
    if not (origin.is_dir() and origin.samefile(data_dir)):
        con.close()
        raise NothingPublishedError(
            f"{data_dir} was moved from {origin}, where its catalog still looks: {mend}"
        )
    return Snapshots(con)


def _read_day(word: str) -> date:
    try:
        if _DAY.fullmatch(word):
            return date.fromisoformat(word)
    except ValueError:
        pass
    raise QuestionError(f"'{word}' is no date: write 2026-10-31, 2026-10 or {LATEST}")


def _newest(published: Sequence[date]) -> str:
    shown = ", ".join(str(day) for day in published[-_NEWEST_SHOWN:])
    return f"newest published: {shown}"
