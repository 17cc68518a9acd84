"""daily: publish every date that is missing, and again what late data makes stale."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from prefect import flow, task

from plainscore.common.lock import writer_lock
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
from plainscore.runs.request import SnapshotRequest, read_request
from plainscore.runs.run import Prepared, prepare
from plainscore.settings import Settings


@flow(name="daily", flow_run_name=name_by_day, **FLOW_OPTIONS)
@described
def daily(
    last_day: date | RelativeDate = "last-day",
    data: Path = Path("data"),
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> schedule.DatesOutcome:
    """Publish every date that is missing, and again what late data makes stale."""
    request = read_request(
        last_day,
        None,
        data,
        today=scheduled_day(),
        skip_refused=skip_refused,
        allow_stopped_feeds=allow_stopped_feeds,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
    )
    day, settings = request.dates.as_of_date, request.settings
    with writer_lock(data, f"daily {day}"):
        artifacts = Artifacts()
        prepared = ingest_new_files(data, settings)
        missing = schedule.missing_dates(data, settings, day)
        outcome = publish_dates(missing, request, prepared, artifacts)
        stale = schedule.stale_by_rule(data, settings, day)
        outcome.add(publish_dates(stale, request, prepared, artifacts))
        artifacts.complete()
    return all_done(outcome)


@task(task_run_name="ingest new files", **TASK_OPTIONS)
def ingest_new_files(data: Path, settings: Settings) -> Prepared:
    """Read the method, and ingest new files, once for all dates."""
    return prepare(data, settings)


def publish_dates(
    planned: Sequence[schedule.PlannedDate],
    request: SnapshotRequest,
    prepared: Prepared,
    artifacts: Artifacts,
) -> schedule.DatesOutcome:
    """Publish one date after the other; one that fails does not stop the rest."""
    artifacts.dates = artifacts.done + len(planned)
    return schedule.publish_dates(
        planned,
        request,
        prepared,
        lambda one, prepared: publish_snapshot(one, prepared, artifacts),
    )


def all_done(outcome: schedule.DatesOutcome) -> schedule.DatesOutcome:
    """Return the outcome. Raises DatesFailed, which holds it, if a date failed."""
    if outcome.failed:
        raise schedule.DatesFailed(outcome)
    return outcome
