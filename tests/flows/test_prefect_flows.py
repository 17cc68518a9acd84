"""The flows under Prefect, on a server of the test's own."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import ChecksRefused, InputRefused, Locked
from plainscore.common.lock import writer_lock
from plainscore.contracts import SnapshotDates
from plainscore.publish.runs import published_runs
from plainscore.publish.sets import read_manifest
from plainscore.runs import run
from plainscore.runs.run import SnapshotOutcome, SnapshotRun
from tests.flows.conftest import LAST_DAY

if TYPE_CHECKING:
    from tests.prefect_project import StartedAtOnce

Published = tuple[Path, SnapshotOutcome]
SEPTEMBER_END = date(2026, 9, 30)


@pytest.fixture(scope="module")
def prefect_server(
    prefect_home: "StartedAtOnce", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """One server for all flows here: starting it costs more than the flows."""
    from tests.prefect_project import server_of_ones_own

    home = tmp_path_factory.mktemp("prefect")
    for database in prefect_home.home.glob("prefect.db*"):
        shutil.copy(database, home)
    with server_of_ones_own(home) as api:
        yield api


def test_a_schedule_publishes_through_a_worker_and_a_killed_run_reaches_a_webhook(
    prefect_server: str, published_once: Published, tmp_path: Path
) -> None:
    from prefect.client.orchestration import get_client

    from plainscore.flows.alerting import alert_by, webhook_block
    from tests.prefect_project import (
        ENDED,
        LONG_ENOUGH_SECONDS,
        artifacts_of,
        deploy,
        first_run,
        make_project,
        posted_here,
        worker,
    )

    project = make_project(tmp_path, ["daily", "month-end"])
    shutil.copytree(published_once[0] / "events", project / "data" / "events")
    with worker(prefect_server, project), get_client(sync_client=True) as client:
        deploy(project)
        done = first_run(client, "daily/daily", ENDED)
        assert done.state is not None
        assert (done.state.type.value, done.auto_scheduled) == ("COMPLETED", True), done.state
        assert done.expected_start_time is not None
        yesterday = done.expected_start_time.astimezone(UTC).date() - timedelta(days=1)
        assert [one.dates.as_of_date for one in published_runs(project / "data")] == [yesterday]
        assert done.name == f"daily {yesterday}"
        artifacts = artifacts_of(done.id)
        assert "**content**" in artifacts["snapshot"]
        assert "points_sum_to_score" in artifacts["checks"]
        assert "examples" not in artifacts["checks"]
        assert artifacts["progress"] == 100
        assert {"ingest", "compute features", "publish"} <= _task_names()

        with posted_here() as (address, posted):
            alert_by(webhook_block(address), silent_hours=26)
            deployment = client.read_deployment_by_name("score-day/month-end")
            forced = {"as_of_date": str(LAST_DAY), "force": True}
            client.create_flow_run_from_deployment(deployment.id, parameters=forced)
            os.kill(_writer(project / "data"), signal.SIGKILL)
            crashed = posted.get(timeout=LONG_ENOUGH_SECONDS)
        assert crashed["subject"] == "plainscore.run.failed in data"
        # Its name may not have reached the server yet.
        assert "SIGKILL" in crashed["text"]


def _writer(data_dir: Path) -> int:
    """Return the process that runs score-day, once it writes."""
    import json

    for _ in range(3000):
        try:
            holder = json.loads((data_dir / ".lock").read_bytes())
            if holder["purpose"].startswith("run "):
                return int(holder["pid"])
        except ValueError:
            pass
        time.sleep(0.1)
    raise AssertionError("no run began to write")


def test_a_command_publishes_although_a_stage_fails_twice_on_the_disk(
    prefect_server: str, published: Published, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    from prefect.client.orchestration import get_client

    failures = iter([OSError("the disk was away"), OSError("and again"), None])
    stage_snapshot = run.stage_snapshot

    def stage_at_last(*arguments: Any) -> Any:
        failure = next(failures)
        if failure:
            raise failure
        return stage_snapshot(*arguments)

    monkeypatch.setattr(run, "stage_snapshot", stage_at_last)
    data_dir, _ = published
    dates = ["--as-of", str(SEPTEMBER_END), "--known-on", "2026-10-15"]
    line = ["run", *dates, "--scorecard", "reported_b", "--data", str(data_dir)]
    assert run_command_line(line) == 0
    made = published_runs(data_dir)[0]
    assert made.dates == SnapshotDates(SEPTEMBER_END, date(2026, 10, 15))
    assert [card["name"] for card in read_manifest(made)["scorecards"]] == ["reported_b"]
    with get_client(sync_client=True) as client:
        names = [run.name for run in client.read_flow_runs()]
    assert f"score-day {SEPTEMBER_END}" in names


def test_a_refused_check_fails_the_flow_with_its_own_error_and_is_not_tried_again(
    prefect_server: str, published: Published, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    from plainscore.flows.score_day import score_day

    data_dir, first = published
    checked: list[str] = []

    def refuse(_run: SnapshotRun, schema: str) -> None:
        checked.append(schema)
        if schema == "published":
            raise ChecksRefused("nothing was published")

    monkeypatch.setattr(SnapshotRun, "check", refuse)
    with pytest.raises(ChecksRefused, match="nothing was published"):
        score_day(SEPTEMBER_END, None, data_dir)
    assert checked.count("published") == 1
    assert [one.dates for one in published_runs(data_dir)] == [first.run.dates]


def test_a_backfill_fails_where_a_date_failed_and_publishes_the_rest(
    prefect_server: str, published: Published, quick: None
) -> None:
    from plainscore.flows.backfill import backfill
    from plainscore.runs.schedule import DatesFailed

    with pytest.raises(DatesFailed, match="1 of 2 dates failed.*\n2025-10-31: no event") as failed:
        backfill(date(2025, 10, 31), date(2025, 11, 30), "month", data=published[0])
    done = [one.run.dates.as_of_date for one in failed.value.outcome.done]
    assert done == [date(2025, 11, 30)]


def test_a_second_flow_learns_who_is_writing(prefect_server: str, delivered: Path) -> None:
    from plainscore.flows.score_day import score_day

    with writer_lock(delivered, "a first flow"), pytest.raises(Locked, match="a first flow"):
        score_day(LAST_DAY, None, delivered)


def test_a_restatement_ingests_what_is_new_and_publishes_nothing_without_late_data(
    prefect_server: str, delivered: Path
) -> None:
    from plainscore.flows.restate import restate

    outcome = restate(data=delivered)
    assert (outcome.done, outcome.failed) == ([], {})
    assert (delivered / "events" / "head.json").is_file()
    assert "ingest new files" in _task_names()


def test_a_refused_run_and_a_stale_snapshot_reach_a_webhook(
    prefect_server: str, published: Published
) -> None:
    from plainscore.flows.alerting import alert_by, webhook_block
    from plainscore.flows.score_day import score_day
    from plainscore.flows.upkeep import watch
    from tests.prefect_project import LONG_ENOUGH_SECONDS, posted_here

    data_dir, _ = published
    with posted_here() as (address, posted):
        alert_by(webhook_block(address), silent_hours=26)
        with pytest.raises(InputRefused):
            score_day(date(2025, 10, 31), None, data_dir)
        refused = posted.get(timeout=LONG_ENOUGH_SECONDS)
        assert refused["subject"] == f"plainscore.run.refused in {data_dir.name}"
        assert "score-day 2025-10-31: no event is known" in refused["text"]
        assert [one.kind for one in watch(data=data_dir)] == ["stale"]
        stale = posted.get(timeout=LONG_ENOUGH_SECONDS)["text"]
        assert "the newest snapshot is of 2026-10-31" in stale


def _task_names() -> set[str]:
    from prefect.client.orchestration import get_client

    async def read() -> set[str]:
        async with get_client() as client:
            return {str(one.name) for one in await client.read_task_runs()}

    return asyncio.run(read())
