"""Black box: what is published of a nasty world is what the independent reference says of it.

More worlds are compared table by table in tests/oracle/test_transforms_agree.py, and need no
process for each.
"""

import subprocess
from pathlib import Path

import duckdb
import pytest

from tests.oracle.agreement import differences
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import nasty_world
from tests.oracle.snapshot import snapshot

COMMAND = Path(__file__).parents[2] / ".venv" / "bin" / "plainscore"
KNOWN_LATER, KNOWN_THEN = 2, 0


@pytest.mark.parametrize(
    ("seed", "without_log", "how"),
    [(KNOWN_LATER, None, ["--plain"]), (KNOWN_THEN, "service", [])],
    ids=["a world", "a world without services, under Prefect"],
)
def test_the_published_snapshot_is_what_the_reference_says(
    seed: int, without_log: str | None, how: list[str], tmp_path: Path
) -> None:
    world = nasty_world(seed, without_log)
    write_landing(world.events, tmp_path)
    words = f"run --as-of {world.as_of_date} --known-on {world.known_on} --data".split()
    command = [COMMAND, *words, tmp_path, *how]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    expected = snapshot(world.events, world.as_of_date, world.known_on)
    with duckdb.connect(str(tmp_path / "plainscore.duckdb"), read_only=True) as con:
        found = differences(con, expected)
    assert not found, f"{len(found)} values differ:\n" + "\n".join(found[:40])
