"""``plainscore.duckdb``: a file of views and macros over pinned files, replaced as a whole.

Everything in it follows from the run directories and the event store's quarantine, so it can be
made again at any time, and a run that was published but not yet shown is shown by the next
rebuild. No one ever writes into a catalog that has been opened: readers keep the file that they
opened, and that file's views keep reading the runs that it names.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import duckdb

from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.files import fsync_path, move_into_place
from plainscore.common.text import file_literal, identifier, text_literal
from plainscore.contracts.contract import Column
from plainscore.publish.derived import remove_sets_of_deleted_runs
from plainscore.publish.runs import CATALOG, LEDGER, published_runs
from plainscore.publish.sets import SNAPSHOTS
from plainscore.publish.views import NO_ENTRY, CatalogContents, View, contents_of

# Readable by engines back to 1.1; no feature of ours needs a younger format.
STORAGE_VERSION = "v1.0.0"
_GONE = re.compile(r'No files found that match the pattern "([^"]+)"')


def rebuild_catalog(data_dir: Path) -> None:
    """Make the catalog again from what is published, and put it in the place of the old one.

    The caller holds the writer lock. Where nothing is published there is no catalog. Raises
    InputRefused where a run's manifest cannot be read or a file of it is gone, UsageError where
    the directory's name would mislead readers.
    """
    home = data_dir.resolve()
    contents = _contents(home)
    _remove_leftovers(home)
    remove_sets_of_deleted_runs(home)
    if contents is None:
        (home / CATALOG).unlink(missing_ok=True)
        return
    unfinished = home / f"{CATALOG}.{uuid4().hex}"
    try:
        _write_catalog(unfinished, contents)
    except duckdb.IOException as error:
        raise _error_of_disk(error) from error
    fsync_path(unfinished)
    move_into_place(unfinished, home / CATALOG)


def _error_of_disk(error: duckdb.IOException) -> Exception:
    """Return what to raise for an error of the disk: DuckDB opens a file of every view."""
    gone = _GONE.search(str(error))
    if gone is None:
        return error
    return InputRefused(
        f"{gone[1]} is gone, so no catalog can show its run: put it back as it was, or remove the "
        "run's directory whole, then run again"
    )


def refresh_catalog(data_dir: Path) -> bool:
    """Make the catalog again where it is not what `rebuild_catalog` would make; return whether.

    That is so after a crash between a run's rename and the catalog's, after an ingest that
    changed the quarantine, and after the data directory was moved.
    """
    contents = _contents(data_dir.resolve())
    expected = None if contents is None else contents.fingerprint
    if _fingerprint_of(data_dir / CATALOG) == expected:
        return False
    rebuild_catalog(data_dir)
    return True


def refuse_misleading_folder(data_dir: Path) -> None:
    """Raise UsageError where the path has a sign that DuckDB's readers take for something else.

    A folder ``score=5`` is a column and its value to them, a ``?`` begins options.
    """
    path = str(data_dir.resolve())
    for sign in "=?":
        if sign in path:
            raise UsageError(
                f"{path} has a '{sign}' in its path, which readers of Parquet and DuckDB files "
                "misread: use another data directory"
            )


def _remove_leftovers(home: Path) -> None:
    """Remove catalogs that were never finished, and a log that a stray writer left behind.

    Replayed on a new catalog, such a log would change it.
    """
    for leftover in home.glob(f"{CATALOG}.*"):
        leftover.unlink()


def _quarantine_files(home: Path) -> list[Path]:
    # Polars and deltalake take long to import; only a rebuild needs them.
    from plainscore.logs.event_store import open_store

    return [Path(file) for file in open_store(home).quarantine_files()]


def _contents(home: Path) -> CatalogContents | None:
    refuse_misleading_folder(home)
    runs = published_runs(home)
    if not runs:
        return None
    _keep_a_ledger(home)
    return contents_of(home, runs, _quarantine_files(home))


def _keep_a_ledger(home: Path) -> None:
    """Write an entry that the pattern of the view ``stage`` matches, if there is none."""
    file = home / SNAPSHOTS / LEDGER / NO_ENTRY
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}\n")


def _fingerprint_of(catalog: Path) -> str | None:
    """Return the fingerprint of a catalog on the disk; None where there is none to be had."""
    if not catalog.is_file():
        return None
    try:
        with duckdb.connect(str(catalog), read_only=True) as con:
            row = con.execute("select fingerprint from catalog_origin").fetchone()
    except duckdb.Error:
        return None
    return None if row is None else str(row[0])


def _write_catalog(file: Path, contents: CatalogContents) -> None:
    with duckdb.connect() as con:
        con.execute(
            f"attach {file_literal(file)} as plainscore (storage_version '{STORAGE_VERSION}')"
        )
        con.execute("use plainscore")
        con.execute("begin")
        for pinned in contents.pinned:
            con.execute(pinned.first_sql)
        for view in (*contents.views, contents.origin):
            with _naming(f"the view {view.name}"):
                _create_view(con, view)
        for macro in contents.macros:
            with _naming(f"the macro {macro.name} (transforms/catalog/macros/{macro.name}.sql)"):
                con.execute(macro.sql)
            con.execute(f"comment on macro table {macro.name} is {text_literal(macro.comment)}")
        for pinned in contents.pinned:
            con.execute(pinned.sql)
            con.execute(f"comment on macro {pinned.name} is {text_literal(pinned.comment)}")
        con.execute("commit")
        con.execute("use memory")
        con.execute("detach plainscore")


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


def _create_view(con: duckdb.DuckDBPyConnection, view: View) -> None:
    con.execute(f"create view {identifier(view.name)} as {view.sql}")
    con.execute(f"comment on view {identifier(view.name)} is {text_literal(view.comment)}")
    for column in view.columns:
        con.execute(
            f"comment on column {identifier(view.name)}.{identifier(column.name)} "
            f"is {text_literal(_column_comment(column))}"
        )


def _column_comment(column: Column) -> str:
    return f"{column.doc} Unit: {column.unit}." if column.unit else column.doc
