"""Every command prints the data and ends with the exit code that version 1 did on the sample.

A difference that is intended is recorded with `python -m tests.goldens`, and explained.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from tests.goldens.golden import Golden, read_goldens, run_golden
from tests.goldens.world import make_places, published_world
from tests.quick_runs import quick_runs

GOLDENS = read_goldens()
WRITING = [golden for golden in GOLDENS if " OWN" in golden.command]
READING = [golden for golden in GOLDENS if golden not in WRITING]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_places(published_world(tmp_path_factory), tmp_path_factory.mktemp("own"))


@pytest.fixture(autouse=True)
def _as_recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "200")
    with quick_runs():
        yield


@pytest.mark.parametrize("golden", READING, ids=[golden.command for golden in READING])
def test_reading_command(golden: Golden, places: dict[str, Path]) -> None:
    assert run_golden(golden, places) == golden


def test_writing_commands_in_their_order(places: dict[str, Path]) -> None:
    now = [run_golden(golden, places) for golden in WRITING]
    assert now == WRITING


def test_a_code_is_data_for_programs_and_a_word_for_people(
    places: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", "p0000019", "--data", str(places["PUBLISHED"])]
    assert run_command_line([*words, "--format", "json"]) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    assert {one["feature"]: one["value"] for one in points}["months_since_late"] == 999
    assert run_command_line(words) == 0
    [shown] = [line for line in capsys.readouterr().out.splitlines() if "months_since_late" in line]
    assert shown.split()[1] == "never"
