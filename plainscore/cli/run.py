"""Commands that run: ingest logs, publish snapshots of dates, schedule and watch that."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from plainscore.cli.options import (
    AS_USUAL,
    DATA,
    Cards,
    DataDir,
    EveryOption,
    Flag,
    Format,
    OneFile,
    Publishing,
    TableOrJson,
    Threads,
    publish,
    require_data,
)
from plainscore.cli.output import (
    OutputFormat,
    ResultTable,
    emit,
    note,
    note_refused,
    progress_bar,
    show,
    table_of,
)
from plainscore.common.errors import InputRefused, UsageError
from plainscore.engines import EngineName
from plainscore.runs.calendar import Every, RelativeDate

if TYPE_CHECKING:
    from plainscore.contracts import SnapshotDates
    from plainscore.logs import IngestReport
    from plainscore.runs.run import SnapshotOutcome
    from plainscore.runs.schedule import DatesOutcome

INGEST_COLUMNS = ("log", "file", "arrived", "rows", "accepted", "duplicates", "quarantined")
CURRENT, PUBLISHED, FAILED = "current", "published", "failed"
Record = dict[str, Any]


def ingest(
    *, threads: Threads = None, data: DataDir = DATA, output_format: Format = "table"
) -> int:
    """Ingest what has newly arrived under DATA/landing; every row is accounted for.

    Exit code 5: a file was refused; it blocks its log and arrival day and nothing else. As json,
    one object per line for each file that is new, or whose counts changed because a row that
    arrived before its own was delivered only now. A table has one row per log.
    """
    from plainscore.common.lock import writer_lock
    from plainscore.logs import ingest_new
    from plainscore.publish.catalog import refresh_catalog

    require_data(data)
    with writer_lock(data, "ingest"), progress_bar("reading logs") as progress:
        report = ingest_new(data, threads=threads, progress=progress)
        refresh_catalog(data)  # its quarantine view shows the store
    found = [*report.files, *report.rejudged]
    found.sort(key=lambda one: (one.log, one.arrived, one.file))
    table = table_of(found, INGEST_COLUMNS)
    files = [dict(zip(INGEST_COLUMNS, row, strict=True)) for row in table.rows]
    emit(output_format, table, objects=files, shown=lambda: _ingest_lines(report))
    note_refused(report.refused, report.warnings)
    return InputRefused.exit_code if report.refused else 0


def _ingest_lines(report: "IngestReport") -> Iterator[Any]:
    if not report.files:
        yield "nothing new"
    else:
        counts, rows = INGEST_COLUMNS[3:], []
        for log in sorted({file.log for file in report.files}):
            files = [file for file in report.files if file.log == log]
            sums = [sum(getattr(file, name) for file in files) for name in counts]
            rows.append((log, *(f"{count:,}" for count in (len(files), *sums))))
        yield ResultTable(("log", "files", *counts), rows)
    if report.rejudged:
        yield f"{len(report.rejudged)} earlier files were counted again: an earlier row came late"


def run(
    *,
    as_of: date | RelativeDate,
    known_on: date | None = None,
    scorecard: Cards = None,
    force: Flag = False,
    engine: EngineName | None = None,
    master: str | None = None,
    data: DataDir = DATA,
    publishing: Publishing = AS_USUAL,
    output_format: TableOrJson = "table",
) -> None:
    """Ingest what is new under DATA/landing and publish the snapshot of one date.

    A snapshot that is published and current is left as it is.

    Parameters
    ----------
    as_of
        Count what happened until the end of this day (UTC); last-day is the last one that is over,
        less arrival_lag_days, last-month-end the last month end on or before it.
    known_on
        Count what had arrived by this day; as_of plus arrival_lag_days by default.
    force
        Publish another run although nothing changed.
    engine
        duckdb, spark or sail; the snapshot is the same.
    master
        Spark's master, such as spark://host:7077; Spark in this machine by default.
    """
    from plainscore.runs.plan import is_all_current
    from plainscore.runs.request import read_request
    from plainscore.runs.run import score_day

    require_data(data)
    overrides: dict[str, Any] = {
        "scorecards": scorecard,
        "force": force,
        "engine": engine,
        "master": master,
        **publishing.overrides,
    }
    request = read_request(as_of, known_on, data, **overrides)
    dates, is_quick = request.dates, publishing.no_prefect or is_all_current([request])
    outcome = publish(
        data,
        f"run {dates.as_of_date}",
        (lambda observers: score_day(request, observers=observers)) if is_quick else None,
        "score_day:score_day",
        as_of_date=dates.as_of_date,
        known_on=dates.known_on,
        **overrides,
    )
    _emit_snapshot(outcome, data, output_format)


def _emit_snapshot(outcome: "SnapshotOutcome", data: Path, output_format: OutputFormat) -> None:
    from plainscore.publish.retention import report_file
    from plainscore.publish.sets import read_manifest
    from plainscore.runs.report import snapshot_text

    report = report_file(data, outcome.run.dates.as_of_date)
    lines = [snapshot_text(outcome), *([f"report     {report}"] if report.is_file() else [])]
    manifest = {"is_new": outcome.is_new, **read_manifest(outcome.run)}
    emit(output_format, objects=[manifest], shown=lambda: lines)
    if output_format == "table":
        for warning in outcome.report.warnings:
            note(warning)


def backfill(
    *,
    from_: Annotated[date | None, Parameter(name="--from")] = None,
    to: date | None = None,
    every: EveryOption = "month",
    dates: OneFile = None,
    known_on: date | None = None,
    scorecard: Cards = None,
    force: Flag = False,
    data: DataDir = DATA,
    publishing: Publishing = AS_USUAL,
    output_format: TableOrJson = "table",
) -> int:
    """Publish the snapshots of many dates, both ends inclusive, in one process.

    Dates that are published and current are left as they are. A date that fails does not stop
    the rest; the command then ends with exit code 6 and reports which failed and why.

    Parameters
    ----------
    from_
        First date.
    to
        Last date.
    dates
        Text file with the dates, one a line, instead of --from and --to.
    known_on
        Count what had arrived by this day; each date plus arrival_lag_days by default. History
        that was loaded at once needs it.
    force
        Publish further runs although nothing changed.
    """
    from plainscore.runs import schedule
    from plainscore.runs.plan import is_all_current
    from plainscore.runs.request import read_requests

    days = _backfill_days(from_, to, every, dates)
    require_data(data)
    overrides = {"scorecards": scorecard, "force": force, **publishing.overrides}
    requests = read_requests(days, known_on, data, **overrides)
    is_quick = publishing.no_prefect or is_all_current(requests)
    outcome = publish(
        data,
        f"backfill {days[0]} to {days[-1]}",
        (lambda observers: schedule.backfill(requests, observers)) if is_quick else None,
        "backfill:backfill",
        days=days,
        known_on=known_on,
        **overrides,
    )
    return emit_outcomes(outcome, output_format)


def _backfill_days(
    first: date | None, last: date | None, every: Every, file: Path | None
) -> list[date]:
    from plainscore.runs.calendar import dates_between, read_dates

    if file is not None and first is None and last is None:
        return read_dates(file)
    if file is not None or first is None or last is None:
        raise UsageError("give --from and --to, or a file of dates with --dates")
    return dates_between(first, last, every)


def daily(
    *,
    as_of: date | RelativeDate = "last-day",
    data: DataDir = DATA,
    publishing: Publishing = AS_USUAL,
    output_format: TableOrJson = "table",
) -> int:
    """Ingest what has arrived, publish every missing date, restate what late data touches.

    Missing are the last day and, up to [daily] catch_up_days back, days since the first published
    date that have no snapshot: runs that failed or never started. Late data makes another snapshot
    of a month end (or of every date, see [daily] restate). Reports unusual deliveries.

    Parameters
    ----------
    as_of
        The last day (UTC); last-day is the last one that is over, less arrival_lag_days.
    """
    from plainscore.runs import schedule
    from plainscore.runs.request import read_request

    require_data(data)
    request = read_request(as_of, None, data, **publishing.overrides)
    last_day, is_quick = request.dates.as_of_date, publishing.no_prefect
    outcome = publish(
        data,
        f"daily {last_day}",
        (lambda observers: schedule.daily(request, last_day, observers)) if is_quick else None,
        "daily:daily",
        last_day=as_of,
        **publishing.overrides,
    )
    return emit_outcomes(outcome, output_format)


def restate(
    *,
    from_: Annotated[date | None, Parameter(name="--from")] = None,
    to: date | None = None,
    known_on: date | RelativeDate | None = None,
    scorecard: Cards = None,
    data: DataDir = DATA,
    publishing: Publishing = AS_USUAL,
    output_format: TableOrJson = "table",
) -> int:
    """Publish every published date that late data touches again, with a later known_on.

    Late data happened on or before a date and arrived after what its newest snapshot knows. That
    snapshot stays as it is; the plain views show the later one. `plan` lists these dates.

    Parameters
    ----------
    from_
        Only dates from this one on.
    to
        Only dates up to this one.
    known_on
        Count what had arrived by this day; last-day is yesterday (UTC). The newest arrival day by
        default.
    """
    from plainscore.runs import schedule
    from plainscore.runs.calendar import DateRange, resolve_date
    from plainscore.runs.plan import look_at_arrivals
    from plainscore.runs.request import read_request

    today = datetime.now(UTC).date()
    within = DateRange(from_, to, None if known_on is None else resolve_date(known_on, today))
    overrides = {"scorecards": scorecard, **publishing.overrides}

    require_data(data)
    request = read_request("last-day", None, data, **overrides)
    # Without late data no Prefect server need be started.
    is_quick = publishing.no_prefect or not (
        look_at_arrivals(data).new or schedule.stale_dates(data, within)
    )
    outcome = publish(
        data,
        "restate",
        (lambda observers: schedule.restate(request, within, observers)) if is_quick else None,
        "restate:restate",
        first=within.first,
        last=within.last,
        known_on=within.known_on,
        **overrides,
    )
    if not (outcome.done or outcome.failed or output_format == "json"):
        show("nothing to restate: no late data touches a published date")
        return 0
    return emit_outcomes(outcome, output_format)


def emit_outcomes(outcome: "DatesOutcome", output_format: OutputFormat) -> int:
    """Print one line per date, on stderr what failed, and return the exit code."""
    rows: list[Record] = [
        {
            **_dates_of(done.run.dates),
            "outcome": PUBLISHED if done.is_new else CURRENT,
            "run": done.run.name,
        }
        for done in outcome.done
    ]
    rows += [
        {**_dates_of(dates), "outcome": FAILED, "reason": reason}
        for dates, reason in outcome.failed.items()
    ]
    rows.sort(key=lambda row: (row["as_of_date"], row["known_on"]))
    lines = ["  ".join(row[name] for name in row if name != "reason") for row in rows]
    emit(output_format, objects=rows, shown=lambda: [*lines, _counts(rows)])
    for done in outcome.done[:1]:
        note_refused(done.report.refused, done.report.warnings)
    if not outcome.failed:
        return outcome.exit_code
    failed = [f"{len(outcome.failed)} of {len(rows)} dates failed:"]
    for dates, reason in outcome.failed.items():
        failed.append(f"  {dates.as_of_date}: " + "\n    ".join(reason.splitlines()))
    note("\n".join(failed), "error")
    note("the rest is done; fix that and run it again", "error")
    return outcome.exit_code


def _dates_of(dates: "SnapshotDates") -> Record:
    return {"as_of_date": str(dates.as_of_date), "known_on": str(dates.known_on)}


def _counts(rows: Sequence[Record]) -> str:
    counts = Counter(row["outcome"] for row in rows)
    if counts[CURRENT] == len(rows):
        return f"nothing to do: all {len(rows)} are published and current"
    words = (PUBLISHED, CURRENT, FAILED)
    return ", ".join(f"{counts[word]} {word}" for word in words if counts[word])
