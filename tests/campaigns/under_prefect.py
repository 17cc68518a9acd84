"""Kill a command under Prefect: the real command line, with a server of Prefect's own beside it."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.campaigns.forked import kill_group
from tests.campaigns.jobs import Job
from tests.campaigns.stage import Played, Stage

PROGRAM = (
    "from tests.campaigns.lighter import lighten; lighten();"
    "from plainscore.cli.app import start; start()"
)


def start(job: Job, data_dir: Path, scratch: Path) -> "subprocess.Popen[bytes]":
    """Start the command without ``--plain``, in a session of its own."""
    words = [word for word in job.words if word != "--plain"]
    ours = ("LD_PRELOAD",)
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    with (scratch / "output.txt").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words, "--data", str(data_dir)],
            env=environment | {"PREFECT_HOME": str(scratch / "prefect")},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def played_under_prefect(
    stage: Stage, scratch: Path, job: Job, count: int, seed: int
) -> Iterator[Played]:
    """Kill the command at random times of its work, from when it has begun to write."""
    chance = random.Random(seed)
    stage.begin(job.begins)
    before = _state(stage.data)
    process = start(job, stage.data, scratch)
    first = _seconds_until(lambda: _state(stage.data) != before)
    rest = _seconds_until(lambda: process.poll() is not None)
    assert process.returncode == 0, f"{job.name} ended with {process.returncode} after {first}"
    for _ in range(count):
        seconds = chance.uniform(0, rest)
        yield stage.play(
            job,
            f"under Prefect, {seconds:.1f} s into its work",
            _killed(stage, scratch, job, seconds),
        )


def _killed(stage: Stage, scratch: Path, job: Job, seconds: float) -> Callable[[], int]:
    def disturb() -> int:
        before = _state(stage.data)
        process = start(job, stage.data, scratch)
        _seconds_until(lambda: process.poll() is not None or _state(stage.data) != before)
        time.sleep(seconds)
        process.kill()
        ended = process.wait()
        kill_group(process.pid, signal.SIGKILL)  # the server that it left behind
        return ended

    return disturb


def _state(data_dir: Path) -> float:
    """Return when anything was last made in the store or the snapshots."""
    places = [data_dir / "events", data_dir / "snapshots", data_dir / "snapshots" / "_ledger"]
    return max((place.stat().st_mtime_ns for place in places if place.exists()), default=0)


def _seconds_until(is_so: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not is_so():
        time.sleep(0.05)
    return time.monotonic() - began
