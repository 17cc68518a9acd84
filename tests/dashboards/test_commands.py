"""The commands that only look: results on stdout, errors in a line, nothing heavy imported."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from plainscore.cli.app import run_command_line
from tests.publish.invented import person_id

HEAVY = {
    *("prefect", "great_expectations", "polars", "pandas", "duckdb_extension_ducklake"),
    *("sqlglot", "numpy"),
}


@dataclass
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def run_command(capsys: pytest.CaptureFixture[str], autumn: Path) -> Any:
    def run(*words: str, data: Path = autumn) -> Ran:
        code = run_command_line([*words, "--data", str(data)])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


def test_explain_prints_what_other_tools_rely_on_lines_and_a_table(run_command: Any) -> None:
    said = json.loads(run_command("explain", "p5", "--as-of", "2026-10-31", "--format", "json").out)
    assert said["person_id"] == "p5"
    assert (said["as_of_date"], said["known_on"]) == ("2026-10-31", "2026-11-15")
    assert said["score"] == said["base"] + sum(row["points"] for row in said["points"])
    assert {"factor", "feature", "value", "points", "max_points"} <= set(said["points"][0])
    assert {"rank", "code", "points_lost", "what_to_do"} <= set(said["reasons"][0])
    rows = list(csv.DictReader(io.StringIO(run_command("explain", "p5", "--format", "csv").out)))
    assert len(rows) == 32
    assert rows[0]["feature"] == "on_time_share"
    ran = run_command("explain", "p5", "--as-of", "2026-10")
    assert ran.code == 0
    assert ran.out.startswith("p5: ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("explain", "noone"), 5),
        (("explain", "p5", "--as-of", "2026-10-30"), 5),
        (("explain", "p5", "--as-of", "soon"), 2),
        (("query", "copy score to 'x'"), 2),
        (("query", "select 1; select 2"), 2),
        (("query", "from nowhere"), 2),
    ],
)
def test_what_cannot_be_answered_ends_with_its_code(
    run_command: Any, words: tuple[str, ...], code: int
) -> None:
    ran = run_command(*words)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("plainscore: ")
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "words", [("explain", "p5"), ("query", "from score"), ("status",), ("verify",)]
)
def test_where_nothing_is_published_commands_say_so(
    run_command: Any, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ran = run_command(*words, data=tmp_path)
    assert ran.code == 5
    assert "nothing is published" in ran.err


def test_query_prints_json_csv_and_a_table(run_command: Any) -> None:
    def asked(sql: str) -> Any:
        return json.loads(run_command("query", sql, "--format", "json").out)

    sql = f"select person_id, score, as_of_date from score where person_id = '{person_id(3)}'"
    said = asked(sql)
    assert [row["as_of_date"] for row in said] == ["2026-09-30", "2026-10-31"]
    assert said[0]["person_id"] == "a\nb3"
    rows = list(csv.reader(io.StringIO(run_command("query", sql, "--format", "csv").out)))
    assert rows[1][0] == "a\nb3"
    assert "a\N{REPLACEMENT CHARACTER}b3" in run_command("query", sql).out
    assert asked("from run limit 0") == []
    # An object has a key once, whatever the columns are named.
    assert asked("select 1 as a, 2 as a, 3 as a_1") == [{"a": 1, "a_2": 2, "a_1": 3}]
    pivoted = asked("pivot score on band using count(*) group by as_of_date")
    assert [row["as_of_date"] for row in sorted(pivoted, key=str)] == ["2026-09-30", "2026-10-31"]


def test_an_unknown_person_is_named_on_one_line_whatever_the_id(run_command: Any) -> None:
    ran = run_command("explain", "no\nbody")
    assert ran.err.count("\n") == 1
    assert "no\N{REPLACEMENT CHARACTER}body" in ran.err


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["--version"]) == 0
    assert capsys.readouterr().out.strip() == version("plainscore")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("Query interrupted")])
def test_an_interrupted_command_says_so(
    run_command: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def interrupt(*_: Any) -> None:
        raise error

    monkeypatch.setattr("plainscore.show.reader.open_snapshots", interrupt)
    ran = run_command("status")
    assert ran.code == 130
    assert ran.err == "plainscore: interrupted: what was published stays as it was\n"


def test_a_long_table_says_what_it_does_not_show(run_command: Any) -> None:
    shown = run_command("query", "from range(1000)").out
    assert "1,000 rows, the first 200 shown" in shown
    assert len(run_command("query", "from range(1000)", "--format", "csv").out.split()) == 1001


def test_status_has_a_row_for_every_date_and_knowledge(run_command: Any) -> None:
    said = json.loads(run_command("status", "--format", "json").out)
    assert [(row["as_of_date"], row["known_on"], row["runs"]) for row in said] == [
        ("2026-09-30", "2026-09-30", 1),
        ("2026-10-31", "2026-10-31", 1),
        ("2026-10-31", "2026-11-15", 2),
    ]
    assert (said[0]["people"], said[0]["scored"], said[0]["checks_warned"]) == (40, 39, 1)


def test_verify_finds_a_changed_file_and_rebuilds_the_catalog_of_a_moved_directory(
    run_command: Any, own_autumn: Path, tmp_path: Path
) -> None:
    moved = own_autumn.rename(tmp_path / "moved")
    assert run_command("verify", data=moved).code == 1
    assert run_command("verify", "--rebuild-catalog", data=moved).code == 0
    assert run_command("status", data=moved).code == 0
    next(moved.glob("snapshots/*/*/*/card/card.parquet")).unlink()
    ran = run_command("verify", data=moved)
    assert ran.code == 1
    assert "card/card.parquet is missing" in ran.out


def test_report_writes_where_it_is_asked_to_and_refuses_a_directory(
    run_command: Any, tmp_path: Path
) -> None:
    out = tmp_path / "page.html"
    assert run_command("report", "--as-of", "2026-09", "--out", str(out)).out.strip() == str(out)
    assert "Scores as of 2026-09-30" in out.read_text()
    refused = run_command("report", "--out", str(tmp_path))
    assert refused.code == 2
    assert "name a file in a directory that exists" in refused.err


def test_commands_that_look_import_nothing_heavy(autumn: Path) -> None:
    program = (
        "import sys\nfrom plainscore.cli.app import main\n"
        "for words in (['explain', 'p5'], ['what-if', 'p5'], ['query', 'from run'], ['status'],\n"
        "              ['verify'], ['document', 'datasheet'], ['config'], ['project']):\n"
        "    try:\n        main([*words, '--data', sys.argv[1]])\n"
        "    except SystemExit as ended:\n        assert not ended.code, words\n"
        "print('\\n'.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(autumn)], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(ran.stdout.split())
