"""The sample, run on a date whose outcome is known and on two whose is not; evaluated, compared."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.publish.runs import derived_folders
from plainscore.show.reader import Snapshots, open_snapshots
from tests.made_once import made_once, published_sample
from tests.quick_runs import quick_runs

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample" / "landing"
DAYS = DAY, NOT_YET, LAST = date(2026, 5, 31), date(2026, 8, 31), date(2026, 10, 31)
PAIRS = [(DAY, NOT_YET), (DAY, LAST), (NOT_YET, LAST)]


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    published, _ = published_sample(tmp_path_factory)  # its last day is LAST

    def evaluate(data: Path) -> None:
        shutil.copytree(published, data)
        _evaluate(data)

    return made_once(tmp_path_factory, "evaluation's [x]* %z ü", evaluate)


def _evaluate(data: Path) -> None:
    with quick_runs():
        for day in (DAY, NOT_YET):
            words = ["run", "--plain", "--as-of", str(day), "--data", str(data)]
            assert run_command_line(words) == 0
    for command in ("evaluate", "drift"):
        assert run_command_line([command, "--data", str(data)]) == 0


@pytest.fixture
def snapshots(evaluated: Path) -> Iterator[Snapshots]:
    with open_snapshots(evaluated) as opened:
        yield opened


@pytest.fixture
def times(evaluated: Path) -> Callable[[], dict[Path, int]]:
    """Return when each derived set was written."""
    return lambda: {path: path.stat().st_mtime_ns for path in derived_folders(evaluated)}
