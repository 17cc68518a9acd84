"""`plainscore run`: publish the snapshot of one date."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.engines.options import EngineName
from plainscore.runs.calendar import RelativeDate

if TYPE_CHECKING:
    from plainscore.runs.request import SnapshotRequest
    from plainscore.runs.run import SnapshotOutcome


def run(
    *,
    as_of: date | RelativeDate,
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecard: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    limits: Limits = NO_LIMITS,
    engine: EngineName | None = None,
    master: str | None = None,
    no_prefect: Annotated[bool, Parameter(name=("--no-prefect", "--plain"), negative=())] = False,
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Ingest what is new under DATA/landing and publish the snapshot of one date.

    A snapshot that is published and current is left as it is.

    Parameters
    ----------
    as_of
        Count what happened until the end of this day (UTC); last-day is the last one that is over,
        less arrival_lag_days, and last-month-end the last month end on or before it.
    known_on
        Count what had arrived by this day; as_of plus arrival_lag_days by default.
    data
        The data directory.
    scorecard
        Packaged card or path of one, champion first; give the flag once for each.
    skip_refused
        Publish although refused files stand in the way; the manifest says so.
    allow_stopped_feeds
        Publish although a log had no arrivals for longer than its limit.
    force
        Publish a further run although nothing changed.
    limits
        What the command may take of the machine.
    engine
        What makes raw to scores: duckdb by default, or spark or sail; the snapshot is the same.
    master
        Spark's master, such as spark://host:7077; Spark in this machine by default.
    no_prefect
        Do the same stages without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from plainscore.cli.data_directory import require_data
    from plainscore.runs.plan import is_all_current
    from plainscore.runs.request import read_request

    require_data(data)
    wishes: dict[str, Any] = {
        "scorecards": scorecard,
        "skip_refused": skip_refused,
        "allow_stopped_feeds": allow_stopped_feeds,
        "force": force,
        **limits.wishes,
        "engine": engine,
        "master": master,
    }
    request = read_request(as_of, known_on, data, **wishes)
    if no_prefect or is_all_current([request]):
        outcome = _run_directly(request)
    else:
        outcome = _run_under_prefect(request, wishes)
    _print(outcome, data, output_format)
    return 0


def _run_directly(request: "SnapshotRequest") -> "SnapshotOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.runs.observers import terminal_progress
    from plainscore.runs.run import score_day

    purpose = f"run {request.dates.as_of_date}"
    with writer_lock(request.data_dir, purpose), terminal_progress() as shown:
        return score_day(request, observers=shown)


def _run_under_prefect(request: "SnapshotRequest", wishes: dict[str, Any]) -> "SnapshotOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.flows.server import run_flow, set_defaults

    dates, data = request.dates, request.data_dir
    with writer_lock(data, f"run {dates.as_of_date}", lend=True):
        set_defaults()
        from plainscore.flows.score_day import score_day

        days = {"as_of_date": dates.as_of_date, "known_on": dates.known_on}
        outcome: SnapshotOutcome = run_flow(score_day, **days, data=data, **wishes)
    return outcome


def _print(outcome: "SnapshotOutcome", data: Path, output_format: str) -> None:
    from plainscore.publish.retention import report_file
    from plainscore.publish.sets import read_manifest
    from plainscore.runs.json_log import say
    from plainscore.runs.report import snapshot_text

    if output_format == "json":
        manifest = read_manifest(outcome.run)
        print(json.dumps({"is_new": outcome.is_new, **manifest}, ensure_ascii=False))
    else:
        print(snapshot_text(outcome))
        report = report_file(data, outcome.run.dates.as_of_date)
        if report.is_file():
            print(f"report     {report}")
        for warning in outcome.report.warnings:
            say(warning, "warning")
