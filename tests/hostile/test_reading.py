"""What hostile input looks like to those who read what was made of it."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.show.report import escaped
from tests.hostile.conftest import Siege
from tests.hostile.corpus import CASES
from tests.quick_runs import quick_runs

EVERYONE = "everyone"
PEOPLE = sorted({who for case in CASES for who in case.verdict.people})
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def published(siege: Siege) -> Path:
    """Return the data directory with a snapshot in which everybody is scored."""
    dates = ["--as-of", "2020-12-31", "--known-on", "2021-01-01", "--scorecard", str(EVERYONE)]
    run = ["run", *dates, "--data", str(siege.delivery.data), "--skip-refused", "--plain"]
    with quick_runs():
        assert run_command_line(run) == 0
    return siege.delivery.data


@pytest.fixture
def command(published: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return how to run a command on the snapshot: exit code, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_command_line([words[0], "--data", str(published), *words[1:]])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def _hidden(text: str) -> set[str]:
    return {sign for sign in text if not sign.isprintable() and sign != "\n"}


def test_every_id_is_published_to_the_letter(command: Command) -> None:
    code, out, _ = command("query", "--format", "json", "select person_id from score")
    assert code == 0
    assert set(PEOPLE) <= {row["person_id"] for row in json.loads(out)}


def test_csv_in_a_pipe_holds_the_ids_as_they_are_formulas_included(command: Command) -> None:
    code, out, _ = command("query", "--format", "csv", "select person_id from score")
    assert code == 0
    assert set(PEOPLE) <= {row[0] for row in csv.reader(io.StringIO(out, newline=""))}


@pytest.mark.parametrize("output_format", ["table", "json", "csv"])
def test_csv_and_tables_on_a_terminal_show_no_control_characters(
    command: Command, monkeypatch: pytest.MonkeyPatch, output_format: str
) -> None:
    import sys

    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _self: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    for sql in ("select person_id from score", "from quarantine"):
        _, out, err = command("query", "--format", output_format, sql)
        assert _hidden(out + err) <= {"\r"}


@pytest.mark.parametrize("person", PEOPLE, ids=ascii)
def test_everybody_is_explained_whatever_their_id(command: Command, person: str) -> None:
    code, out, err = command("explain", "--format", "json", "--", person)
    assert (code, err) == (0, "")
    assert json.loads(out)["person_id"] == person
    if not person.isprintable() or person == PEOPLE[-1]:
        code, out, err = command("explain", "--", person)
        assert (code, _hidden(out + err)) == (0, set())


def test_twins_by_normalisation_are_two_people(command: Command) -> None:
    _, out, _ = command("query", "--format", "json", "select count(*) as n from score where "
                        "person_id in ('\u00e9', 'e\u0301')")  # fmt: skip
    assert json.loads(out) == [{"n": 2}]


@pytest.mark.parametrize("words", [["status"], ["query", "from quarantine"], ["ingest"]])
def test_no_command_lets_a_control_character_through(command: Command, words: list[str]) -> None:
    code, out, err = command(*words)
    assert code == (5 if words == ["ingest"] else 0)
    assert _hidden(out + err) == set()


def test_an_error_about_an_id_shows_no_control_character(command: Command) -> None:
    code, out, err = command("explain", "--", "\x1b[2Jnobody\u202e\nplainscore: all is well")
    assert (code, out) == (5, "")
    assert _hidden(err) == set()
    assert err.count("\n") == 1


def test_quarantine_shows_no_secret_and_all_else_as_it_came(command: Command) -> None:
    _, out, _ = command("query", "--format", "json", "select reason, raw from quarantine")
    rows = json.loads(out)
    assert "s3cr3t" not in out
    assert {"reason": "line is not JSON", "raw": "\0" * 4096} in rows


def test_a_missing_file_behind_a_view_is_named_with_the_fix(
    command: Command, published: Path
) -> None:
    (path,) = published.glob("snapshots/**/score/*.parquet")
    kept = path.read_bytes()
    try:
        path.unlink()
        gone = command("query", "from score"), command("explain", "--", "007")
        path.write_bytes(kept[:100])
        cut = command("query", "from score")
    finally:
        path.write_bytes(kept)
    for (code, out, err), state in (
        (gone[0], "is missing"),
        (gone[1], "is missing"),
        (cut, "cannot be"),
    ):
        assert (code, out) == (5, "")
        assert f"{path} {state}" in err
        assert "plainscore verify" in err


def test_an_unknown_setting_in_the_environment_is_refused(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAINSCORE__THREAD", "2")
    code, _, err = command("config")
    assert code == 2
    assert "PLAINSCORE__THREAD in the environment is no setting" in err
    assert "nearest is PLAINSCORE__THREADS" in err


def test_markdown_of_an_id_is_shown_and_does_nothing() -> None:
    hostile = '[x](javascript:alert(1)) <img src=x onerror="alert(1)"> **b** | `c`\n# d \x1b[0m'
    shown = escaped(hostile)
    for mark in ("<", "\n", "\x1b", '"'):
        assert mark not in shown
    for mark in "[]()*|`#":
        assert shown.count(mark) == shown.count(f"\\{mark}")
