"""Dates that people ask for: ranges, files of dates, and days relative to today."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from plainscore.common.errors import UsageError

Every = Literal["day", "week", "month"]
RelativeDate = Literal["last-day", "last-month-end"]


@dataclass(frozen=True)
class DateRange:
    """Dates from ``first`` to ``last``, both inclusive; None leaves an end open.

    ``known_on``: by when data had arrived; None: the newest arrival day of the store.
    """

    first: date | None = None
    last: date | None = None
    known_on: date | None = None

    def __contains__(self, as_of_date: date) -> bool:
        return (self.first or date.min) <= as_of_date <= (self.last or date.max)


def dates_between(first: date, last: date, every: Every) -> list[date]:
    """Return the dates from ``first`` to ``last``, both inclusive.

    Weeks count from ``first``; months give their last days, as far as those lie within.
    Raises UsageError if ``last`` is before ``first``, or no month ends between them.
    """
    if last < first:
        raise UsageError(f"--to {last} lies before --from {first}")
    step = 7 if every == "week" else 1
    days = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
    if every == "month":
        days = [day for day in days if last_month_end(day) == day]
    if not days:
        raise UsageError(f"no month ends between {first} and {last}: use --every day")
    return days


def read_dates(file: Path) -> list[date]:
    """Return the dates of a text file, one a line, sorted; blank lines and ``#`` comments pass.

    Raises UsageError that names file and line if one is no date, or the file has none.
    """
    found: set[date] = set()
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--dates {file} cannot be read ({error})") from error
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        try:
            found |= {date.fromisoformat(text)} if text else set()
        except ValueError as error:
            raise UsageError(
                f"{file}, line {number}: {text!r} is no date like 2026-10-31"
            ) from error
    if not found:
        raise UsageError(f"{file} holds no dates: write one a line, like 2026-10-31")
    return sorted(found)


def resolve_date(day: date | RelativeDate, today: date, lag_days: int = 0) -> date:
    """Return the date; a relative one whose data is complete by ``today``.

    ``last-day``: the last day that has been over for ``lag_days`` whole days.
    ``last-month-end``: the last month end on or before it.
    """
    if isinstance(day, date):
        return day
    last_day = today - timedelta(days=1 + lag_days)
    return last_day if day == "last-day" else last_month_end(last_day)


def last_month_end(day: date) -> date:
    """Return the last month end on or before a day."""
    return (day + timedelta(days=1)).replace(day=1) - timedelta(days=1)
