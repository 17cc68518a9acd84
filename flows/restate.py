"""restate: publish again, next to the old snapshots, the dates that late data makes stale."""

from datetime import date
from pathlib import Path
from typing import Unpack

from prefect import flow

from plainscore.flows.daily import publish_rounds
from plainscore.flows.options import FLOW_OPTIONS, described, scheduled_day
from plainscore.runs.calendar import DateRange, RelativeDate, resolve_date
from plainscore.runs.pipeline import RunOptions, read_request
from plainscore.runs.schedule import DatesOutcome, restatement


@flow(name="restate", **FLOW_OPTIONS)
@described
def restate(
    first: date | None = None,
    last: date | None = None,
    known_on: date | RelativeDate | None = None,
    data: Path = Path("data"),
    **options: Unpack[RunOptions],
) -> DatesOutcome:
    """Publish every published date that late data makes stale again, with a later known_on."""
    day = scheduled_day()
    request = read_request("last-day", None, data, today=day, **options)
    within = DateRange(first, last, None if known_on is None else resolve_date(known_on, day))
    return publish_rounds("restate", restatement(data, within), request)
