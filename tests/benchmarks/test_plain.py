"""The SQL by hand does the same job: without that, its time would be no measure of ours."""

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from benchmarks.world import differing_rows, write_job
from plainscore.common.lock import writer_lock
from plainscore.runs.request import read_request
from plainscore.runs.run import score_day
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import nasty_world
from tests.quick_runs import quick_runs

ROOT = Path(__file__).parents[2]
DAY = date(2026, 10, 31)
SAME = {"features": 0, "score": 0}


def test_the_sql_by_hand_gives_everyone_of_a_nasty_world_the_published_row(tmp_path: Path) -> None:
    world = nasty_world(2)
    write_landing(world.events, tmp_path / "data")
    assert _differing_rows(tmp_path, world.as_of_date, world.known_on) == SAME


def test_the_sql_by_hand_gives_everyone_of_the_sample_the_published_row(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data")
    assert _differing_rows(tmp_path, DAY, DAY) == SAME


def _differing_rows(home: Path, as_of_date: date, known_on: date) -> dict[str, int]:
    data = home / "data"
    with quick_runs(), writer_lock(data, "test"):
        score_day(read_request(as_of_date, known_on, data))
    job = write_job(data, as_of_date, home, known_on)
    words = [sys.executable, "-m", "benchmarks.plain", str(job)]
    subprocess.run(words, check=True, cwd=ROOT)
    return differing_rows(data, as_of_date, home / "result.parquet")
