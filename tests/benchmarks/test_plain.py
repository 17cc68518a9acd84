"""The SQL by hand does the same job: without that, its time would be no measure of ours."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from benchmarks.world import differing_rows, write_job
from tests.goldens.world import published_world
from tests.made_once import SAMPLE_DAY, published_nasty_world

ROOT = Path(__file__).parents[2]
SAME = {"features": 0, "score": 0}


def test_the_sql_by_hand_gives_everyone_of_a_nasty_world_the_published_row(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world, data = published_nasty_world(tmp_path_factory)
    assert _differing_rows(data, tmp_path, world.as_of_date, world.known_on) == SAME


def test_the_sql_by_hand_gives_everyone_of_the_sample_the_published_row(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = published_world(tmp_path_factory)
    assert _differing_rows(data, tmp_path, SAMPLE_DAY, SAMPLE_DAY) == SAME


def _differing_rows(data: Path, home: Path, as_of_date: date, known_on: date) -> dict[str, int]:
    job = write_job(data, as_of_date, home, known_on)
    words = [sys.executable, "-m", "benchmarks.plain", str(job)]
    subprocess.run(words, check=True, cwd=ROOT)
    return differing_rows(data, as_of_date, home / "result.parquet")
