"""restate: publish again, next to the old snapshots, the dates that late data makes stale."""

from datetime import date
from pathlib import Path

from prefect import flow

from plainscore.common.lock import writer_lock
from plainscore.flows.artifacts import Artifacts
from plainscore.flows.daily import all_done, ingest_new_files, publish_dates
from plainscore.flows.options import FLOW_OPTIONS, described, scheduled_day
from plainscore.runs import schedule
from plainscore.runs.calendar import DateRange, RelativeDate, resolve_date
from plainscore.runs.request import read_request


@flow(name="restate", **FLOW_OPTIONS)
@described
def restate(
    first: date | None = None,
    last: date | None = None,
    known_on: date | RelativeDate | None = None,
    data: Path = Path("data"),
    scorecards: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> schedule.DatesOutcome:
    """Publish every published date that late data makes stale again, with a later known_on."""
    request = read_request(
        "last-day",
        None,
        data,
        today=scheduled_day(),
        scorecards=scorecards,
        skip_refused=skip_refused,
        allow_stopped_feeds=allow_stopped_feeds,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
    )
    known = None if known_on is None else resolve_date(known_on, scheduled_day())
    with writer_lock(data, "restate"):
        artifacts = Artifacts()
        prepared = ingest_new_files(data, request.settings)
        stale = schedule.stale_dates(data, DateRange(first, last, known))
        outcome = publish_dates(stale, request, prepared, artifacts)
        artifacts.complete()
    return all_done(outcome)
