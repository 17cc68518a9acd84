"""The daily run does what is missing, whatever became of the days before."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plainscore.common.errors import InputRefused
from plainscore.contracts.dates import SnapshotDates
from plainscore.logs import IngestReport, ingest_new
from plainscore.logs.event_store import open_store
from plainscore.publish.pruned import PRUNED
from plainscore.publish.runs import Run
from plainscore.runs.daily import DailyWish, daily, missing_dates, touched_dates
from plainscore.runs.doing import Do
from plainscore.runs.inputs import told_odd_arrivals
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.score_day import SnapshotOutcome
from plainscore.settings import Daily, Deliveries, Settings
from tests.flows.conftest import LAST_DAY, request_for
from tests.publish.invented import SEPTEMBER
from tests.publish.invented import published as invented_snapshot

SEPTEMBER_END = SEPTEMBER.as_of_date
OCTOBER_2 = date(2026, 10, 2)


@pytest.fixture
def since_september(delivered: Path) -> Path:
    """The sample taken in, and a snapshot of the end of September."""
    ingest_new(delivered)
    invented_snapshot(delivered, SEPTEMBER)
    return delivered


@dataclass
class Published:
    """Stands for publishing: notes what it is asked for, and fails on some days."""

    failing: frozenset[date] = frozenset()
    asked: list[SnapshotDates] = field(default_factory=list)

    def __call__(self, request: SnapshotRequest, _do: Do) -> SnapshotOutcome:
        self.asked.append(request.dates)
        if request.dates.as_of_date in self.failing:
            raise InputRefused("a file is cut short")
        return SnapshotOutcome(Run(request.dates, "0001", request.data_dir), True, IngestReport())


def test_days_that_were_missed_are_made_up_for(since_september: Path) -> None:
    publish = Published()
    outcome = daily(DailyWish(since_september, OCTOBER_2, Settings()), publish=publish)
    first = SnapshotDates(date(2026, 10, 1), date(2026, 10, 1))
    assert publish.asked == [first, SnapshotDates(OCTOBER_2, OCTOBER_2)]
    assert len(outcome.done) == 2


def test_no_further_back_than_the_settings_say_and_the_last_day_always(
    since_september: Path,
) -> None:
    wish = DailyWish(since_september, LAST_DAY, Settings(daily=Daily(catch_up_days=2)))
    days = [dates.as_of_date for dates in missing_dates(wish)]
    assert days == [LAST_DAY - timedelta(days=2), LAST_DAY - timedelta(days=1), LAST_DAY]
    nothing_missed = DailyWish(since_september, SEPTEMBER_END, Settings())
    assert [dates.as_of_date for dates in missing_dates(nothing_missed)] == [SEPTEMBER_END]


def test_what_was_pruned_stays_away(since_september: Path) -> None:
    record = {"as_of_date": "2026-10-01", "known_on": "2026-10-01", "run": "0001"}
    pruned = since_september / "snapshots" / PRUNED
    pruned.write_text(json.dumps({"runs": [record]}))
    wish = DailyWish(since_september, OCTOBER_2, Settings())
    assert [dates.as_of_date for dates in missing_dates(wish)] == [OCTOBER_2]


def test_late_data_restates_what_the_settings_say(since_september: Path) -> None:
    def touched(**rule: Any) -> list[SnapshotDates]:
        return touched_dates(DailyWish(since_september, LAST_DAY, Settings(daily=Daily(**rule))))

    again = SnapshotDates(SEPTEMBER_END, LAST_DAY)
    assert touched(restate="month-ends") == [again]
    assert touched(restate="all") == [again]
    assert touched(restate="none") == []
    assert touched(restate_days=20) == []
    assert touched(restate_every_days=31) == [again]
    assert touched(restate_every_days=32) == []


def test_a_date_that_fails_does_not_stop_the_rest(since_september: Path) -> None:
    publish = Published(failing=frozenset({date(2026, 10, 1)}))
    outcome = daily(DailyWish(since_september, OCTOBER_2, Settings()), publish=publish)
    assert [str(dates.as_of_date) for dates in outcome.failed] == ["2026-10-01"]
    assert [done.run.dates.as_of_date for done in outcome.done] == [OCTOBER_2]


def test_where_nothing_is_missing_the_last_day_is_found_current(
    published_once: tuple[Path, SnapshotOutcome],
) -> None:
    outcome = daily(DailyWish(published_once[0], LAST_DAY, Settings()))
    assert [done.is_new for done in outcome.done] == [False]


def test_a_run_tells_of_an_odd_delivery_and_refuses_it_where_it_is_told_to(
    published_once: tuple[Path, object],
) -> None:
    data_dir, _ = published_once
    request = request_for(data_dir)
    ledger = open_store(data_dir).ledger()
    assert told_odd_arrivals(request, ledger) == []
    daily_rows = ledger.head(1).select("log", "arrived", "rows", "quarantined")
    made = [
        daily_rows.with_columns(
            arrived=LAST_DAY - timedelta(days=n), rows=100 if n == 0 else 1000, quarantined=0
        )
        for n in range(20)
    ]
    feed = made[0].vstack(made[1])
    for more in made[2:]:
        feed = feed.vstack(more)
    [said] = told_odd_arrivals(request, feed)
    assert "brought 100 rows on 2026-10-31, usual are 1,000" in said
    strict = replace(request, settings=Settings(deliveries=Deliveries(refuse_below=0.2)))
    with pytest.raises(InputRefused, match="allow-stopped-feeds"):
        told_odd_arrivals(strict, feed)
    assert told_odd_arrivals(replace(strict, allow_stopped_feeds=True), feed) == [said]
