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


@pytest.mark.parametrize("word", ["yesterday", "2026-10", "2026-02-30", "31.10.2026"])
def test_a_word_that_is_no_day_is_told_with_one_that_is(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, "run", "--as-of", word)
    assert (
        "--as-of: no such day; write one like 2026-10-31, or last-day, or last-month-end." in told
    )
    assert "--as-of: no such day; write one like 2026-10-31." in said(
        capsys, "plan", "--as-of", word
    )


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
