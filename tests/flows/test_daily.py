"""The daily run does what is missing, whatever became of the days before."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plainscore.common.errors import InputRefused
from plainscore.contracts import SnapshotDates
from plainscore.logs import IngestReport
from plainscore.publish.runs import PRUNED, Run
from plainscore.runs import schedule
from plainscore.runs.inputs import check_deliveries
from plainscore.runs.pipeline import SnapshotRequest
from plainscore.runs.run import SnapshotOutcome
from plainscore.runs.schedule import (
    daily_rounds,
    missing_dates,
    publish_in_process,
    stale_by_rule,
)
from plainscore.settings import Daily, Deliveries, Settings
from plainscore.store.event_store import open_store
from tests.flows.conftest import LAST_DAY, request_for
from tests.made_once import copy_ingested_sample
from tests.publish.invented import SEPTEMBER
from tests.publish.invented import published as invented_snapshot

SEPTEMBER_END = SEPTEMBER.as_of_date
OCTOBER_1, OCTOBER_2 = date(2026, 10, 1), date(2026, 10, 2)


@pytest.fixture
def since_september(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """The sample taken in, and a snapshot of the end of September."""
    copy_ingested_sample(tmp_path_factory, tmp_path)
    invented_snapshot(tmp_path, SEPTEMBER)
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SnapshotDates]:
    """What the daily run publishes; nothing is, and the first of October fails."""
    dates: list[SnapshotDates] = []

    def publish(request: SnapshotRequest, *_: Any) -> SnapshotOutcome:
        dates.append(request.dates)
        if request.dates.as_of_date == OCTOBER_1:
            raise InputRefused("a file is cut short")
        return SnapshotOutcome(Run(request.dates, 1, request.data_dir), True, IngestReport())

    monkeypatch.setattr(schedule, "score_day", publish)
    return dates


def missing(data_dir: Path, settings: Settings, last_day: date) -> list[date]:
    return [one.as_of_date for one in missing_dates(data_dir, settings, last_day)]


def test_missed_days_are_published_and_one_that_fails_does_not_stop_the_rest(
    since_september: Path, asked: list[SnapshotDates]
) -> None:
    rounds = daily_rounds(since_september, Settings(), OCTOBER_2)
    outcome = publish_in_process(rounds, request_for(since_september, OCTOBER_2))
    assert asked[:2] == [SnapshotDates(day, day) for day in (OCTOBER_1, OCTOBER_2)]
    assert [dates.as_of_date for dates in outcome.failed] == [OCTOBER_1]
    assert [done.run.dates.as_of_date for done in outcome.done] == [OCTOBER_2]
    assert outcome.exit_code == 6


def test_no_further_back_than_the_settings_say_and_the_last_day_always(
    since_september: Path,
) -> None:
    settings = Settings(daily=Daily(catch_up_days=2))
    days = missing(since_september, settings, LAST_DAY)
    assert days == [LAST_DAY - timedelta(days=2), LAST_DAY - timedelta(days=1), LAST_DAY]
    assert missing(since_september, Settings(), SEPTEMBER_END) == [SEPTEMBER_END]


def test_what_was_pruned_stays_away(since_september: Path) -> None:
    record = {"as_of_date": "2026-10-01", "known_on": "2026-10-01", "run": "0001"}
    pruned = since_september / "snapshots" / PRUNED
    pruned.write_text(json.dumps({"runs": [record]}))
    assert missing(since_september, Settings(), OCTOBER_2) == [OCTOBER_2]


def test_late_data_restates_what_the_settings_say(since_september: Path) -> None:
    def stale(**rule: Any) -> list[SnapshotDates]:
        settings = Settings(daily=Daily(**rule))
        return stale_by_rule(since_september, settings, LAST_DAY)

    again = SnapshotDates(SEPTEMBER_END, LAST_DAY)
    assert stale(restate="month-ends") == [again]
    assert stale(restate="all") == [again]
    assert stale(restate="none") == []
    assert stale(restate_days=20) == []
    assert stale(restate_every_days=31) == [again]
    assert stale(restate_every_days=32) == []


def test_where_nothing_is_missing_the_last_day_is_found_current(
    published_once: tuple[Path, SnapshotOutcome],
) -> None:
    data_dir, _ = published_once
    rounds = daily_rounds(data_dir, Settings(), LAST_DAY)
    outcome = publish_in_process(rounds, request_for(data_dir))
    assert [done.is_new for done in outcome.done] == [False]


def test_a_run_tells_of_an_odd_delivery_and_refuses_it_where_it_is_told_to(
    published_once: tuple[Path, object],
) -> None:
    data_dir, _ = published_once
    request = request_for(data_dir)
    ledger = open_store(data_dir).ledger()
    assert check_deliveries(request, ledger) == []
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
    [said] = check_deliveries(request, feed)
    assert "brought 100 rows on 2026-10-31, usual are 1,000" in said
    strict = replace(request, settings=Settings(deliveries=Deliveries(refuse_below=0.2)))
    with pytest.raises(InputRefused, match="allow-stopped-feeds"):
        check_deliveries(strict, feed)
    assert check_deliveries(replace(strict, allow_stopped_feeds=True), feed) == [said]
