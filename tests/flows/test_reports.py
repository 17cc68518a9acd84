"""A run leaves the report of its date, and a report leaves with its date or its people."""

from datetime import date
from pathlib import Path

from plainscore.publish.publication import (
    publish_report,
    remove_all_reports,
    remove_unfinished_reports,
    report_file,
)
from plainscore.runs.run import SnapshotOutcome, score_day
from tests.flows.conftest import LAST_DAY, request_for

OCTOBER = date(2026, 10, 31)


def test_a_report_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = report_file(tmp_path, OCTOBER)
    publish_report("old", file)
    publish_report("new", file)
    assert file.read_text() == "new"
    assert [path.name for path in file.parent.iterdir()] == ["2026-10-31.html"]


def test_what_a_kill_left_goes_and_then_every_report(tmp_path: Path) -> None:
    publish_report("page", report_file(tmp_path, OCTOBER))
    (tmp_path / "reports" / ".unfinished-1").write_text("half")
    (tmp_path / "reports" / "mine.html").write_text("of somebody else")
    remove_unfinished_reports(tmp_path)
    left = {path.name for path in (tmp_path / "reports").iterdir()}
    assert left == {"2026-10-31.html", "mine.html"}
    remove_all_reports(tmp_path)
    assert not (tmp_path / "reports").exists()


def test_a_run_leaves_the_report_of_its_date(published_once: tuple[Path, SnapshotOutcome]) -> None:
    page = report_file(published_once[0], LAST_DAY).read_text(encoding="utf-8")
    assert f"Scores as of {LAST_DAY}" in page
    assert f'"as_of_date":"{LAST_DAY}"' in page


def test_a_report_that_is_not_there_is_written_by_the_next_run(
    published: tuple[Path, SnapshotOutcome],
) -> None:
    data_dir, _ = published
    remove_all_reports(data_dir)
    assert not score_day(request_for(data_dir)).is_new
    assert report_file(data_dir, LAST_DAY).is_file()


def test_a_run_writes_no_report_where_the_setting_says_so(
    published: tuple[Path, SnapshotOutcome],
) -> None:
    data_dir, _ = published
    remove_all_reports(data_dir)
    (data_dir / "plainscore.toml").write_text("report = false\n")
    score_day(request_for(data_dir))
    assert not report_file(data_dir, LAST_DAY).exists()
