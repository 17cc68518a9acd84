"""The documents about a snapshot: every figure is the answer to the query that stands under it."""

import shlex
from pathlib import Path
from typing import Literal

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import QuestionError
from plainscore.contracts.contract import read_outcome
from plainscore.show.reader import Snapshots
from plainscore.show.report import QUERY, fill, read_document

CHECKOUT = Path(__file__).resolve().parents[2]
Name = Literal["model-card", "datasheet"]
NAMES: tuple[Name, ...] = ("model-card", "datasheet")


@pytest.mark.parametrize("name", NAMES)
def test_every_query_of_a_document_has_an_answer_and_a_command(
    name: Name, snapshots: Snapshots
) -> None:
    filled = fill(read_document(name), snapshots)
    queries = QUERY.findall(read_document(name))
    assert queries
    assert "```sql" not in filled
    for sql in queries:
        command = f'plainscore query "{sql.strip()}"'
        assert command in filled
        assert shlex.split(command) == ["plainscore", "query", sql.strip()]  # one word to a shell
        assert not set('"$`\\!') & set(sql)


@pytest.mark.parametrize("name", NAMES)
def test_the_document_of_the_demo_says_what_documents_say_now(name: Name) -> None:
    page = CHECKOUT / "docs" / "explanation" / f"{name.replace('-', '_')}.md"
    shown, place = page.read_text(encoding="utf-8"), 0
    text = read_document(name).replace("{bad}", read_outcome().bad)
    for number, part in enumerate(QUERY.split(text)):
        text = f'plainscore query "{part.strip()}"' if number % 2 else part
        place = shown.index(text, place) + len(text)


def test_a_document_shows_what_logs_say_and_only_reads(snapshots: Snapshots) -> None:
    filled = fill("```sql\nselect '<b>|x|</b>' as region, 1234567 as people\n```", snapshots)
    assert "| &lt;b&gt;\\|x\\|&lt;/b&gt; | 1,234,567 |" in filled
    assert "*No rows" in fill("```sql\nselect 1 as one where false\n```", snapshots)
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
