"""Published tables as files of their own, which can be read wherever they are copied to.

What is exported is what the plain views show, as a catalog of the chosen dates alone would show
it: `is_latest` is that of the export. The export of a *person* is `plainscore.erasure.search`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import duckdb

from plainscore.common.errors import UsageError
from plainscore.common.files import (
    refuse_other_folder,
    replaced_folder,
    translating_write_errors,
    write_json,
)
from plainscore.common.text import file_literal, identifier, text_literal
from plainscore.publish.catalog import attached_for_writing, comments_of, write_contents
from plainscore.publish.runs import HOME_VARIABLE, Run, default_runs, identity, published_runs
from plainscore.publish.sets import read_manifest
from plainscore.publish.views import STORE_VIEWS, CatalogContents, View, contents_of
from plainscore.show.reader import render_page

ExportFormat = Literal["duckdb", "parquet", "csv", "xlsx"]
EXPORT_FILE, README, READ_SQL = "export.json", "README.md", "read.sql"
DATABASE, WORKBOOK = "scores.duckdb", "scores.xlsx"
SHEET_ROWS, SHEET_NAME = 1_048_576, 31
"""Most rows of a sheet, headings included, and letters of its name."""
_ROWS_AT_ONCE = 2_000


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
    if out.is_relative_to(home):
        raise UsageError(f"{out} would be part of {home}: name a folder elsewhere")
    refuse_other_folder(out, EXPORT_FILE)
    runs = [run for run in default_runs(published_runs(home)) if run.dates.as_of_date in days]
    contents = contents_of(home, runs, dict.fromkeys(STORE_VIEWS.values(), ()))
    views = _chosen(contents, names)
    with (
        translating_write_errors(out.parent),
        replaced_folder(out) as unfinished,
        TemporaryDirectory(prefix="plainscore-") as folder,
        _shown(home, Path(folder) / "shown.duckdb", contents) as con,
    ):
        # Macros read many tables: an export of a few has none.
        chosen = replace(contents, views=views, macros=() if names else contents.macros)
        _WRITERS[export_format](con, chosen, unfinished)
        rows = {view.name: _count(con, view) for view in views}
        _describe(unfinished, runs, export_format, rows)
    return rows


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
    described = [identity(*one) for one in zip(runs, manifests, strict=True)]
    document = {"format": export_format, "runs": described, "rows": dict(rows)}
    write_json(folder / EXPORT_FILE, document)
    page = render_page(
        "documents/export.md",
        format=export_format,
        first=runs[0].dates.as_of_date,
        last=runs[-1].dates.as_of_date,
        version=manifests[-1]["code"]["version"],
    )
    (folder / README).write_text(f"{page}\n", encoding="utf-8")


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
        source = f"read_parquet({file}, hive_partitioning = false)"
        lines.append(f"create view {identifier(view.name)} as from {source};")
    lines += [f"{macro.sql.rstrip().rstrip(';')};\n" for macro in contents.macros]
    (folder / READ_SQL).write_text("\n".join(lines), encoding="utf-8")


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
    "duckdb": _write_duckdb, "parquet": _write_parquet, "xlsx": _write_xlsx,
    "csv": partial(_copy, ending="csv", options="format csv, header"),
}  # fmt: skip
