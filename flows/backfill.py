"""Many dates, one after the other, in one process; one that fails does not stop the rest."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from flows.request import SnapshotRequest
from flows.score_day import SnapshotOutcome
from transforms.errors import ChecksRefused, InputRefused, UsageError

Every = Literal["day", "week", "month"]


@dataclass
class BackfillOutcome:
    """What became of each date: published (or current already), or refused with the reason."""

    done: list[SnapshotOutcome] = field(default_factory=list)
    refused: dict[date, str] = field(default_factory=dict)


def dates_between(first: date, last: date, every: Every) -> list[date]:
    """Return the dates from ``first`` to ``last``, both ends inclusive.

    Weeks count from ``first``. Months give their last days, as far as those lie within.
    Raises UsageError where last lies before first, or no month end lies between them.
    """
    if last < first:
        raise UsageError(f"--to {last} lies before --from {first}")
    if every == "month":
        ends = _month_ends(first, last)
        if not ends:
            raise UsageError(f"no month ends between {first} and {last}: use --every day")
        return ends
    step = timedelta(days=1 if every == "day" else 7)
    return [first + step * place for place in range((last - first) // step + 1)]


def _month_ends(first: date, last: date) -> list[date]:
    ends = []
    year, month = first.year, first.month
    while (end := date(year, month, monthrange(year, month)[1])) <= last:
        ends.append(end)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return ends


def backfill(
    requests: Sequence[SnapshotRequest], publish: Callable[[SnapshotRequest], SnapshotOutcome]
) -> BackfillOutcome:
    """Publish every request; go on after one whose input or checks refuse."""
    outcome = BackfillOutcome()
    for request in requests:
        try:
            outcome.done.append(publish(request))
        except (ChecksRefused, InputRefused) as error:
            outcome.refused[request.dates.as_of_date] = str(error)
    return outcome
