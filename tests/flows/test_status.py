"""What an operator sees of every stage of every date."""

import json
import os
import socket
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.operate import status
from plainscore.common.errors import NothingPublishedError
from plainscore.common.lock import writer_lock, writing_since
from plainscore.contracts import SnapshotDates
from plainscore.runs.ledger import (
    STAGES,
    Entry,
    RunAttempt,
    StageRecord,
    entry_file,
    write_entry,
)
from plainscore.runs.run import SnapshotOutcome

Published = tuple[Path, SnapshotOutcome]
DATES = SnapshotDates(date(2026, 9, 30), date(2026, 10, 3))


LONG_AGO = "2026-10-03T04:00:00+00:00"


def attempted(data_dir: Path, *stages: StageRecord, started: str | None = LONG_AGO) -> None:
    assert started is not None
    attempt = RunAttempt(started, stages=list(stages))
    write_entry(data_dir, Entry(DATES, unfinished=attempt))


def test_a_published_date_shows_its_figures_and_the_seconds_of_every_stage(
    published_once: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir, _ = published_once
    status(data=data_dir, output_format="json")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["as_of_date"], row["run"], row["runs"], row["people"]) == (
        "2026-10-31", "0001", 1, 187,
    )  # fmt: skip
    assert [(stage["stage"], stage["outcome"]) for stage in row["stages"]] == [
        (stage, "done") for stage in STAGES
    ]
    assert row["seconds"] == pytest.approx(sum(stage["seconds"] for stage in row["stages"]))
    status(data=data_dir)
    assert capsys.readouterr().out.count("✓") == 1
    status(data=data_dir, stages=True)
    shown = capsys.readouterr().out
    assert shown.count("✓") == len(STAGES)
    assert "standard_3 3.0.0, reported_b_3 3.0.0" in shown


def test_a_date_that_was_only_tried_shows_where_and_why_it_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attempted(tmp_path, StageRecord("raw", "done"), StageRecord("staging", "refused", "bad bills"))
    status(data=tmp_path, stages=True)
    shown = capsys.readouterr().out
    assert "✗ refused" in shown
    assert (
        "2026-09-30, known on 2026-10-03: staging refused: bad bills "
        "(began 2026-10-03T04:00:00+00:00; nothing is published of it)"
    ) in shown


def test_a_stage_runs_while_its_writer_lives_and_was_interrupted_when_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writer_lock(tmp_path, "run"):
        attempted(tmp_path, StageRecord("raw"), started=writing_since(tmp_path))
        assert _outcome(tmp_path, capsys) == "running"
    assert _outcome(tmp_path, capsys) == "interrupted"
    attempted(tmp_path, StageRecord("raw"))
    with writer_lock(tmp_path, "another run, later"):
        assert _outcome(tmp_path, capsys) == "interrupted"


def _outcome(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> str:
    status(data=data_dir, output_format="json")
    return str(json.loads(capsys.readouterr().out)[0]["stages"][0]["outcome"])


def test_a_holder_that_died_holds_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    assert writing_since(tmp_path) is None
    for content in ("", "{", "[]", "{}"):
        lock.write_text(content)
        assert writing_since(tmp_path) is None
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    lock.write_text(json.dumps({"pid": child, "host": socket.gethostname(), "since": "then"}))
    assert writing_since(tmp_path) is None
    lock.write_text(json.dumps({"pid": child, "host": "elsewhere", "since": "then"}))
    assert writing_since(tmp_path) == "then"


def test_an_entry_that_cannot_be_read_is_named_and_the_rest_is_shown(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir, _ = published
    attempted(data_dir, StageRecord("raw", "failed", "disk"))
    file = entry_file(data_dir, DATES)
    file.with_name("2026-01-31_2026-01-31.json").write_text("{")
    (data_dir / "plainscore.duckdb").unlink()
    status(data=data_dir, output_format="csv")
    told = capsys.readouterr()
    assert "2026-01-31_2026-01-31.json cannot be read" in told.err
    assert "2026-09-30,2026-10-03," in told.out


def test_where_nothing_was_ever_tried_there_is_no_status(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError, match="nothing is published"):
        status(data=tmp_path)
