"""`plainscore run`: publish the snapshot of one date."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.engines.options import EngineName
from plainscore.runs.calendar import NamedDay

if TYPE_CHECKING:
    from plainscore.runs.request import SnapshotRequest
    from plainscore.runs.score_day import SnapshotOutcome


def run(
    *,
    as_of: date | NamedDay,
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecard: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    limits: Limits = NO_LIMITS,
    engine: EngineName | None = None,
    master: str | None = None,
    plain: bool = False,
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
    plain
        Do the same steps without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from plainscore.cli.data_directory import require_data
    from plainscore.cli.many_dates import is_done_already
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
    if plain or is_done_already([request]):
        outcome = _run_plainly(request)
    else:
        outcome = _run_under_prefect(request, wishes)
    _print(outcome, data, output_format)
    return 0


def _run_plainly(request: "SnapshotRequest") -> "SnapshotOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.runs.progress import step_progress
    from plainscore.runs.score_day import score_day

    purpose = f"run {request.dates.as_of_date}"
    with writer_lock(request.data_dir, purpose), step_progress() as do:
        return score_day(request, do)


def _run_under_prefect(request: "SnapshotRequest", wishes: dict[str, Any]) -> "SnapshotOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.flows.scheduling.prefect_start import prepare_prefect

    dates = request.dates
    with writer_lock(request.data_dir, f"run {dates.as_of_date}", lend=True):
        prepare_prefect()
        from plainscore.flows.prefect_flows import score_day_flow, start_own_server

        start_own_server()

        outcome: SnapshotOutcome = score_day_flow(
            dates.as_of_date, dates.known_on, request.data_dir, **wishes
        )
    return outcome


def _print(outcome: "SnapshotOutcome", data: Path, output_format: str) -> None:
    from plainscore.publish.manifest import read_manifest
    from plainscore.publish.reports import report_file
    from plainscore.runs.json_log import say
    from plainscore.runs.summary import snapshot_text

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
