"""The documents about a snapshot: every figure is the answer to the query that stands under it."""

import shlex
from pathlib import Path
from typing import Literal

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import QuestionError
from plainscore.show.documents import QUERY, fill, read_document
from plainscore.show.reader import Snapshots

CHECKOUT = Path(__file__).resolve().parents[2]
Name = Literal["model-card", "datasheet"]
NAMES: tuple[Name, ...] = ("model-card", "datasheet")


@pytest.mark.parametrize("name", NAMES)
def test_every_query_of_a_document_has_an_answer(name: Name, snapshots: Snapshots) -> None:
    filled = fill(read_document(name), snapshots)
    queries = QUERY.findall(read_document(name))
    assert queries
    assert "```sql" not in filled
    for sql in queries:
        assert f'plainscore query "{sql.strip()}"' in filled


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_every_query_as_one_word(name: Name) -> None:
    for sql in QUERY.findall(read_document(name)):
        assert shlex.split(f'plainscore query "{sql}"') == ["plainscore", "query", sql]
        assert not set('"$`\\!') & set(sql)


@pytest.mark.parametrize("name", NAMES)
def test_the_document_of_the_demo_says_what_documents_say_now(name: Name) -> None:
    shown = (CHECKOUT / "docs" / "explanation" / f"{name.replace('-', '_')}.md").read_text(
        encoding="utf-8"
    )
    place = 0
    for number, part in enumerate(QUERY.split(read_document(name))):
        text = f'plainscore query "{part.strip()}"' if number % 2 else part
        found = shown.find(text, place)
        assert found >= 0, text
        place = found + len(text)


def test_what_logs_say_is_shown_and_does_nothing(snapshots: Snapshots) -> None:
    filled = fill("```sql\nselect '<b>|x|</b>' as region, 1234567 as people\n```", snapshots)
    assert "| &lt;b&gt;\\|x\\|&lt;/b&gt; | 1,234,567 |" in filled


def test_no_rows_are_told_as_such(snapshots: Snapshots) -> None:
    assert "*No rows" in fill("```sql\nselect 1 as one where false\n```", snapshots)


def test_a_document_only_reads(snapshots: Snapshots) -> None:
    with pytest.raises(QuestionError, match="only reading is possible"):
        fill("```sql\ncreate table t (i integer)\n```", snapshots)


def test_the_command_writes_a_document_where_it_is_told_to(
    autumn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sheet.md"
    assert run_command_line(["document", "datasheet", "--data", str(autumn)]) == 0
    printed = capsys.readouterr().out
    written = ["document", "datasheet", "--data", str(autumn), "--write", str(file)]
    assert run_command_line(written) == 0
    assert file.read_text(encoding="utf-8") == printed
    nowhere = [*written[:-1], str(tmp_path / "none" / "sheet.md")]
    assert run_command_line(nowhere) == 2
    assert "No such file" in capsys.readouterr().err
