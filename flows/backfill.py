"""backfill: publish the snapshots of many dates in one process."""

from datetime import date
from pathlib import Path
from typing import Unpack

from prefect import flow

from plainscore.common.errors import UsageError
from plainscore.flows.daily import publish_rounds
from plainscore.flows.options import FLOW_OPTIONS, described
from plainscore.runs.calendar import Every, dates_between
from plainscore.runs.pipeline import RunOptions, read_request
from plainscore.runs.schedule import DatesOutcome, dates_of


@flow(name="backfill", **FLOW_OPTIONS)
@described
def backfill(
    first: date | None = None,
    last: date | None = None,
    every: Every = "month",
    days: list[date] | None = None,
    known_on: date | None = None,
    data: Path = Path("data"),
    **options: Unpack[RunOptions],
) -> DatesOutcome:
    """Publish the snapshots of many dates; DatesFailed if some failed."""
    if not days:
        if first is None or last is None:
            raise UsageError("a backfill needs its first and last date, or a list of days")
        days = dates_between(first, last, every)
    request = read_request(days[0], known_on, data, **options)
    rounds = [dates_of(days, known_on, request.settings)]
    return publish_rounds(f"backfill {days[0]} to {days[-1]}", rounds, request)
