"""Lines for machines, and what a stage took: on stderr, in `status` and in the view ``stage``."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from plainscore.cli.app import run_command_line
from plainscore.runs.ledger import STAGES, read_entry
from plainscore.runs.run import SnapshotOutcome
from plainscore.show.reader import open_snapshots
from tests.flows.conftest import LAST_DAY, ForcedRun

Published = tuple[Path, SnapshotOutcome]
DAY = str(LAST_DAY)


@pytest.fixture
def json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINSCORE__LOG_FORMAT", "json")


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.usefixtures("quick", "json_lines")
def test_a_run_tells_of_every_stage_in_lines_that_a_machine_reads(
    forced: ForcedRun, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.loads(line) for line in forced.errors.splitlines()]
    ended = [line for line in lines if line["event"] == "stage_ended"]
    assert [line["stage"] for line in ended] == list(STAGES)
    assert all(line["seconds"] >= 0 and line["peak_memory_bytes"] > 10**7 for line in ended)
    assert [line["event"] for line in lines[-1:]] == ["published"]
    entry = read_entry(forced.data_dir, forced.run.dates)
    assert entry.published is not None
    assert {line["run_id"] for line in lines} == {entry.published.run_id}
    assert {(line["as_of_date"], line["known_on"]) for line in lines} == {(DAY, DAY)}
    assert all(datetime.fromisoformat(line["time"]).tzinfo for line in lines)

    words = ["run", "--plain", "--as-of", DAY, "--data", str(forced.data_dir)]
    assert run_command_line(words) == 0
    last = lines_of(capsys)[-1]
    assert (last["event"], last["run"]) == ("current", "0002")


@pytest.mark.usefixtures("quick", "json_lines")
def test_what_ends_a_run_is_a_line_as_well(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir, _ = published
    words = ["run", "--plain", "--as-of", "2020-01-31", "--data", str(data_dir)]
    assert run_command_line(words) == 5
    ended, told = lines_of(capsys)[-2:]
    assert (ended["event"], ended["stage"], ended["outcome"]) == (
        "stage_ended",
        "ingest",
        "refused",
    )
    assert (told["level"], told["exit_code"]) == ("error", 5)
    assert told["message"] == ended["reason"]


def test_without_the_setting_nothing_is_told_of_stages(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["run", "--plain", "--as-of", DAY, "--data", str(published[0])]) == 0
    assert capsys.readouterr().err == ""


def test_what_a_stage_took_is_in_the_view_and_in_no_published_byte(published: Published) -> None:
    data_dir, _ = published
    run_command_line(["verify", "--rebuild-catalog", "--data", str(data_dir)])
    with open_snapshots(data_dir) as snapshots:
        rows = snapshots.rows("select stage, row_count, seconds, peak_memory_bytes from stage")
        taken = {stage: rest for stage, *rest in rows}
        assert list(taken) == list(STAGES)
        people = snapshots.rows("select count(*) from score")[0][0]
        assert taken["published"][0] > people
        assert all(seconds > 0 and memory > 10**7 for _, seconds, memory in taken.values())
        assert snapshots.rows("select run from stage group by run") == [("0001",)]
        for file in (data_dir / "snapshots" / "_ledger").glob("*_*.json"):
            file.unlink()
        assert snapshots.rows("from stage") == []
