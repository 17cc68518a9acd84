"""daily: publish every date that is missing, and again what late data makes stale."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Unpack

from prefect import flow, task

from plainscore.common.lock import writer_lock
from plainscore.contracts import SnapshotDates
from plainscore.flows.artifacts import Artifacts
from plainscore.flows.options import (
    FLOW_OPTIONS,
    TASK_OPTIONS,
    described,
    name_by_day,
    scheduled_day,
)
from plainscore.flows.score_day import publish_snapshot
from plainscore.runs import schedule
from plainscore.runs.calendar import RelativeDate
from plainscore.runs.pipeline import RunOptions, SnapshotRequest, read_request
from plainscore.runs.run import prepare

ingest_new_files = task(task_run_name="ingest new files", **TASK_OPTIONS)(prepare)


@flow(name="daily", flow_run_name=name_by_day, **FLOW_OPTIONS)
@described
def daily(
    last_day: date | RelativeDate = "last-day",
    data: Path = Path("data"),
    **options: Unpack[RunOptions],
) -> schedule.DatesOutcome:
    """Publish every date that is missing, and again what late data makes stale."""
    request = read_request(last_day, None, data, today=scheduled_day(), **options)
    day = request.dates.as_of_date
    return publish_rounds(
        f"daily {day}", schedule.daily_rounds(data, request.settings, day), request
    )


def publish_rounds(
    purpose: str, rounds: Iterable[Sequence[SnapshotDates]], request: SnapshotRequest
) -> schedule.DatesOutcome:
    """Publish the dates one after the other; one that fails does not stop the rest.

    Raises DatesFailed, which holds the outcome, if a date failed.
    """
    with writer_lock(request.data_dir, purpose):
        artifacts = Artifacts(dates=0)
        outcome = schedule.publish_rounds(
            artifacts.counted(rounds),
            request,
            ingest_new_files(request.data_dir, request.settings),
            lambda one, prepared: publish_snapshot(one, prepared, artifacts),
        )
        artifacts.complete()
    if outcome.failed:
        raise schedule.DatesFailed(outcome)
    return outcome
