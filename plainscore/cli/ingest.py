"""The command that ingests logs; it runs often and with little to do, so it imports little."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from plainscore.cli import options as opt
from plainscore.cli import output as out
from plainscore.cli.output import emit, note_refused, table_of
from plainscore.common.errors import InputRefused
from plainscore.common.lock import writer_lock
from plainscore.logs import IngestReport, ingest_new, rebuild_store
from plainscore.publish.catalog import refresh_catalog
from plainscore.show.reader import ResultTable

INGEST_COLUMNS = ("log", "file", "arrived", "rows", "accepted", "duplicates", "quarantined")


def ingest(
    *,
    rebuild: bool = False,
    threads: opt.Threads = None,
    data: opt.DataDir = opt.DATA,
    output_format: opt.Format = "table",
) -> int:
    """Ingest what has newly arrived under DATA/landing; every row is accounted for.

    Exit code 5: a file was refused; it blocks its log and arrival day and nothing else. As json,
    one object per line for each file that is new or was counted again. A table has a row per log.

    Args:
        rebuild: Read all of landing/ again into a new store, as after an edited mapping.
    """
    opt.require_data(data)
    with writer_lock(data, "ingest"), out.progress_bar("reading logs") as progress:
        read = rebuild_store if rebuild else ingest_new
        report = read(data, threads=threads, progress=progress)
        refresh_catalog(data)  # its quarantine view shows the store
    found = [*report.files, *report.rejudged]
    found.sort(key=lambda one: (one.log, one.arrived, one.file))
    table = table_of(found, INGEST_COLUMNS)
    emit(output_format, table, objects=table.records(), shown=_ingested(report))
    note_refused(report.refused, report.warnings)
    return InputRefused.exit_code if report.refused else 0


def account(report: IngestReport) -> list[ResultTable]:
    """Return what became of the ingested rows, by source and log.

    A source is a folder of landing/; one that feeds several logs has a row for each.
    """
    sums: dict[tuple[str, str], Counter[str]] = {}
    for file in report.files:
        place = file.file.partition("/")[0], file.log
        counts = {name: getattr(file, name) for name in INGEST_COLUMNS[3:]}
        sums.setdefault(place, Counter()).update({"files": 1, **counts})
    rows = [(*place, *(f"{one:,}" for one in sums[place].values())) for place in sorted(sums)]
    return [ResultTable(("source", "log", "files", *INGEST_COLUMNS[3:]), rows)]


def _ingested(report: IngestReport) -> Iterator[Any]:
    yield from account(report) if report.files else ["nothing new"]
    yield from report.unused_lines()
    if report.rejudged:
        yield f"{len(report.rejudged)} earlier files were counted again: an earlier row came late"
