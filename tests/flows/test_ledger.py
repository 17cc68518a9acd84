"""What the ledger says of each stage, whatever becomes of the run."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plainscore.common.errors import ChecksRefused, InputRefused
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import StageHash
from plainscore.logs import IngestReport
from plainscore.publish.runs import Run
from plainscore.runs.ledger import (
    STAGES,
    Entry,
    entry_file,
    read_entries,
    read_entry,
)
from plainscore.runs.pipeline import Prepared, read_request
from plainscore.runs.run import SnapshotOutcome, SnapshotRun

DAY = date(2026, 10, 31)
DATES = SnapshotDates(DAY, DAY)
PROVENANCE = {"input": {"sha256": "input"}}


class InventedRun:
    """A run whose stages do nothing but what ``refusals`` (stage -> error) says."""

    def __init__(self, data_dir: Path, refusals: dict[str, BaseException] | None = None) -> None:
        self.data_dir = data_dir
        self.refusals = refusals or {}
        self.run = SnapshotRun(read_request(DAY, None, data_dir))
        pipeline: Any = SimpleNamespace(stage_hashes={"raw": StageHash("code", None)})
        self.run.prepared = Prepared(pipeline, IngestReport())

    @property
    def warnings(self) -> list[str]:
        assert self.run.prepared is not None
        return self.run.prepared.report.warnings

    def go(self, *, until: str = "") -> None:
        """Do all stages of a run; ``until``: a kill comes in the middle of that stage."""
        for name in STAGES:
            if name == until:
                self.killed = self.run.stage(name)  # kept, or its end would be noted
                self.killed.__enter__()
                return
            with self.run.stage(name):
                self.run.provenance, self.run.attempt.last_file_no = PROVENANCE, 7
                if name in self.refusals:
                    raise self.refusals[name]
        made = run_number(self.data_dir, 1)
        self.run.attempt.run = made.name
        self.run._notify(lambda one: one.published(self.run, made))

    def find_current(self, number: int) -> None:
        """End the first stage, and find that the published run is current."""
        with self.run.stage("ingest"):
            pass
        found = run_number(self.data_dir, number)
        self.run._notify(lambda one: one.current(self.run, found))


def run_number(data_dir: Path, number: int) -> Run:
    return Run(DATES, number, data_dir / "snapshots" / f"run={number:04d}")


def outcomes(entry: Entry) -> dict[str, str]:
    attempt = entry.unfinished or entry.published
    assert attempt is not None
    return {stage.stage: stage.outcome for stage in attempt.stages}


def test_every_stage_of_a_published_run_is_done(
    published_once: tuple[Path, SnapshotOutcome],
) -> None:
    data_dir, outcome = published_once
    entry = read_entry(data_dir, outcome.run.dates)
    assert entry.unfinished is None
    assert entry.published is not None
    assert entry.published.run == "0001"
    assert outcomes(entry) == dict.fromkeys(STAGES, "done")
    by_stage = {stage.stage: stage for stage in entry.published.stages}
    assert all(stage.input_hash for stage in by_stage.values())
    accepted = sum(file.accepted for file in outcome.report.files)
    assert by_stage["ingest"].rows == by_stage["raw"].rows == accepted
    assert (by_stage["staging"].scorecard_hash, by_stage["publish"].code_hash) == (None, None)
    assert by_stage["scores"].scorecard_hash != by_stage["features"].scorecard_hash


@pytest.mark.parametrize(
    ("until", "noted"),
    [
        ("ingest", {"ingest": "running"}),
        ("staging", {"ingest": "done", "raw": "done", "staging": "running"}),
    ],
)
def test_a_stage_is_noted_before_it_begins_and_reads_as_running_after_a_kill(
    tmp_path: Path, until: str, noted: dict[str, str]
) -> None:
    killed = InventedRun(tmp_path)
    killed.go(until=until)
    assert outcomes(read_entry(tmp_path, DATES)) == noted


def test_a_stage_that_is_tried_again_is_one_stage(tmp_path: Path) -> None:
    invented = InventedRun(tmp_path)
    with pytest.raises(OSError, match="away"), invented.run.stage("published"):
        raise OSError("the disk was away")
    assert outcomes(read_entry(tmp_path, DATES)) == {"published": "failed"}
    with invented.run.stage("published"):
        assert outcomes(read_entry(tmp_path, DATES)) == {"published": "running"}
    assert [one.outcome for one in invented.run.attempt.stages] == ["done"]


@pytest.mark.parametrize(
    ("stage", "error", "said"),
    [
        ("ingest", InputRefused("no feed\nmore"), ("refused", "no feed")),
        ("scores", ChecksRefused("a check"), ("refused", "a check")),
        ("raw", KeyboardInterrupt(), ("interrupted", "stopped by")),
        ("publish", OSError("disk"), ("failed", "unexpected OSError: disk")),
    ],
)
def test_an_end_without_a_run_is_noted_with_its_reason_in_one_line(
    tmp_path: Path, stage: str, error: BaseException, said: tuple[str, str]
) -> None:
    with pytest.raises(type(error)):
        InventedRun(tmp_path, {stage: error}).go()
    attempt = read_entry(tmp_path, DATES).unfinished
    assert attempt is not None
    broken = attempt.broken_stage
    assert broken is not None
    assert broken.reason is not None
    assert (broken.stage, broken.outcome) == (stage, said[0])
    assert broken.reason.startswith(said[1])
    assert "\n" not in broken.reason


def test_a_failure_keeps_what_was_published_until_a_run_finds_it_current(tmp_path: Path) -> None:
    InventedRun(tmp_path).go()
    with pytest.raises(InputRefused):
        InventedRun(tmp_path, {"ingest": InputRefused("bad file")}).go()
    entry = read_entry(tmp_path, DATES)
    assert entry.published is not None
    assert (entry.published.run, entry.published.last_file_no) == ("0001", 7)
    assert outcomes(entry) == {"ingest": "refused"}
    InventedRun(tmp_path).find_current(1)
    assert read_entry(tmp_path, DATES) == Entry(DATES, entry.published)


def test_a_kill_between_publishing_and_noting_it_is_mended_by_the_next_run(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        InventedRun(tmp_path, {"publish": SystemExit()}).go()
    InventedRun(tmp_path).find_current(1)
    entry = read_entry(tmp_path, DATES)
    assert entry.published is not None
    assert entry.published.run == "0001"
    assert outcomes(entry) == dict.fromkeys(STAGES, "done")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 2}', '{"format": 1}'])
def test_a_damaged_entry_is_named_and_stops_nothing(tmp_path: Path, content: str) -> None:
    file = entry_file(tmp_path, DATES)
    file.parent.mkdir(parents=True)
    file.write_text(content)
    assert read_entries(tmp_path) == ({}, [file])
    InventedRun(tmp_path).go()
    assert read_entries(tmp_path)[1] == []


def test_a_ledger_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "_ledger").write_text("in the way")
    run = InventedRun(tmp_path)
    run.go()
    assert len(run.warnings) == 1
    assert "the ledger cannot be written" in run.warnings[0]
