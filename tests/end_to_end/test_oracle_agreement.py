"""Black box: what is published of a nasty world is what the independent reference says of it.

More worlds are compared table by table in tests/oracle/test_transforms_agree.py, and need no
process for each.
"""

import subprocess
from pathlib import Path

import duckdb
import pytest

from tests.made_once import published_nasty_world
from tests.oracle.agreement import differences
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import NastyWorld, nasty_world
from tests.oracle.snapshot import snapshot

COMMAND = Path(__file__).parents[2] / ".venv" / "bin" / "plainscore"


def test_what_run_publishes_is_what_the_reference_says(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    _assert_agreement(*published_nasty_world(tmp_path_factory))


def test_a_world_without_services_is_scored_all_the_same_under_prefect(tmp_path: Path) -> None:
    world = nasty_world(0, without_log="service")
    write_landing(world.events, tmp_path)
    dates = f"--as-of {world.as_of_date} --known-on {world.known_on}".split()
    command = [COMMAND, "run", *dates, "--scorecard", "standard", "--data", tmp_path]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    _assert_agreement(world, tmp_path)


def _assert_agreement(world: NastyWorld, data_dir: Path) -> None:
    expected = snapshot(world.events, world.as_of_date, world.known_on)
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        found = differences(con, expected)
    assert not found, f"{len(found)} values differ:\n" + "\n".join(found[:40])
