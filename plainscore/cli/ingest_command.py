"""`plainscore ingest`: take in what has newly arrived in the landing folders."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.logs import IngestedFile, IngestReport, Progress

COLUMNS = ("log", "file", "arrived", "rows", "accepted", "duplicates", "quarantined")


def ingest(
    *,
    data: Path = Path("data"),
    threads: int | None = None,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Take in what has newly arrived under DATA/landing; every row is accounted for.

    Exit code 5 says that a file was refused; it blocks its log and arrival day and nothing else.
    As json, one object per line for each file that is new, or whose counts changed because a
    row that arrived before its own was delivered only now.

    Parameters
    ----------
    data
        The directory that holds landing/ and gets events/.
    threads
        Threads that parse files; all processors by default.
    output_format
        How the counts are printed: json and csv by file, table by log.
    """
    from plainscore.cli.data_directory import require_data
    from plainscore.common.errors import InputRefused
    from plainscore.common.lock import writer_lock
    from plainscore.logs import ingest_new
    from plainscore.publish.catalog import refresh_catalog

    require_data(data)
    with writer_lock(data, "ingest"), progress_bar("reading logs") as progress:
        report = ingest_new(data, threads=threads, progress=progress)
        refresh_catalog(data)  # its quarantine view shows the store
    _print_report(report, output_format)
    from plainscore.cli.refused_files import tell_refused

    tell_refused(report.refused, report.warnings)
    return InputRefused.exit_code if report.refused else 0


def _print_report(report: "IngestReport", output_format: str) -> None:
    files = sorted(
        [*report.files, *report.rejudged], key=lambda one: (one.log, one.arrived, one.file)
    )
    if output_format == "table":
        _print_table(report)
    elif output_format == "json":
        for file in files:
            print(json.dumps(_as_row(file)))
    else:
        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({n: _csv_cell(v) for n, v in _as_row(file).items()} for file in files)


def _csv_cell(value: object) -> object:
    from plainscore.cli.row_output import terminal_safe

    return terminal_safe(value, sys.stdout) if isinstance(value, str) else value


def _as_row(file: "IngestedFile") -> dict[str, object]:
    row = {name: getattr(file, name) for name in COLUMNS}
    return row | {"arrived": file.arrived.isoformat()}


def _print_table(report: "IngestReport") -> None:
    """Print what is new by log, and one line on files judged anew."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not report.files:
        console.print("nothing new")
    else:
        counts = COLUMNS[3:]
        table = Table("log", "files", *counts)
        for log in sorted({file.log for file in report.files}):
            files = [file for file in report.files if file.log == log]
            sums = [sum(getattr(file, name) for file in files) for name in counts]
            table.add_row(log, f"{len(files):,}", *(f"{count:,}" for count in sums))
        console.print(table)
    if report.rejudged:
        console.print(
            f"{len(report.rejudged)} earlier files were judged anew: a row came first late"
        )


@contextmanager
def progress_bar(task: str) -> Iterator["Progress | None"]:
    """Show how far a reading of logs is, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        bars = {}

        def advance(log: str, done: int, total: int) -> None:
            if log not in bars:
                bars[log] = bar.add_task(f"{task}: {log}", total=total)
            bar.update(bars[log], completed=done, total=total)

        yield advance
