"""What somebody meets who types a command for the first time, and slips."""

from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from tests.docs.pages import CHECKOUT, page_text

PAGES = ["README.md", *(str(p.relative_to(CHECKOUT)) for p in (CHECKOUT / "docs").rglob("*.md"))]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run_command_line(words) == 2
    printed = capsys.readouterr()
    return " ".join((printed.out + printed.err).replace("│", "").split())


MISTAKES = {
    "run --as-of 31.10.2026": "--as-of: '31.10.2026' is no such day; write one like 2026-10-31, or "
    "last-day, or last-month-end.",
    "run --as-of 2026-02-30": "'2026-02-30' is no such day",
    "plan --as-of 2026-10": "--as-of: '2026-10' is no such day; write one like 2026-10-31.",
    "plan --as-of yesterday": "'yesterday' is no such day",
    "explain": "explain needs PERSON: `plainscore explain PERSON`",
    "run": "Write `plainscore run --as-of ...`",
    "run 2026-10-31": "Write `plainscore run --as-of ...`",
    "status --data": "Write `plainscore status --data ...`",
    "explain p1 2026-10-31": "`plainscore explain ... --as-of 2026-10-31`",
    "query select * from score": "Put the statement in quotes",
    "what-if p1 saved_months=8": "`plainscore what-if ... --set saved_months=8`",
    "ingest tests": "`plainscore ingest --data tests`",
    "verify p1": "verify has no place for 'p1'; `plainscore verify --help`",
    "synthesise --people ten": "--people: 'ten' is no whole number.",
    "explain p1 --format xml": 'Choose from: "table", "json", "csv".',
    "run --asof 2026-10-31": "Did you mean --as-of instead of --asof?",
    "rn": 'Did you mean "run"?',
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_command_line_that_cannot_be_run_is_answered_with_one_that_can(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert MISTAKES[line] in said(capsys, *line.split())


def test_the_folder_of_one_log_is_not_checked_as_if_it_held_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "landing" / "purchase" / "arrived=2026-10-31").mkdir(parents=True)
    assert "holds delivered logs" in said(capsys, "init", str(tmp_path / "landing"))
    printed = said(capsys, "check", str(tmp_path / "landing" / "purchase"))
    assert f"is the folder of one log: check {tmp_path / 'landing'}" in printed


def test_the_first_help_says_where_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "plainscore demo" in told
    assert "plainscore init DIR" in told


def test_a_data_directory_is_no_landing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "landing").mkdir()
    assert run_command_line(["check", str(tmp_path)]) == 2
    assert f"check {tmp_path / 'landing'}" in capsys.readouterr().err


def test_no_port_is_beyond_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--port" in said(capsys, "dashboard", "--port", "99999")


@pytest.mark.parametrize("page", PAGES)
def test_every_row_of_a_table_has_a_cell_for_each_head(page: str) -> None:
    wrong, head, is_code = [], 0, False
    for line in page_text(page).splitlines():
        is_code ^= line.lstrip().startswith("```")
        cells = line.replace(r"\|", "").count("|") if line.startswith("|") and not is_code else 0
        if head and cells and cells != head:
            wrong.append(line)
        head = head or cells if cells else 0
    assert wrong == []
