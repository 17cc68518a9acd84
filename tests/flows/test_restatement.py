"""Late data: it changes nothing that is published, and is restated beside it."""

import json
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.options import Publishing
from plainscore.cli.run import restate
from plainscore.common.files import file_sha256
from plainscore.contracts import SnapshotDates
from plainscore.publish.runs import published_runs
from plainscore.publish.sets import read_manifest
from plainscore.runs.calendar import DateRange
from plainscore.runs.run import SnapshotOutcome
from plainscore.runs.schedule import stale_dates
from tests.flows.conftest import LAST_DAY

Published = tuple[Path, SnapshotOutcome]
pytestmark = pytest.mark.usefixtures("quick")
ARRIVED = date(2026, 11, 2)


def deliver_late(data_dir: Path, event_time: str) -> None:
    event = {
        "event_id": "late", "event_time": event_time, "person_id": "newcomer",
        "event_type": "deposit", "amount": 1,
    }  # fmt: skip
    late = data_dir / "landing" / "payment" / f"arrived={ARRIVED}" / "late.ndjson"
    late.parent.mkdir(parents=True, exist_ok=True)
    late.write_text(json.dumps(event) + "\n")


def files_of(folder: Path) -> dict[Path, str]:
    return {file: file_sha256(file) for file in folder.rglob("*") if file.is_file()}


def test_late_data_is_restated_beside_what_was_published_and_only_once(
    published: Published,
) -> None:
    data_dir, first = published
    folder = data_dir / "snapshots" / "as_of_date=2026-10-31" / "known_on=2026-10-31"
    before = files_of(folder)
    deliver_late(data_dir, "2026-10-31T23:59:59Z")
    assert restate(data=data_dir, publishing=Publishing(no_prefect=True)) == 0
    runs = published_runs(data_dir)
    assert [run.dates for run in runs] == [
        SnapshotDates(LAST_DAY, LAST_DAY),
        SnapshotDates(LAST_DAY, ARRIVED),
    ]
    assert files_of(folder) == before
    assert read_manifest(runs[1])["people"] == read_manifest(first.run)["people"] + 1
    assert stale_dates(data_dir, DateRange()) == []
    assert restate(data=data_dir) == 0
    assert len(published_runs(data_dir)) == 2


def test_what_arrived_later_and_happened_later_touches_no_date(published: Published) -> None:
    data_dir, _ = published
    deliver_late(data_dir, "2026-11-01T00:00:00Z")
    assert restate(data=data_dir, publishing=Publishing(no_prefect=True)) == 0
    assert len(published_runs(data_dir)) == 1


def test_a_span_and_a_day_choose_what_is_restated(
    published_once: Published, tmp_path: Path
) -> None:
    data_dir, _ = published_once
    (tmp_path / "events").symlink_to(data_dir / "events")
    for month_end in ("2026-06-30", "2026-07-31", "2026-08-31"):
        run = f"snapshots/as_of_date={month_end}/known_on={month_end}/run=0001"
        (tmp_path / run).mkdir(parents=True)
    everything = stale_dates(tmp_path, DateRange())
    assert [one.as_of_date.month for one in everything] == [6, 7, 8]
    assert {one.known_on for one in everything} == {LAST_DAY}
    july = stale_dates(tmp_path, DateRange(date(2026, 7, 1), date(2026, 7, 31), date(2026, 8, 31)))
    assert july == [SnapshotDates(date(2026, 7, 31), date(2026, 8, 31))]
    assert stale_dates(tmp_path, DateRange(known_on=date(2026, 6, 30))) == []
