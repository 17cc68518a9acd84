"""The dates that a span of time means."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal

from plainscore.common.errors import UsageError

Every = Literal["day", "week", "month"]
NamedDay = Literal["last-day", "last-month-end"]


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


def meant_day(day: date | NamedDay, today: date, lag_days: int = 0) -> date:
    """Return the day that is meant; a name means one whose data is all there by ``today``.

    ``last-day``: the last day that is over, and has been for ``lag_days`` whole days.
    ``last-month-end``: the last month end on or before it.
    """
    if isinstance(day, date):
        return day
    last_day = today - timedelta(days=1 + lag_days)
    return last_day if day == "last-day" else last_month_end(last_day)


def last_month_end(day: date) -> date:
    """Return the last month end on or before a day."""
    tomorrow = day + timedelta(days=1)
    return tomorrow.replace(day=1) - timedelta(days=1)


def _month_ends(first: date, last: date) -> list[date]:
    ends = []
    year, month = first.year, first.month
    while (end := date(year, month, monthrange(year, month)[1])) <= last:
        ends.append(end)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return ends
