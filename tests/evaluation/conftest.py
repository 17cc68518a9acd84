"""The sample, run on a date whose outcome is known and on one whose is not, and evaluated."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.show.reader import Snapshots, open_snapshots
from tests.quick_runs import quick_runs

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample" / "landing"
DAY, NOT_YET = date(2026, 5, 31), date(2026, 9, 30)


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("evaluation's [x]* %z ü")
    (data / "landing").symlink_to(SAMPLE, target_is_directory=True)
    with quick_runs():
        for day in (DAY, NOT_YET):
            words = ["run", "--plain", "--as-of", str(day), "--data", str(data)]
            assert run_command_line(words) == 0
    assert run_command_line(["evaluate", "--data", str(data)]) == 0
    return data


@pytest.fixture
def snapshots(evaluated: Path) -> Iterator[Snapshots]:
    with open_snapshots(evaluated) as opened:
        yield opened
