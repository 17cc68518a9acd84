"""The demo, with few people, two dates and a short history, ends with a report that says causes."""

from datetime import date
from pathlib import Path

import pytest

from plainscore.cli import setup
from plainscore.cli.app import run_command_line
from plainscore.show.reader import open_snapshots


def test_the_demo_ends_with_its_report_and_computes_why_scores_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(setup, "FIRST", date(2026, 3, 1))
        patched.setattr(setup, "DEMO_FROM", date(2026, 9, 30))
        patched.setattr(setup, "EVALUATED", 0)
        assert run_command_line(["demo", "--people", "100", "--data", str(tmp_path / "demo")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert Path(said[-1]) == tmp_path / "demo" / "reports" / "2026-10-31.html"
    assert Path(said[-1]).is_file()
    assert not (tmp_path / "demo" / "reports" / "2026-09-30.html").exists()
    with open_snapshots(tmp_path / "demo") as snapshots:
        for view in ("change", "drift", "mobility_index"):
            assert snapshots.rows(f"from {view} limit 1"), view
