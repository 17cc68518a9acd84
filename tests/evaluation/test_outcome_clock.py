"""An outcome is known once it was delivered: no one is bad whose payment is only on its way."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plainscore.analysis.evaluation import OutcomeClock
from plainscore.cli.app import run_command_line
from plainscore.contracts import SnapshotDates
from plainscore.publish.catalog import rebuild_catalog
from plainscore.runs.run import ingest_new_files
from plainscore.settings import read_settings
from plainscore.show.reader import open_snapshots
from plainscore.store.event_store import open_store
from tests.evaluation.monthly import DAY, PEOPLE, deliver, deliver_months, event, events
from tests.quick_runs import quick_runs

JUDGED = date(2026, 5, 31)
MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
SETTINGS = 'scorecards = ["everyone"]\nreport = false\n'
TWO_FOLDERS = """
[sources.{folder}]
[[sources.{folder}.events]]
log = "payment"
{fields}
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "plainscore.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def clock(data: Path, **settings: Any) -> OutcomeClock:
    found = read_settings(data, **settings)
    assert ingest_new_files(data, found).refused == []
    return OutcomeClock(open_store(data), found)


def known_on(data: Path, **settings: Any) -> date | None:
    seen = clock(data, **settings).of(SnapshotDates(DAY, DAY)).seen
    assert seen is None or seen.as_of_date == JUDGED
    return seen and seen.known_on


def outcomes() -> list[tuple[Any, ...]]:
    with open_snapshots(Path("data")) as snapshots:
        return snapshots.rows(
            "select count(*), count(*) filter (where is_bad), max(outcome_date), "
            "max(outcome_known_on) from outcome"
        )


def events_of_may() -> list[dict[str, object]]:
    return [one for one in events(JUNE) if str(one["event_time"]) >= str(MAY)]


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The months up to May, and the day published; no test may write into it."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "plainscore.toml").write_text(SETTINGS)
    with quick_runs(), pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        deliver_months(Path("data"), MAY)
        assert run_command_line(["run", "--as-of", str(DAY), "--plain"]) == 0
    return folder / "data"


@pytest.fixture
def published(published_once: Path, data: Path) -> Iterator[Path]:
    """A copy of it, to write into."""
    shutil.copytree(published_once, data)
    with quick_runs():
        rebuild_catalog(data)
        yield data


def test_no_one_who_pays_15_days_late_is_bad_and_evaluating_too_early_is_refused(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["evaluate"]) == 0
    waits = f"known from {JUDGED}, once payment/ brings payment events up to {JUDGED}"
    said = capsys.readouterr().err
    assert f"{waits} (it brought something last on {MAY}, events up to 2026-04-30" in said
    assert run_command_line(["evaluate", "--as-of", str(DAY)]) == 5
    assert waits in capsys.readouterr().err
    deliver(published, JUNE, events_of_may())
    assert run_command_line(["ingest"]) == 0
    assert run_command_line(["evaluate", "--as-of", str(DAY)]) == 0
    assert "Bad: who let a bill that fell due in the 90 days" in capsys.readouterr().out
    assert outcomes() == [(len(PEOPLE), 0, JUDGED, JUNE)]


def test_who_does_not_pay_is_bad(published: Path) -> None:
    may = events_of_may()
    # Due on the 20th of April, paid on the 5th of May by everyone else of that day.
    unpaid = [one for one in may if one["event_id"] != "payment p15 2026-04"]
    assert len(unpaid) == len(may) - 1
    deliver(published, JUNE, unpaid)
    assert run_command_line(["ingest"]) == 0
    assert run_command_line(["evaluate"]) == 0
    assert outcomes() == [(len(PEOPLE), 1, JUDGED, JUNE)]


def test_other_logs_and_corrections_of_past_months_make_nothing_known(data: Path) -> None:
    deliver_months(data, MAY)
    late = {"person_id": "p01", "counterparty_id": "p02", "amount": "1.00"}
    deliver(data, JUDGED, [event("transfer", date(2026, 4, 29), late)])
    opened = event("opened", JUDGED, {"person_id": "p01"})
    deliver(data, JUDGED, [opened], folder="profile")
    assert known_on(data) is None


def test_later_deliveries_do_not_move_the_day(data: Path) -> None:
    deliver_months(data, JUNE)
    assert known_on(data) == JUNE
    deliver(data, date(2026, 6, 15), [])
    day = date(2026, 6, 20)
    late = {"person_id": "p01", "counterparty_id": "p02", "amount": "1.00"}
    deliver(data, day, [event("transfer", date(2026, 4, 29), late)], folder="late")
    Path("plainscore.toml").write_text(source("late"))
    assert known_on(data) == JUNE


def test_the_lag_is_waited_for(data: Path) -> None:
    deliver_months(data, JULY)
    assert known_on(data, arrival_lag_days=1) == JUNE
    assert known_on(data, arrival_lag_days=2) == JULY
    assert known_on(data, arrival_lag_days=32) is None
    waits = clock(data, arrival_lag_days=32).of(SnapshotDates(DAY, DAY))
    assert waits.message.endswith("known from 2026-07-02, once something arrives in payment/ on "
                                  "2026-07-02 or later")  # fmt: skip


def test_a_snapshot_that_was_known_later_is_judged_by_what_was_known_then(data: Path) -> None:
    deliver_months(data, JULY)
    day = JUNE + timedelta(days=3)
    assert clock(data).of(SnapshotDates(DAY, day)).seen == SnapshotDates(JUDGED, day)


def test_events_are_waited_for_up_to_the_very_day_on_which_outcomes_are_judged(data: Path) -> None:
    deliver_months(data, MAY)
    may = events_of_may()
    of_last_day = [one for one in may if one["event_time"] == JUDGED]
    assert {one["event_type"] for one in of_last_day} == {"payment"}
    deliver(data, JUNE, [one for one in may if one not in of_last_day])
    assert known_on(data) is None
    deliver(data, JUNE + timedelta(days=1), of_last_day)
    assert known_on(data) == JUNE + timedelta(days=1)


def source(folder: str) -> str:
    names = ("event_id", "event_time", "person_id", "event_type", "bill_id", "bill_type",
             "amount", "due_date", "counterparty_id")  # fmt: skip
    has = [name for name in names if folder != "late" or name[:4] not in ("bill", "due_")]
    has = [name for name in has if folder == "late" or name != "counterparty_id"]
    has = [name for name in has if folder != "paid" or name not in ("bill_type", "due_date")]
    fields = "\n".join(f'{name} = {{ from = "{name}" }}' for name in has)
    return TWO_FOLDERS.format(folder=folder, fields=fields)


def test_every_folder_that_feeds_a_log_is_waited_for_unless_it_has_ended(data: Path) -> None:
    """Bills of a system that delivers daily, payments of another that delivers monthly."""
    Path("plainscore.toml").write_text(source("billed") + source("paid"))
    for one in events(JUNE):
        if one["event_type"] == "bill" and one["person_id"] == "p00":
            deliver(data, date.fromisoformat(str(one["event_time"])), [one], "billed")
    daily = {"bill_id": "x", "amount": "1.00", "bill_type": "card", "due_date": JULY}
    deliver(data, JUDGED, [event("bill", JUDGED, {"person_id": "p00", **daily})], "billed")
    deliver_months(data, MAY, "payment", "paid")
    assert known_on(data) is None
    assert known_on(data, ended_sources=["paid"]) == JUDGED
    may = events_of_may()
    deliver(data, JUNE, [one for one in may if one["event_type"] == "payment"], "paid")
    assert known_on(data) == JUNE


def test_payments_are_waited_for_where_bills_of_the_same_folder_arrive_earlier(data: Path) -> None:
    deliver_months(data, MAY)
    bills = [one for one in events_of_may() if one["event_type"] == "bill"]
    common = {"bill_type": "card", "due_date": JULY, "amount": "1.00", "person_id": "p00"}
    bills += [
        event("bill", date(2026, 5, day), {"bill_id": f"x{day}", **common}) for day in (20, 31)
    ]
    deliver(data, JUDGED, bills)
    waits = clock(data).of(SnapshotDates(DAY, DAY))
    assert waits.seen is None
    assert "once payment/ brings payment events (none since 2026-04-30" in waits.message
    assert known_on(data, ended_sources=["payment/payment"]) == JUDGED
    paid = [one for one in events_of_may() if one["event_type"] == "payment"]
    deliver(data, JUNE, paid)
    assert known_on(data) == JUNE


def test_a_log_that_never_arrived_is_named(data: Path) -> None:
    opened = event("opened", JUDGED, {"person_id": "p01"})
    deliver(data, JULY, [opened], folder="profile")
    assert (
        clock(data)
        .of(SnapshotDates(DAY, DAY))
        .message.endswith(f"known from {JUDGED}, once events of the payment log arrive")
    )
