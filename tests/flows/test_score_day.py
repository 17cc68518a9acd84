"""One snapshot, from delivery to publication, without Prefect."""

import json
import os
import re
import shutil
import signal
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import ChecksRefused, InputRefused
from plainscore.common.lock import writer_lock
from plainscore.common.signals import Interrupted
from plainscore.contracts import SnapshotDates
from plainscore.publish.runs import Run, published_runs
from plainscore.publish.sets import read_manifest
from plainscore.runs import run
from plainscore.runs.ledger import entry_file, read_entry
from plainscore.runs.run import SnapshotOutcome, SnapshotRun, score_day
from plainscore.runs.schedule import publish_in_process
from tests.flows.conftest import LAST_DAY, ForcedRun, request_for

Published = tuple[Path, SnapshotOutcome]
quickly = pytest.mark.usefixtures("quick")


def test_every_score_is_the_base_and_its_points(published_once: Published) -> None:
    with _catalog(published_once[0]) as con:
        features = [row[0] for row in con.execute("select feature from dim_feature").fetchall()]
        assert len(features) == 35
        wrong = con.execute(
            f"select count(*) from score_all join points_all using (person_id, as_of_date, "
            f"known_on, scorecard, run) where score <> 350 + {' + '.join(features)}"
        ).fetchone()
        scored = con.execute("select count(score) from score_all").fetchone()
    assert wrong == (0,)
    assert scored is not None
    assert scored[0] > 200


def test_a_second_run_finds_the_first_current(published: Published) -> None:
    data_dir, first = published
    noted = entry_file(data_dir, first.run.dates).read_bytes()
    again = score_day(request_for(data_dir))
    assert not again.is_new
    assert again.run.name == first.run.name
    assert entry_file(data_dir, first.run.dates).read_bytes() == noted


def test_a_forced_run_has_the_same_content(forced: ForcedRun) -> None:
    again, first = _content(forced.run), _content(forced.first.run)
    unlike = {name for name, made in again.items() if made != first[name]}
    assert unlike == {"check_result"}, "quick runs make no checks"
    assert [run.name for run in published_runs(forced.data_dir)] == ["0001", "0002"]


@quickly
def test_a_file_for_an_older_day_makes_a_further_run_and_one_that_arrives_later_does_not(
    published: Published,
) -> None:
    data_dir, first = published
    event = {
        "event_id": "late", "event_time": "2026-10-01", "person_id": "newcomer",
        "event_type": "deposit", "amount": 1,
    }  # fmt: skip
    people = read_manifest(first.run)["people"]
    for arrived, is_new in (("2026-11-02", False), ("2026-10-15", True)):
        folder = data_dir / "landing" / "payment" / f"arrived={arrived}"
        folder.mkdir(exist_ok=True)
        (folder / "late.ndjson").write_text(json.dumps(event | {"event_id": arrived}) + "\n")
        again = score_day(request_for(data_dir))
        assert again.is_new == is_new
        assert read_manifest(again.run)["people"] == people + is_new


def test_a_failed_check_publishes_nothing_and_keeps_the_last_good_snapshot(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir, first = published

    build, check = SnapshotRun.build, SnapshotRun.check

    def add_a_point(run: SnapshotRun, schema: str) -> None:
        build(run, schema)
        if schema == "scores":
            run.engine.con.execute("update scores.score set score = score + 1")

    def check_scores(run: SnapshotRun, schema: str) -> Any:
        return check(run, schema) if schema == "scores" else []

    monkeypatch.setattr(SnapshotRun, "build", add_a_point)
    monkeypatch.setattr(SnapshotRun, "check", check_scores)
    with pytest.raises(ChecksRefused, match="points_sum_to_score"):
        score_day(request_for(data_dir, force=True))
    assert [run.name for run in published_runs(data_dir)] == ["0001"]
    assert not list((data_dir / "snapshots" / "_staging").glob("*/*/*.parquet"))
    attempt = read_entry(data_dir, first.run.dates).unfinished
    assert attempt is not None
    assert attempt.broken_stage is not None
    assert (attempt.broken_stage.stage, attempt.broken_stage.outcome) == ("scores", "refused")
    reason = attempt.broken_stage.reason
    assert reason is not None
    assert reason.startswith("checks of scores failed: facts.every_score_in_its_band: ")
    assert reason.endswith("and 1 more")


@quickly
@pytest.mark.parametrize("swallower", ["build", "check", "stage_snapshot"])
def test_an_interruption_that_a_stage_swallowed_publishes_nothing(
    published: Published, monkeypatch: pytest.MonkeyPatch, swallower: str
) -> None:
    data_dir, first = published

    def swallow(*_: Any) -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        raise ChecksRefused("a check that was interrupted looks like a failed one")

    owner = run if swallower == "stage_snapshot" else SnapshotRun
    monkeypatch.setattr(owner, swallower, swallow)
    with pytest.raises(Interrupted), writer_lock(data_dir, "run"):
        score_day(request_for(data_dir, force=True))
    assert [one.name for one in published_runs(data_dir)] == ["0001"]
    attempt = read_entry(data_dir, first.run.dates).unfinished
    assert attempt is not None
    assert attempt.stages[-1].outcome == "interrupted"


@quickly
def test_a_refused_file_stops_its_days_and_later_ones_only(published: Published) -> None:
    data_dir, _ = published
    bad = data_dir / "landing" / "payment" / "arrived=2026-10-20"
    bad.mkdir(exist_ok=True)
    (bad / "cut.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputRefused, match=r"cut\.parquet.*"):
        score_day(request_for(data_dir))
    assert len(published_runs(data_dir)) == 1
    assert score_day(request_for(data_dir, date(2026, 9, 30))).is_new
    skipped = score_day(request_for(data_dir, skip_refused=True))
    assert read_manifest(skipped.run)["skipped_refused_files"] == [
        "payment/arrived=2026-10-20/cut.parquet"
    ]


@quickly
def test_a_feed_that_stopped_is_told_from_people_who_stopped(
    delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(delivered / "landing" / "service")
    monkeypatch.setenv("PLAINSCORE__ARRIVAL_LIMIT_DAYS__SERVICE", "30")
    with pytest.raises(InputRefused, match="service log had no arrivals at all"):
        score_day(request_for(delivered))
    assert score_day(request_for(delivered, allow_stopped_feeds=True)).is_new
    assert run_command_line(["verify", "--data", str(delivered)]) == 0
    assert run_command_line(["status", "--data", str(delivered)]) == 0


@quickly
def test_a_day_before_anything_has_no_snapshot_and_does_not_stop_a_backfill(
    published: Published,
) -> None:
    request, day = request_for(published[0]), date(2001, 1, 31)
    dates = [SnapshotDates(day, day), SnapshotDates(day, LAST_DAY), request.dates]
    outcome = publish_in_process([dates], request)
    first = r"nothing had arrived by then, the first files arrived on 20\d\d-.*--known-on 20"
    assert re.search(first, outcome.failed.pop(dates[0]))
    assert "has a later date" in outcome.failed.pop(dates[1])
    assert (outcome.failed, [done.run.dates for done in outcome.done]) == ({}, dates[2:])


def _catalog(data_dir: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True)


def _content(run: Run) -> dict[str, str]:
    tables = read_manifest(run)["tables"]
    return {name: table["content_hash"] for name, table in tables.items()}
