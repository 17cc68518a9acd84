"""What the ledger says of each stage, whatever becomes of the run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plainscore.common.errors import ChecksRefused, InputRefused
from plainscore.contracts.catalog import StageHash
from plainscore.contracts.dates import SnapshotDates
from plainscore.logs import IngestReport
from plainscore.publish.runs import Run
from plainscore.runs.doing import Do
from plainscore.runs.ledger.entry import (
    STAGES,
    Entry,
    entry_file,
    read_entries,
    read_entry,
)
from plainscore.runs.ledger.recording import recorded
from plainscore.runs.request import SnapshotRequest, read_request
from plainscore.runs.score_day import SnapshotOutcome
from plainscore.runs.steps import (
    build_stage,
    check_stage,
    find_current_run,
    open_engine,
    publish_run,
    set_up_house,
    stage_files,
    take_in_new_files,
)

DAY = date(2026, 10, 31)
DATES = SnapshotDates(DAY, DAY)


@dataclass
class InventedRun:
    """The steps of a run whose results are invented, and none of which does anything."""

    data_dir: Path
    refusals: dict[str, BaseException] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def request(self) -> SnapshotRequest:
        return read_request(DAY, None, self.data_dir)

    @property
    def recorded(self) -> Do:
        return recorded(self.do, self.request)

    def do(self, step: Callable[..., Any], *arguments: Any) -> Any:
        words = " ".join([step.__name__, *(word for word in arguments if isinstance(word, str))])
        if words in self.refusals:
            raise self.refusals[words]
        if step is take_in_new_files:
            return IngestReport(warnings=self.warnings)
        if step is set_up_house:
            return _house()
        return run_number(self.data_dir, 1) if step is publish_run else None

    def go(self, *, until: str = "") -> None:
        """Do all steps of a run; ``until``: a kill comes as soon as that stage is being built."""
        do = self.recorded
        do(take_in_new_files, self.data_dir, None)
        house = do(set_up_house, self.request)
        do(open_engine, house)
        for stage in ("raw", "staging", "features", "scores", "audits", "published"):
            do(build_stage, house, stage)
            if stage == until:
                return
            do(check_stage, house, stage)
        do(stage_files, house)
        do(publish_run, house)


def _house() -> Any:
    from plainscore.runs.steps import House

    house = object.__new__(House)
    house.design = SimpleNamespace(stage_hashes={"raw": StageHash("code", None)})  # type: ignore[assignment]
    house.provenance = SimpleNamespace(input={"sha256": "input"})  # type: ignore[assignment]
    house.known_rows, house.last_file_no = 100, 7
    house.results = []
    house.engine = SimpleNamespace(row_count=len)  # type: ignore[assignment]
    return house


def run_number(data_dir: Path, number: int) -> Run:
    return Run(DATES, number, data_dir / f"run={number:04d}")


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


def test_a_stage_that_a_kill_cuts_short_still_reads_as_running(tmp_path: Path) -> None:
    InventedRun(tmp_path).go(until="staging")
    assert outcomes(read_entry(tmp_path, DATES)) == {
        "ingest": "done",
        "raw": "done",
        "staging": "running",
    }


def test_a_first_ingest_is_noted_before_it_begins(tmp_path: Path) -> None:
    seen = []

    def look(step: Callable[..., Any], *_: Any) -> None:
        if step is take_in_new_files:
            seen.append(outcomes(read_entry(tmp_path, DATES)))

    recorded(look, read_request(DAY, None, tmp_path))(take_in_new_files)
    assert seen == [{"ingest": "running"}]


@pytest.mark.parametrize(
    ("step", "error", "stage", "told"),
    [
        ("set_up_house", InputRefused("no feed\nmore"), "ingest", ("refused", "no feed")),
        ("check_stage scores", ChecksRefused("a check"), "scores", ("refused", "checks of scores")),
        ("build_stage raw", KeyboardInterrupt(), "raw", ("interrupted", "stopped by")),
        ("publish_run", OSError("disk"), "publish", ("failed", "unexpected OSError: disk")),
    ],
)
def test_an_end_without_a_run_is_noted_with_its_reason_in_one_line(
    tmp_path: Path, step: str, error: BaseException, stage: str, told: tuple[str, str]
) -> None:
    with pytest.raises(type(error)):
        InventedRun(tmp_path, {step: error}).go()
    attempt = read_entry(tmp_path, DATES).unfinished
    assert attempt is not None
    broken = attempt.broken_stage
    assert broken is not None
    assert broken.reason is not None
    assert (broken.stage, broken.outcome) == (stage, told[0])
    assert broken.reason.startswith(told[1])
    assert "\n" not in broken.reason


def test_a_failure_after_a_success_keeps_what_was_published(tmp_path: Path) -> None:
    InventedRun(tmp_path).go()
    with pytest.raises(InputRefused):
        InventedRun(tmp_path, {"set_up_house": InputRefused("bad file")}).go()
    entry = read_entry(tmp_path, DATES)
    assert entry.published is not None
    assert (entry.published.run, entry.published.last_file_no) == ("0001", 7)
    assert outcomes(entry) == {"ingest": "refused"}


def test_a_run_found_current_settles_what_went_wrong_before(tmp_path: Path) -> None:
    InventedRun(tmp_path).go()
    with pytest.raises(InputRefused):
        InventedRun(tmp_path, {"set_up_house": InputRefused("bad file")}).go()
    _find_current(tmp_path, 1)
    entry = read_entry(tmp_path, DATES)
    assert entry.unfinished is None
    assert entry.published is not None


def test_a_kill_between_publishing_and_noting_it_is_mended_by_the_next_run(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        InventedRun(tmp_path, {"publish_run": SystemExit()}).go()
    _find_current(tmp_path, 1)
    entry = read_entry(tmp_path, DATES)
    assert entry.published is not None
    assert entry.published.run == "0001"
    assert outcomes(entry) == dict.fromkeys(STAGES, "done")


def _find_current(data_dir: Path, number: int) -> None:
    def found(step: Callable[..., Any], *_: Any) -> Any:
        return run_number(data_dir, number) if step is find_current_run else _house()

    do = recorded(found, read_request(DAY, None, data_dir))
    do(find_current_run, do(set_up_house))


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
