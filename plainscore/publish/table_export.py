"""Published tables as files of their own, which can be read wherever they are copied to.

What is exported is what the plain views show, as a catalog of the chosen dates alone would show
it: `is_latest` is that of the export. The export of a *person* is `plainscore.erasure.export`.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import uuid4

import duckdb

from plainscore.common.errors import UsageError
from plainscore.common.files import move_into_place, translating_write_errors, write_json
from plainscore.common.text import file_literal, identifier, text_literal
from plainscore.publish.catalog import attached_for_writing, comments_of, write_contents
from plainscore.publish.runs import HOME_VARIABLE, Run, default_runs, published_runs
from plainscore.publish.sets import read_manifest
from plainscore.publish.views import STORE_VIEWS, CatalogContents, View, contents_of

ExportFormat = Literal["duckdb", "parquet", "csv", "xlsx"]
EXPORT_FILE, README, READ_SQL = "export.json", "README.md", "read.sql"
DATABASE, WORKBOOK = "scores.duckdb", "scores.xlsx"
SHEET_ROWS, SHEET_NAME = 1_048_576, 31
"""Most rows of a sheet, headings included, and letters of its name."""
_ROWS_AT_ONCE = 2_000
_READ = {
    "duckdb": f"""{DATABASE} holds tables, views and macros, with a comment on each column. Any
DuckDB from 1.1 on opens it: `duckdb -readonly {DATABASE} -c "from explain('PERSON', 'DATE')"`.
Under another name, also over HTTP or S3 (extension httpfs):
`attach 'https://HOST/{DATABASE}' as x (read_only); from x.score;`, and for macros
`set search_path = 'memory,x';`.""",
    "parquet": f"""One Parquet file a table. `duckdb -init {READ_SQL}`, in this folder, makes a view
of each, and the macros; elsewhere change its first line to this folder's path or address (https:,
s3:). polars: `pl.read_parquet("score.parquet")`.""",
    "csv": "One CSV file a table, UTF-8 with a line of names; an empty cell is null.",
    "xlsx": f"{WORKBOOK} has one sheet a table.",
}
_WORDS = """# Published scores of {first} to {last}

{read}

Rows are those of the newest known_on of each date and of the first scorecard; {export} names the
runs. Join by `person_id` and `as_of_date`; tables without people have a row for each scorecard
(`is_champion`). `is_latest` is the newest date of this export. What each table is:
docs/reference/views.md of plainscore {version}.

These files name people, and `plainscore erase` does not reach them: after it, export again.
"""


def export_tables(
    data_dir: Path,
    days: Sequence[date],
    out: Path,
    export_format: ExportFormat,
    names: Sequence[str] = (),
) -> Mapping[str, int]:
    """Write what is published of some dates to a folder, whole or not at all; return table -> rows.

    ``names``: the tables to write; all by default. An older export is replaced. Raises UsageError
    where the folder holds anything else or lies in the data directory, where there is no such
    table, or where a sheet cannot hold one.
    """
    home = data_dir.resolve()
    _refuse_folder(out, home)
    runs = [run for run in default_runs(published_runs(home)) if run.dates.as_of_date in days]
    contents = contents_of(home, runs, dict.fromkeys(STORE_VIEWS.values(), ()))
    views = _chosen(contents, names)
    with (
        translating_write_errors(out.parent),
        _replaced(out) as unfinished,
        TemporaryDirectory(prefix="plainscore-") as folder,
        _shown(home, Path(folder) / "shown.duckdb", contents) as con,
    ):
        # Macros read many tables: an export of a few has none.
        chosen = replace(contents, views=views, macros=() if names else contents.macros)
        _WRITERS[export_format](con, chosen, unfinished)
        rows = {view.name: _count(con, view) for view in views}
        _describe(unfinished, runs, export_format, rows)
    return rows


def _refuse_folder(out: Path, home: Path) -> None:
    if out.is_relative_to(home):
        raise UsageError(f"{out} would be part of {home}: name a folder elsewhere")
    if not out.parent.is_dir():
        raise UsageError(f"{out}: name a folder in an existing directory")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file: name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / EXPORT_FILE).is_file():
        raise UsageError(f"{out} holds something else: name another folder, or empty it")


def _chosen(contents: CatalogContents, names: Sequence[str]) -> tuple[View, ...]:
    """Return the views to export: what has a date, and what is made of it."""
    views = {
        view.name: view
        for view in contents.views
        if not view.name.endswith("_all")
        and view.name != "stage"  # which is of a machine
        and (view.source == "views" or any(one.name == "as_of_date" for one in view.columns))
    }
    if unknown := [name for name in names if name not in views]:
        raise UsageError(f"--table {unknown[0]}: exported can be {', '.join(sorted(views))}")
    return tuple(view for name, view in views.items() if name in names or not names)


@contextmanager
def _replaced(out: Path) -> Iterator[Path]:
    """Yield an empty folder, which takes the place of ``out`` in the end."""
    unfinished, old = (out.with_name(f".{out.name}.{uuid4().hex}") for _ in range(2))
    unfinished.mkdir()
    try:
        yield unfinished
        if out.exists():
            out.rename(old)
        move_into_place(unfinished, out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _shown(
    home: Path, catalog: Path, contents: CatalogContents
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection on which the views show the chosen dates alone."""
    with duckdb.connect() as con:
        with attached_for_writing(con, catalog):
            write_contents(con, contents)
        con.execute(f"attach {file_literal(catalog)} as shown (read_only)")
        con.execute(f"set variable {HOME_VARIABLE} = {file_literal(home)}")
        yield con


def _source(view: View) -> str:
    return f"shown.{identifier(view.name)}"


def _count(con: duckdb.DuckDBPyConnection, view: View) -> int:
    ((rows,),) = con.execute(f"select count(*) from {_source(view)}").fetchall()
    return int(rows)


def _describe(
    folder: Path, runs: Sequence[Run], export_format: ExportFormat, rows: Mapping[str, int]
) -> None:
    manifests = [read_manifest(run) for run in runs]
    described = [
        dict(zip(("as_of_date", "known_on", "run"), run.text_key, strict=True))
        | {"content_hash": manifest["content_hash"]}
        for run, manifest in zip(runs, manifests, strict=True)
    ]
    document = {"format": export_format, "runs": described, "rows": dict(rows)}
    write_json(folder / EXPORT_FILE, document)
    first, last = runs[0].dates.as_of_date, runs[-1].dates.as_of_date
    words = {"first": first, "last": last, "read": _READ[export_format], "export": EXPORT_FILE}
    words["version"] = manifests[-1]["code"]["version"]
    (folder / README).write_text(_WORDS.format(**words), encoding="utf-8")


# Formats


def _write_duckdb(con: duckdb.DuckDBPyConnection, contents: CatalogContents, folder: Path) -> None:
    """Write tables of what reads files, and views and macros of what reads those."""
    is_whole = bool(contents.macros)
    written = [view for view in contents.views if view.source == "views" and is_whole]
    tables = [view for view in contents.views if view not in written]
    with attached_for_writing(con, folder / DATABASE):
        for view in tables:
            con.execute(f"create table {identifier(view.name)} as from {_source(view)}")
            con.execute("; ".join(comments_of(view, "table")))
        write_contents(con, replace(contents, views=tuple(written), pinned=()))


def _write_parquet(con: duckdb.DuckDBPyConnection, contents: CatalogContents, folder: Path) -> None:
    _copy(con, contents, folder, "parquet", "format parquet, compression zstd")
    lines = ["set variable folder = '.';"]
    for view in contents.views:
        file = f"getvariable('folder') || {text_literal(f'/{view.name}.parquet')}"
        lines.append(f"create view {identifier(view.name)} as from read_parquet({file});")
    lines += [f"{macro.sql.rstrip().rstrip(';')};\n" for macro in contents.macros]
    (folder / READ_SQL).write_text("\n".join(lines), encoding="utf-8")


def _write_csv(con: duckdb.DuckDBPyConnection, contents: CatalogContents, folder: Path) -> None:
    _copy(con, contents, folder, "csv", "format csv, header")


def _copy(
    con: duckdb.DuckDBPyConnection,
    contents: CatalogContents,
    folder: Path,
    ending: str,
    options: str,
) -> None:
    for view in contents.views:
        file = file_literal(folder / f"{view.name}.{ending}")
        con.execute(f"copy (from {_source(view)}) to {file} ({options})")


def _write_xlsx(con: duckdb.DuckDBPyConnection, contents: CatalogContents, folder: Path) -> None:
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.utils.exceptions import IllegalCharacterError
    except ImportError as error:
        raise UsageError(
            "workbooks need openpyxl: pip install 'plainscore[excel]', or choose --format csv"
        ) from error
    for view in contents.views:
        if _count(con, view) >= SHEET_ROWS or len(view.name) > SHEET_NAME:
            raise UsageError(
                f"{view.name} has more rows, or a longer name, than a sheet may have "
                f"({SHEET_ROWS:,}; {SHEET_NAME} letters): choose others with --table, or "
                "--format parquet"
            )
    book = Workbook(write_only=True)
    for view in contents.views:
        sheet = book.create_sheet(view.name)

        def cell(value: Any) -> Any:
            if not isinstance(value, str):
                return value.replace(tzinfo=None) if isinstance(value, datetime) else value
            text = WriteOnlyCell(sheet, value)  # noqa: B023
            text.data_type = "s"  # of one that begins with "=" too
            return text

        sheet.append([column.name for column in view.columns])
        found = con.execute(f"from {_source(view)}")
        try:
            while rows := found.fetchmany(_ROWS_AT_ONCE):
                for row in rows:
                    sheet.append([cell(value) for value in row])
        except IllegalCharacterError as error:
            raise UsageError(
                f"{view.name} has a text with a control character, which a workbook cannot hold: "
                "choose --format csv"
            ) from error
    book.save(folder / WORKBOOK)


_WRITERS: Mapping[str, Callable[[duckdb.DuckDBPyConnection, CatalogContents, Path], None]] = {
    "duckdb": _write_duckdb, "parquet": _write_parquet, "csv": _write_csv, "xlsx": _write_xlsx,
}  # fmt: skip
