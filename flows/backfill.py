"""backfill: publish the snapshots of many dates in one process."""

from datetime import date
from pathlib import Path

from prefect import flow

from plainscore.common.errors import UsageError
from plainscore.common.lock import writer_lock
from plainscore.flows.artifacts import Artifacts
from plainscore.flows.daily import all_done, ingest_new_files, publish_dates
from plainscore.flows.options import FLOW_OPTIONS, described
from plainscore.runs import schedule
from plainscore.runs.calendar import Every, dates_between
from plainscore.runs.request import read_request


@flow(name="backfill", **FLOW_OPTIONS)
@described
def backfill(
    first: date | None = None,
    last: date | None = None,
    every: Every = "month",
    days: list[date] | None = None,
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecards: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> schedule.DatesOutcome:
    """Publish the snapshots of many dates; DatesFailed if some failed."""
    if not days:
        if first is None or last is None:
            raise UsageError("a backfill needs its first and last date, or a list of days")
        days = dates_between(first, last, every)
    request = read_request(
        days[0],
        known_on,
        data,
        scorecards=scorecards,
        skip_refused=skip_refused,
        allow_stopped_feeds=allow_stopped_feeds,
        force=force,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
    )
    planned = schedule.dates(data, request.settings, days=days, known_on=known_on)
    with writer_lock(data, f"backfill {days[0]} to {days[-1]}"):
        artifacts = Artifacts(len(planned))
        prepared = ingest_new_files(data, request.settings)
        outcome = publish_dates(planned, request, prepared, artifacts)
        artifacts.complete()
    return all_done(outcome)
