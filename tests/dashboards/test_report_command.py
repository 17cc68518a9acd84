"""`plainscore report` as its user types it."""

from pathlib import Path

import pytest

from plainscore.cli.app import main


def test_the_command_writes_where_it_is_told(
    autumn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    assert _run("report", "--as-of", "2026-09", "--out", str(out), "--data", str(autumn)) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert "Scores as of 2026-09-30" in out.read_text()


def test_a_place_that_cannot_be_meant_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("report", "--out", str(tmp_path), "--data", str(tmp_path)) == 2
    assert "name a file in a directory that is there" in capsys.readouterr().err


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)
