"""Which published runs the retention rule keeps. It counts from the newest date, not the clock."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from plainscore.publish.runs import Run, shown_runs

PeriodEnd = Literal["month-ends", "quarter-ends", "year-ends"]
_PERIODS: dict[PeriodEnd, Callable[[date], tuple[int, int]]] = {
    "month-ends": lambda day: (day.year, day.month),
    "quarter-ends": lambda day: (day.year, (day.month - 1) // 3),
    "year-ends": lambda day: (day.year, 0),
}


@dataclass(frozen=True)
class RetentionRule:
    """What stays.

    ``daily_days``: every date less than so many days before the newest one. ``period_ends``: for
    ever, the last published date of each of these periods, whether or not it is the period's
    last day: a month whose last day was refused does not vanish. ``superseded_days``: runs of a
    date that stays, but that the plain views no longer show, while the date is less than so many
    days before the newest one; None: as long as their date.
    """

    daily_days: int
    period_ends: Sequence[PeriodEnd]
    superseded_days: int | None


def runs_to_retire(runs: Sequence[Run], rule: RetentionRule) -> list[Run]:
    """Return the published runs that the rule does not keep, oldest first."""
    if not runs:
        return []
    days = {run.dates.as_of_date for run in runs}
    newest, kept_days = max(days), _kept_days(days, rule)
    shown = set(shown_runs(list(runs)))

    def is_kept(run: Run) -> bool:
        day = run.dates.as_of_date
        if day not in kept_days or run in shown or rule.superseded_days is None:
            return day in kept_days
        return (newest - day).days < rule.superseded_days

    return [run for run in sorted(runs) if not is_kept(run)]


def _kept_days(days: Collection[date], rule: RetentionRule) -> set[date]:
    newest = max(days)
    kept = {day for day in days if (newest - day).days < rule.daily_days} | {newest}
    for period_end in rule.period_ends:
        period = _PERIODS[period_end]
        kept |= set({period(day): day for day in sorted(days)}.values())
    return kept
