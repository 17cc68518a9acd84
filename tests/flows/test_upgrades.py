"""Another version, another scorecard, other SQL: what is published stays as it was."""

import json
import shlex
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.files import FORMAT, FORMAT_FILE
from plainscore.common.lock import writer_lock
from plainscore.publish.catalog import rebuild_catalog
from plainscore.runs import pipeline
from plainscore.runs.run import SnapshotOutcome, score_day
from plainscore.scorecards.card_text import find_scorecard
from plainscore.show.reader import open_snapshots
from tests.flows.conftest import LAST_DAY, request_for

Published = tuple[Path, SnapshotOutcome]
NEWER = {"format": FORMAT + 1, "written_by": "9.1.0"}
COMMANDS = (
    "run --plain --as-of 2026-10-31", "backfill --from 2026-09-01 --to 2026-10-31", "restate",
    "ingest", "compact", "erase p0000015", "prune", "evaluate", "drift", "plan", "status",
    "verify", "explain p0000015", "query 'from score'", "document model-card", "compare",
)  # fmt: skip


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_a_newer_version_wrote_is_refused_and_left_alone(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir, _ = published
    (data_dir / FORMAT_FILE).write_text(json.dumps(NEWER))
    before = files_under(data_dir)
    for line in COMMANDS:
        assert run_command_line([*shlex.split(line), "--data", str(data_dir)]) == 5, line
        assert "install plainscore 9.1.0 or newer" in capsys.readouterr().err, line
    assert files_under(data_dir) == before


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": "x", "written_by": "0.1.0"}'])
def test_a_damaged_stamp_is_named(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FORMAT_FILE).write_text(text)
    assert run_command_line(["status", "--data", str(tmp_path)]) == 5
    assert f"{tmp_path / FORMAT_FILE} cannot be read" in capsys.readouterr().err


def test_a_directory_from_before_the_stamp_is_read_and_stamped_by_who_writes_next(
    published: Published,
) -> None:
    data_dir, _ = published
    rebuild_catalog(data_dir)
    (data_dir / FORMAT_FILE).unlink(missing_ok=True)
    assert run_command_line(["verify", "--data", str(data_dir)]) == 0
    assert not (data_dir / FORMAT_FILE).exists()
    with writer_lock(data_dir, "test"):
        assert json.loads((data_dir / FORMAT_FILE).read_text())["format"] == FORMAT


def test_a_stamp_is_written_once(tmp_path: Path) -> None:
    (tmp_path / FORMAT_FILE).write_text(json.dumps({"format": FORMAT, "written_by": "0.0.9"}))
    with writer_lock(tmp_path, "test"):
        assert json.loads((tmp_path / FORMAT_FILE).read_text())["written_by"] == "0.0.9"


@pytest.mark.parametrize("name", ["events/head.json", "manifest.json"])
def test_a_file_of_a_newer_format_is_never_to_be_removed(
    name: str, published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir, outcome = published
    run_folder = data_dir / "snapshots" / outcome.run.relative_folder
    file = (data_dir if "/" in name else run_folder) / name
    said = json.loads(file.read_bytes())
    file.write_text(json.dumps(said | {"format": said["format"] + 1}))
    assert run_command_line(["plan", "--data", str(data_dir)]) == 5
    printed = capsys.readouterr().err
    assert "install" in printed
    assert "remove" not in printed


@pytest.mark.usefixtures("quick")
def test_what_changed_touches_no_published_date_that_nobody_asks_for(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir, outcome = published
    rebuild_catalog(data_dir)
    before, scores = files_under(data_dir / "snapshots"), scores_of(data_dir)

    text = find_scorecard("standard_3").read_text(encoding="utf-8")
    text = text.replace('version = "3.0.0"', 'version = "3.0.1"')
    (tmp_path / "mine.toml").write_text(text.replace("prior_weight = 12", "prior_weight = 40"))
    cards = (str(tmp_path / "mine.toml"), "reported_b_3")
    hashed = pipeline.catalog_hash
    monkeypatch.setattr(pipeline, "catalog_hash", lambda catalog: hashed(catalog)[::-1])

    score_day(request_for(data_dir, date(2026, 9, 30), scorecards=cards))
    assert before.items() <= files_under(data_dir / "snapshots").items()
    assert scores_of(data_dir) == scores

    second = score_day(request_for(data_dir, scorecards=cards))
    assert second.earlier is not None
    assert (second.earlier.name, second.run.name) == (outcome.run.name, "0002")
    assert second.why_again == ("changed code", "changed scorecard")
    assert second.facts()["rebuilt"].endswith("run 0001 stays as it was")
    ledgers = {name: content for name, content in before.items() if name.startswith("_ledger")}
    assert (before.items() - ledgers.items()) <= files_under(data_dir / "snapshots").items()
    assert scores_of(data_dir) != scores
    assert scores_of(data_dir, "score_all where run = '0001' and") == scores


def scores_of(data_dir: Path, of: str = "score where") -> list[tuple[Any, ...]]:
    with open_snapshots(data_dir) as snapshots:
        return snapshots.rows(
            f"select person_id, score, band from {of} as_of_date = $1 and scorecard = 'standard_3' "
            "order by all",
            [LAST_DAY],
        )
