"""What the command says, and how it ends."""

import json
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from tests.ingest.delivery import DAY, Delivery, deposit, purchase


@pytest.fixture
def data(delivery: Delivery) -> Path:
    delivery.ndjson("payment", [deposit("e1", person_id="annabel"), deposit("e2", person_id="bob")])
    delivery.ingest()
    return delivery.data


def plainscore(*words: str) -> int:
    return run_command_line(words)


def test_it_lists_what_it_rewrote_and_what_it_searched(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plainscore("erase", "annabel", "--data", str(data)) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[:4] == [
        "erased 1 person: 1 rows of the event store",
        "landing files rewritten: 1",
        f"  payment/arrived={DAY}/a.ndjson: 1 rows",
        "snapshots published again: 0",
    ]
    assert shown[-1].startswith("searched ")
    assert shown[-1].endswith(": found nowhere")


def test_as_json_it_is_one_object(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plainscore("erase", "annabel", "bob", "--data", str(data), "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["people"] == told["rows"] == 2
    assert told["files"] == {f"payment/arrived={DAY}/a.ndjson": 2}
    assert told["search"]["found"] == told["snapshots"] == []


def test_a_search_alone_changes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()}
    assert plainscore("erase", "annabel", "--data", str(data), "--search-only") == 6
    assert "found in" in capsys.readouterr().out
    assert plainscore("erase", "zoe-zoe", "--data", str(data), "--search-only") == 0
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()} == before


def test_who_is_not_known_is_told_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plainscore("erase", "zoe", "--data", str(data)) == 5
    assert "zoe is not known" in capsys.readouterr().err
    assert plainscore("erase", "--data", str(data)) == 2
    assert plainscore("erase", "annabel", "--data", str(data / "nowhere")) == 5


def test_what_is_left_to_do_is_told_with_exit_code_6(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "landing" / "letter.pdf").write_text("about annabel")
    assert plainscore("erase", "annabel", "--data", str(data)) == 6
    assert "landing/letter.pdf holds a person" in capsys.readouterr().err


def test_while_one_is_interrupted_nothing_else_writes(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / ".erasure").write_text('\n{"ids": ["annabel"], "erasure_no": 1}\n')
    for command in (["ingest"], ["compact"], ["run", "--plain", "--as-of", "2026-03-31"]):
        assert plainscore(*command, "--data", str(data)) == 5
        assert "an erasure was interrupted" in capsys.readouterr().err
    assert plainscore("erase", "--data", str(data)) == 0
    assert plainscore("ingest", "--data", str(data)) == 0


def test_an_id_inside_texts_is_listed_and_masked_where_asked(
    delivery: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [purchase("p1", person_id="annabel"), purchase("p2", order_id="o-annabel")]
    delivery.ndjson("purchase", rows)
    delivery.ingest()
    assert plainscore("erase", "annabel", "--data", str(delivery.data)) == 0
    shown = capsys.readouterr().out
    assert "found inside other texts alone" in shown
    assert f"  landing/purchase/arrived={DAY}/a.ndjson: 1 rows" in shown.splitlines()
    command = ("erase", "annabel", "--inside-texts", "--data", str(delivery.data))
    assert plainscore(*command) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(": found nowhere")
    assert plainscore(*command) == 5
