"""Every command of the registry: its help, its JSON, and its end where there is no data."""

import json
from collections import defaultdict
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from plainscore.cli import run as run_module
from plainscore.cli.app import COMMANDS, app, run_command_line
from plainscore.contracts import SnapshotDates
from plainscore.runs.schedule import DatesOutcome
from tests.goldens.golden import read_goldens

HELP_LINES = 40
# Flags that several commands declare by one type of plainscore.cli.options; command -> its own.
SHARED_FLAGS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("--data", "--threads", "--memory-limit", "--temp-dir", "--every"), frozenset()
    ),
    **dict.fromkeys(("--no-prefect", "--known-on-from"), frozenset()),
    **dict.fromkeys(("--skip-refused", "--allow-stopped-feeds"), frozenset({"plan"})),
    "--scorecard": frozenset({"fit"}),
    "--format": frozenset({"query", "export"}),
}
REQUIRED = {
    "run": ["--as-of", "2026-10-31"],
    "backfill": ["--from", "2026-09-30", "--to", "2026-10-31"],
    **dict.fromkeys(("explain", "what-if", "why", "erase", "person"), ("p1",)),
    "query": ["from score"],
    "document": ["datasheet"],
    "lineage": ["score.score"],
}
MAKES_DATA = {"demo", "synthesise", "scenarios"}
NEEDS_NO_DATA = {"project", "config", "scorecard", "lineage", "dictionary"}
WITHOUT_DATA = {**dict.fromkeys(COMMANDS, 5), **dict.fromkeys(NEEDS_NO_DATA, 0), "watch": 7}
JSON_ELSEWHERE = {"erase", "fit", "person", "scenarios"}  # their own tests run what takes long
JSON_HERE = {"daily": 6, "project": 0}


def _arguments(command: str) -> dict[str, Any]:
    shown = [one for one in app[command].assemble_argument_collection() if one.show]
    return {name: one for one in shown for name in one.names}


WITH_DATA = [name for name in COMMANDS if "--data" in _arguments(name)]


def test_what_several_commands_take_has_one_wording() -> None:
    wordings: dict[tuple[str, Any], set[str]] = defaultdict(set)
    for command in COMMANDS:
        for flag, argument in _arguments(command).items():
            if flag in SHARED_FLAGS and command not in SHARED_FLAGS[flag]:
                wordings[flag, argument.hint].add(argument.parameter.help)
    assert {flag for flag, _ in wordings} == set(SHARED_FLAGS)
    assert {key: texts for key, texts in wordings.items() if len(texts) != 1} == {}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_on_a_page(command: str) -> None:
    console = Console(width=80, file=StringIO())
    app.help_print([command], console=console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert 3 < len(text.splitlines()) <= HELP_LINES
    # No flag is there to empty a list, and no default is a pair of brackets.
    assert "--empty-" not in text
    assert "default: ()" not in text


@pytest.mark.parametrize("command", [name for name in WITH_DATA if name not in MAKES_DATA])
def test_a_missing_data_directory_ends_as_documented_and_is_not_made(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = [str(tmp_path / "out")] if command in ("site", "export") else []
    absent = tmp_path / "absent"
    words = [command, *REQUIRED.get(command, []), *out, "--data", str(absent)]
    assert run_command_line(words) == WITHOUT_DATA[command]
    printed = capsys.readouterr()
    if WITHOUT_DATA[command] == 5:
        assert printed.out == ""
        assert str(absent) in printed.err
    assert list(tmp_path.iterdir()) == []


def test_every_command_that_offers_json_prints_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = {one.command.split()[0] for one in read_goldens() if one.read_as == "json"}
    offer = {name for name in COMMANDS if "--format" in _arguments(name)} - {"export"}
    assert offer - recorded == JSON_ELSEWHERE | set(JSON_HERE)
    dates = SnapshotDates(date(2026, 10, 31), date(2026, 10, 31))
    failed = DatesOutcome(done=[], failed={dates: "no reason"})
    monkeypatch.setattr(run_module, "publish", lambda *_, **__: failed)
    for command, code in JSON_HERE.items():
        assert run_command_line([command, "--data", str(tmp_path), "--format", "json"]) == code
        assert json.loads(capsys.readouterr().out)
