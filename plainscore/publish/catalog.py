"""``plainscore.duckdb``: a file of views and macros over pinned files, replaced as a whole.

Everything in it follows from the run directories and the event store's ledger and quarantine, so
it can be made again at any time, and a run that was published but not yet shown is shown by the
next rebuild. No one ever writes into a catalog that has been opened: readers keep the file that
they opened, and that file's views keep reading the runs that it names.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import duckdb

from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.files import fsync_path, move_into_place
from plainscore.common.text import file_literal, identifier, text_literal
from plainscore.publish.runs import CATALOG, LEDGER, published_runs, remove_sets_of_deleted_runs
from plainscore.publish.sets import SNAPSHOTS
from plainscore.publish.views import (
    NO_ENTRY,
    STORE_VIEWS,
    CatalogContents,
    View,
    contents_of,
)
from plainscore.store.event_store import open_store

# Readable by engines back to 1.1; no feature of ours needs a younger format.
STORAGE_VERSION = "v1.0.0"
_GONE = re.compile(r'No files found that match the pattern "([^"]+)"')


def rebuild_catalog(data_dir: Path) -> None:
    """Make the catalog again from what is published, and put it in the place of the old one.

    The caller holds the writer lock. Where nothing is published there is no catalog. Raises
    InputRefused where a run's manifest cannot be read or a file of it is gone.
    """
    home = data_dir.resolve()
    _replace(home, _contents(home))


def refresh_catalog(data_dir: Path) -> bool:
    """Make the catalog again where it is not what `rebuild_catalog` would make; return whether.

    That is so after a crash between a run's rename and the catalog's, after an ingest that
    changed the store, and after the data directory was moved.
    """
    home = data_dir.resolve()
    contents = _contents(home)
    found = ask_catalog(home, "select fingerprint from catalog_origin")
    is_stale = found != ([(contents.fingerprint,)] if contents else [])
    if is_stale:
        _replace(home, contents)
    return is_stale


def _replace(home: Path, contents: CatalogContents | None) -> None:
    # Replayed on a new catalog, the log that a stray writer left behind would change it.
    for leftover in home.glob(f"{CATALOG}.*"):
        leftover.unlink()
    remove_sets_of_deleted_runs(home)
    if contents is None:
        (home / CATALOG).unlink(missing_ok=True)
        return
    unfinished = home / f"{CATALOG}.{uuid4().hex}"
    try:
        # It reads no rows, so one thread will do.
        with (
            duckdb.connect(config={"threads": 1}) as con,
            attached_for_writing(con, unfinished),
        ):
            write_contents(con, contents)
    except duckdb.IOException as error:  # DuckDB opens a file of every view
        gone = _GONE.search(str(error))
        if gone is None:
            raise
        raise InputRefused(
            f"{gone[1]} is gone, so no catalog can show its run: put it back as it was, or remove "
            "the run's directory whole, then run again"
        ) from error
    fsync_path(unfinished)
    move_into_place(unfinished, home / CATALOG)


def _contents(home: Path) -> CatalogContents | None:
    """Return what the catalog must hold; None where nothing is published."""
    runs = published_runs(home)
    if not runs:
        return None
    entry = home / SNAPSHOTS / LEDGER / NO_ENTRY
    if not entry.exists():  # the pattern of the view `stage` must match a file
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_text("{}\n")
    store = open_store(home)
    files = {table: list(map(Path, store.files(table))) for table in STORE_VIEWS.values()}
    return contents_of(home, runs, files)


def ask_catalog(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the answer of the catalog on the disk; nothing where it cannot be asked."""
    try:
        with duckdb.connect(str(home / CATALOG), read_only=True) as con:
            return con.execute(sql).fetchall()
    except duckdb.Error:
        return []


@contextmanager
def attached_for_writing(con: duckdb.DuckDBPyConnection, file: Path) -> Iterator[None]:
    """Make everything that is created go to a new DuckDB file that engines from 1.1 on read."""
    con.execute(f"attach {file_literal(file)} as plainscore (storage_version '{STORAGE_VERSION}')")
    con.execute("use plainscore")
    con.execute("begin")
    yield
    con.execute("commit")
    con.execute("use memory")
    con.execute("detach plainscore")


def write_contents(con: duckdb.DuckDBPyConnection, contents: CatalogContents) -> None:
    """Create views and macros, with a comment on each view, column and macro."""
    for pinned in contents.pinned:
        con.execute(pinned.first_sql)
    for view in contents.views:
        with _naming(f"the view {view.name}"):
            con.execute(f"create view {identifier(view.name)} as {view.sql}")
        # One text: a third of a catalog's time would go by between single statements.
        con.execute("; ".join(comments_of(view)))
    for macro in contents.macros:
        with _naming(f"the macro {macro.name} (transforms/catalog/macros/{macro.name}.sql)"):
            con.execute(macro.sql)
        con.execute(_comment(f"macro table {macro.name}", macro.comment))
    for pinned in contents.pinned:
        con.execute(pinned.sql)
        con.execute(_comment(f"macro {pinned.name}", pinned.comment))


def comments_of(view: View, kind: Literal["view", "table"] = "view") -> Iterator[str]:
    """Yield the comments on a view, or on a table of its name and columns."""
    yield _comment(f"{kind} {identifier(view.name)}", view.comment)
    for column in view.columns:
        unit = f" Unit: {column.unit}." if column.unit else ""
        place = f"column {identifier(view.name)}.{identifier(column.name)}"
        yield _comment(place, f"{column.doc}{unit}")


def _comment(what: str, comment: str) -> str:
    return f"comment on {what} is {text_literal(comment)}"


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Raise UsageError that names a view or macro of a project that reads what is not there."""
    try:
        yield
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        why = str(error).splitlines()[0]
        raise UsageError(
            f"the catalog cannot have {what}: {why}; exclude it, or publish what it reads"
        ) from error
