"""The retention rule keeps what it says, counted from the newest date and not from the clock."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from plainscore.contracts import SnapshotDates
from plainscore.publish.publication import runs_to_retire
from plainscore.publish.runs import Run
from plainscore.settings import Retention

RULE = Retention()
NEWEST = date(2026, 10, 31)


def _run(day: date, known_on: date | None = None, number: int = 1) -> Run:
    return Run(SnapshotDates(day, known_on or day), number, Path("run"))


YEAR = [_run(NEWEST - timedelta(days)) for days in range(365)]


def _kept(runs: list[Run], rule: Retention) -> list[Run]:
    retired = set(runs_to_retire(runs, rule))
    return [run for run in runs if run not in retired]


def test_dailies_stay_90_days_and_month_ends_for_ever() -> None:
    kept = [run.dates.as_of_date for run in _kept(YEAR, RULE)]
    dailies = [day for day in kept if NEWEST - day < timedelta(90)]
    assert len(dailies) == 90
    assert [str(day) for day in kept if day not in dailies] == [
        "2026-07-31", "2026-06-30", "2026-05-31", "2026-04-30", "2026-03-31", "2026-02-28",
        "2026-01-31", "2025-12-31", "2025-11-30",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "dates"),
    [
        ((), ["2026-10-31"]),
        (("quarter-ends",), ["2026-10-31", "2026-09-30", "2026-06-30", "2026-03-31", "2025-12-31"]),
        (("year-ends",), ["2026-10-31", "2025-12-31"]),
        (("quarter-ends", "year-ends"), [
            "2026-10-31", "2026-09-30", "2026-06-30", "2026-03-31", "2025-12-31",
        ]),
    ],
)  # fmt: skip
def test_the_newest_date_and_the_ends_of_periods_stay(
    ends: tuple[str, ...], dates: list[str]
) -> None:
    rule = Retention(keep_daily_days=0, keep=ends)  # type: ignore[arg-type]
    assert [str(run.dates.as_of_date) for run in _kept(YEAR, rule)] == dates


def test_a_month_whose_last_day_was_refused_keeps_its_last_published_date() -> None:
    runs = [run for run in YEAR if run.dates.as_of_date != date(2026, 2, 28)]
    kept = [run.dates.as_of_date for run in _kept(runs, RULE)]
    assert date(2026, 2, 27) in kept


def test_pruning_twice_is_pruning_once() -> None:
    once = _kept(YEAR, RULE)
    assert _kept(once, RULE) == once


def test_superseded_runs_stay_as_long_as_their_date_or_as_set() -> None:
    october, june = NEWEST, date(2026, 6, 30)
    runs = [
        _run(june), _run(june, number=2), _run(june, date(2026, 7, 15)),
        _run(october), _run(october, number=2),
    ]  # fmt: skip
    assert runs_to_retire(runs, RULE) == []
    assert runs_to_retire(runs, Retention(keep_superseded_days=90)) == runs[:2]
    assert runs_to_retire(runs, Retention(keep_superseded_days=0)) == [*runs[:2], runs[3]]
    assert runs_to_retire(runs, Retention(keep=())) == runs[:3]


def test_where_nothing_is_published_nothing_is_retired() -> None:
    assert runs_to_retire([], RULE) == []
