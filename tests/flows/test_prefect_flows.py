"""The flows under Prefect, on a server of the test's own."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plainscore.common.errors import ChecksRefused, InputRefused, Locked
from plainscore.common.lock import writer_lock
from plainscore.publish.runs import published_runs
from tests.flows.conftest import LAST_DAY


@pytest.fixture(scope="module")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all flows here: starting it costs more than the flows."""
    from tests.prefect_project import server_of_ones_own

    with server_of_ones_own(tmp_path_factory.mktemp("prefect")) as api:
        yield api


def test_the_daily_snapshot_is_published_by_its_schedule_through_a_worker(
    prefect_server: str, tmp_path: Path
) -> None:
    from prefect.client.orchestration import get_client

    from plainscore.flows.scheduling.loopback import deploy, loopback_worker, make_pool
    from tests.prefect_project import ENDED, artifacts_of, first_run, make_project

    project = make_project(tmp_path, ["daily"])
    make_pool("plainscore", prefect_server)
    deploy(prefect_server, project / "prefect.yaml", project)
    with loopback_worker("plainscore", prefect_server), get_client(sync_client=True) as client:
        run = first_run(client, "daily/daily", ENDED)
    assert run.state is not None
    assert (run.state.type.value, run.auto_scheduled) == ("COMPLETED", True), run.state.message
    assert run.expected_start_time is not None
    yesterday = run.expected_start_time.astimezone(UTC).date() - timedelta(days=1)
    assert [one.dates.as_of_date for one in published_runs(project / "data")] == [yesterday]
    assert run.name == f"daily {yesterday}"
    artifacts = artifacts_of(run.id)
    assert "**content**" in artifacts["snapshot"]
    assert "points_sum_to_score" in artifacts["checks"]
    assert "examples" not in artifacts["checks"]
    assert artifacts["progress"] == 100
    assert {"take_in_new_files", "build_stage features", "check_stage published"} <= _task_names()


def test_a_step_that_fails_twice_on_the_disk_is_tried_again(
    prefect_server: str, delivered: Path, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    from plainscore.flows import prefect_flows
    from plainscore.flows.scheduling import tasks
    from plainscore.runs import score_day
    from plainscore.runs.steps import stage_files

    failures = iter([OSError("the disk was away"), OSError("and again"), None])

    def stage_files_at_last(house: Any) -> Any:
        failure = next(failures)
        if failure:
            raise failure
        return stage_files(house)

    monkeypatch.setattr(score_day, "stage_files", stage_files_at_last)
    monkeypatch.setattr(tasks, "WRITES", (stage_files_at_last,))
    assert prefect_flows.score_day_flow(LAST_DAY, None, delivered).is_new


def test_a_refused_check_fails_the_flow_with_its_own_error(
    prefect_server: str, delivered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plainscore.flows.prefect_flows import score_day_flow
    from plainscore.runs import score_day
    from plainscore.runs.steps import build_stage, check_stage

    def build_wrongly(house: Any, schema: str) -> None:
        build_stage(house, schema)
        if schema == "scores":
            house.running.con.execute("update scores.score set score = 351")

    def check_scores(house: Any, schema: str) -> Any:
        return check_stage(house, schema) if schema == "scores" else []

    monkeypatch.setattr(score_day, "build_stage", build_wrongly)
    monkeypatch.setattr(score_day, "check_stage", check_scores)
    with pytest.raises(ChecksRefused, match="nothing was published"):
        score_day_flow(LAST_DAY, None, delivered)
    assert published_runs(delivered) == []


def test_a_backfill_fails_where_a_date_failed_and_tells_the_rest(
    prefect_server: str, delivered: Path, quick: None
) -> None:
    from plainscore.flows.prefect_flows import backfill_flow
    from plainscore.runs.backfill import DatesFailed

    with pytest.raises(DatesFailed, match="1 of 2 dates failed.*\n2025-10-31: no event") as failed:
        backfill_flow(date(2025, 10, 31), date(2025, 11, 30), "month", delivered)
    done = [one.run.dates.as_of_date for one in failed.value.outcome.done]
    assert done == [date(2025, 11, 30)]


def test_a_second_flow_is_told_who_is_writing(prefect_server: str, delivered: Path) -> None:
    from plainscore.flows.prefect_flows import score_day_flow

    with writer_lock(delivered, "a first flow"), pytest.raises(Locked, match="a first flow"):
        score_day_flow(LAST_DAY, None, delivered)


def test_a_restatement_takes_in_what_is_new_and_leaves_alone_what_nothing_touches(
    prefect_server: str, delivered: Path
) -> None:
    from plainscore.flows.prefect_flows import restate_flow

    outcome = restate_flow(data=delivered)
    assert (outcome.done, outcome.failed) == ([], {})
    assert (delivered / "events" / "head.json").is_file()
    assert "dates_to_restate" in _task_names()


def test_trouble_reaches_a_webhook_through_prefect_itself(
    prefect_server: str, published: tuple[Path, Any], tmp_path: Path
) -> None:
    from plainscore.flows.prefect_flows import score_day_flow
    from plainscore.flows.scheduling.alerting import alert_by, webhook_block
    from plainscore.flows.upkeep_flows import watch_flow
    from tests.prefect_project import LONG_ENOUGH_SECONDS, posted_here

    data_dir, _ = published
    with posted_here() as (address, posted):
        alert_by(webhook_block(address), silent_hours=26)
        with pytest.raises(InputRefused):
            score_day_flow(date(2025, 10, 31), None, data_dir)
        refused = posted.get(timeout=LONG_ENOUGH_SECONDS)
        assert refused["subject"] == f"plainscore.run.refused in {data_dir.name}"
        assert "score-day 2025-10-31: no event is known" in refused["text"]
        assert [one.kind for one in watch_flow(data=data_dir)] == ["stale"]
        assert (
            "the newest snapshot is of 2026-10-31"
            in posted.get(timeout=LONG_ENOUGH_SECONDS)["text"]
        )


def _task_names() -> set[str]:
    from prefect.client.orchestration import get_client

    async def read() -> set[str]:
        async with get_client() as client:
            return {str(run.name) for run in await client.read_task_runs()}

    return asyncio.run(read())
