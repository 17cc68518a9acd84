"""What a plan says of a date: the published sample, and what may have changed since."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from plainscore.cli.operate import plan
from plainscore.contracts import SnapshotDates
from plainscore.runs import schedule
from plainscore.runs.inputs import late_events
from plainscore.runs.ledger import Entry, RunAttempt, StageRecord, entry_file, write_entry
from plainscore.runs.pipeline import read_request
from plainscore.runs.plan import (
    DatePlan,
    Planner,
    look_at_arrivals,
    stages_with_reasons,
)
from plainscore.runs.run import SnapshotOutcome
from plainscore.settings import Settings
from plainscore.store.event_store import open_store
from tests.flows.conftest import LAST_DAY

Published = tuple[Path, SnapshotOutcome]
DATES = SnapshotDates(LAST_DAY, LAST_DAY)
OLDER_FILE = "payment/arrived=2026-10-15/found-later.ndjson"
NOTES = "payment/arrived=2026-10-15/notes.txt"
UNREADABLE = "payment/arrived=2026-10-15/cut.parquet"


def planned(data_dir: Path, as_of_date: date = LAST_DAY, **wishes: object) -> DatePlan:
    request = read_request(as_of_date, None, data_dir, **wishes)  # type: ignore[arg-type]
    planner = Planner(data_dir, request.settings, look_at_arrivals(data_dir))
    return planner.plan(request)


def told(one: DatePlan) -> list[tuple[str, str]]:
    return [(reason.stage, str(reason)) for reason in one.reasons]


def deliver(data_dir: Path, file: str, content: str = "{}\n") -> None:
    path = data_dir / "landing" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_a_date_that_is_published_and_current_has_nothing_to_do(published_once: Published) -> None:
    one = planned(published_once[0])
    assert (one.action, one.reasons, one.first_stage) == ("nothing", [], None)
    assert one.run is not None
    assert stages_with_reasons(one.reasons) == []


def test_planning_writes_nothing(published: Published) -> None:
    data_dir, _ = published
    deliver(data_dir, OLDER_FILE)
    before = _all_files(data_dir)
    plan(data=data_dir)
    assert _all_files(data_dir) == before


def planned_dates(data_dir: Path, lag_days: int) -> list[SnapshotDates]:
    settings = Settings(arrival_lag_days=lag_days)
    newest = look_at_arrivals(data_dir).newest_day
    return schedule.published_dates(data_dir, settings, newest)


def _all_files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != ".lock"}


@pytest.mark.parametrize(
    ("file", "skip_refused", "action", "reason"),
    [
        (OLDER_FILE, False, "publish", f"new input (1 file: {OLDER_FILE})"),
        ("payment/arrived=2026-11-02/late.ndjson", False, "nothing", ""),
        (NOTES, False, "refused", f"refused files block it, 1 file: {NOTES}"),
        (NOTES, True, "publish", "other files skipped (0 before, now 1)"),
        (UNREADABLE, False, "refused", f"refused files block it, 1 file: {UNREADABLE}"),
    ],
)
def test_a_file_that_was_delivered_since_is_told_by_its_day(
    published: Published, file: str, skip_refused: bool, action: str, reason: str
) -> None:
    deliver(published[0], file)
    one = planned(published[0], skip_refused=skip_refused)
    assert (one.action, told(one)) == (action, [("ingest", reason)] if reason else [])
    if action == "publish":
        stages = stages_with_reasons(one.reasons)
        assert [stage["why"] for stage in stages][1:] == ["follows"] * 7


def test_input_that_was_ingested_since_is_named_too(published: Published) -> None:
    data_dir, _ = published
    _edit(entry_file(data_dir, DATES), lambda said: said["published"].update(last_file_no=0))
    _edit_manifest(published, lambda said: said["input"].update(sha256="before", file_count=1))
    (reason,) = planned(data_dir).reasons
    assert (reason.stage, reason.reason) == ("raw", "new input")
    assert "files: " in reason.detail
    entry_file(data_dir, DATES).unlink()
    (reason,) = planned(data_dir).reasons
    assert "which ones, the ledger has lost" in reason.detail


def test_changed_code_is_told_by_the_first_stage_that_differs(published: Published) -> None:
    data_dir, _ = published

    def change_from_features_on(said: dict[str, dict[str, list[dict[str, str]]]]) -> None:
        for stage in said["published"]["stages"][3:]:
            stage["code_hash"] = "before"

    _edit(entry_file(data_dir, DATES), change_from_features_on)
    one = planned(data_dir)
    assert told(one) == [("features", "changed code (first in features)")]
    assert [stage["why"] for stage in stages_with_reasons(one.reasons)] == [
        "again", "again", "again", "changed code (first in features)", *["follows"] * 4,
    ]  # fmt: skip


def test_changed_code_is_seen_without_a_ledger_too(published: Published) -> None:
    data_dir, _ = published
    entry_file(data_dir, DATES).unlink()
    assert planned(data_dir).action == "nothing"
    _edit_manifest(published, lambda said: said["code"].update(hash="before"))
    assert told(planned(data_dir)) == [("raw", "changed code (where, the ledger has lost)")]


def test_another_scorecard_is_told_apart_from_changed_code(published_once: Published) -> None:
    (reason,) = planned(published_once[0], scorecards=("standard_3",)).reasons
    assert (reason.stage, reason.reason) == ("scores", "changed scorecard")
    assert reason.detail == "standard_3 3.0.0, reported_b_3 3.0.0 before, now standard_3 3.0.0"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            StageRecord("staging", "refused", "checks failed"),
            "refused before (at staging: checks failed)",
        ),
        (StageRecord("staging"), "interrupted before (at staging)"),  # it was killed
    ],
)
def test_a_try_that_ended_without_a_run_is_told_with_its_reason(
    published: Published, broken: StageRecord, said: str
) -> None:
    data_dir, _ = published
    dates = SnapshotDates(date(2026, 9, 30), date(2026, 9, 30))
    attempt = RunAttempt("then", stages=[StageRecord("raw", "done"), broken])
    write_entry(data_dir, Entry(dates, unfinished=attempt))
    reasons = [("raw", "not published yet"), ("staging", said)]
    assert told(planned(data_dir, dates.as_of_date)) == reasons


def test_a_day_before_anything_arrived_would_be_refused(published_once: Published) -> None:
    one = planned(published_once[0], date(2001, 1, 31))
    assert one.action == "refused"
    assert told(one)[0][0] == "ingest"
    assert told(one)[0][1].startswith("nothing had arrived by 2001-01-31, the first files")


def test_without_dates_everything_published_is_planned_and_the_last_month_end(
    published: Published,
) -> None:
    data_dir, _ = published
    assert planned_dates(data_dir, 0) == [DATES]
    shutil.copytree(
        data_dir / "snapshots" / "as_of_date=2026-10-31",
        data_dir / "snapshots" / "as_of_date=2026-10-15",
    )
    deliver(data_dir, "payment/arrived=2026-12-01/late.ndjson")
    assert planned_dates(data_dir, 3) == [
        SnapshotDates(date(2026, 10, 15), LAST_DAY),
        DATES,
        SnapshotDates(date(2026, 11, 30), date(2026, 12, 3)),
    ]


@pytest.mark.parametrize("until", [None, date(2026, 9, 30)])
def test_late_are_events_that_happened_by_the_date_and_arrived_after_it_was_known(
    published_once: Published, until: date | None
) -> None:
    store = open_store(published_once[0])
    asked = [
        SnapshotDates(date(2026, 6, 30), date(2026, 6, 30)),
        SnapshotDates(date(2026, 8, 31), date(2026, 8, 1)),
        DATES,
    ]
    found = late_events(store, asked, until)
    expected: dict[SnapshotDates, dict[str, int]] = {}
    for log in ("profile", "purchase", "payment", "service", "friendship"):
        for dates in asked:
            with duckdb.connect() as con:
                row = con.execute(
                    "select count(*) from read_parquet(?) where event_date <= ? and arrived > ? "
                    "and arrived <= ?",
                    [store.files(log), dates.as_of_date, dates.known_on, until or date.max],
                ).fetchone()
            if row is not None and row[0]:
                expected.setdefault(dates, {})[log] = row[0]
    assert found == expected
    assert found


def test_a_plan_as_json_says_every_stage_and_why(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir, _ = published
    deliver(data_dir, OLDER_FILE)
    deliver(data_dir, "payment/arrived=2026-11-02/late.ndjson")
    assert plan(data=data_dir, output_format="json") is None
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["action"], row["run"], row["from_stage"]) == ("publish", "0001", "ingest")
    assert row["stages"][0] == {"stage": "ingest", "why": f"new input (1 file: {OLDER_FILE})"}
    assert row["files_to_ingest_by_day"] == {"2026-11-02": 1}


def _edit(file: Path, change: Callable[[dict[str, dict[str, list[dict[str, str]]]]], None]) -> None:
    said = json.loads(file.read_text())
    change(said)
    file.write_text(json.dumps(said))


def _edit_manifest(published: Published, change: Callable[..., None]) -> None:
    data_dir, outcome = published
    _edit(data_dir / "snapshots" / outcome.run.relative_folder / "manifest.json", change)
