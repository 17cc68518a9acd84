"""Kill commands at many moments: a rerun ends as if nothing had been, and readers see none of it.

    python -m tests.campaigns.kills --moments 100 --events 100 --seed 1

``--moments``: at random times, spread over the measured run time of a command. ``--events``:
before, after, or in the middle of something that the command does to a file, spread over all of
those. ``--prefect``: the real command line under a Prefect server of its own.
``--signal INT`` or ``TERM`` sends that instead of a kill. Exit code 1: something was lost.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from tests.campaigns.stage import JOBS, Job, Played, Stage, add_common_flags, open_stage, report
from tests.campaigns.struck import Action, Strike, kill_group

HOW: tuple[Action, ...] = ("before", "after", "half")
UNDER_PREFECT = (
    "from tests.campaigns.struck import lighten; lighten();"
    "from plainscore.cli.app import start; start()"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; print one line per fault and a table; return the exit code."""
    asked = _parser().parse_args(arguments)
    stage, jobs = open_stage(asked, with_shim=not asked.without_shim)
    return report(chain(_moments(stage, jobs, asked), _under_prefect(stage, asked)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_common_flags(parser)
    parser.add_argument("--moments", type=int, default=100, help="at random times")
    parser.add_argument("--events", type=int, default=100, help="at things done to files")
    parser.add_argument("--prefect", type=int, default=0, help="of `run`, under Prefect")
    parser.add_argument("--without-shim", action="store_true", help="strike in Python only")
    parser.add_argument("--signal", choices=("KILL", "INT", "TERM"), default="KILL")
    return parser


def _moments(stage: Stage, jobs: Sequence[Job], asked: argparse.Namespace) -> Iterator[Played]:
    """Play every moment, the jobs in turn."""
    number, chance = getattr(signal, f"SIG{asked.signal}"), random.Random(asked.seed)
    how = HOW[:1] if asked.without_shim else HOW
    for place in range(asked.moments):
        job = jobs[place % len(jobs)]
        seconds = chance.uniform(0, stage.reference(job).seconds)
        disturb = stage.signalled(job, seconds, number)
        yield _judged(stage.play(job, f"after {seconds:.3f} s", disturb), number)
    for place in range(asked.events):
        job = jobs[place % len(jobs)]
        count = stage.reference(job).events
        part, parts = place // len(jobs), -(-asked.events // len(jobs))
        event = min(count - 1, int((part + chance.random()) * count / parts))
        strike = Strike(event, how[place % len(how)], number)
        moment = f"{strike.action} event {event} of {count}"
        yield _judged(stage.play(job, moment, stage.struck(job, strike)), number)


def _judged(played: Played, number: int) -> Played:
    """Add what is wrong with how the command itself ended."""
    if number == signal.SIGKILL:
        allowed = {0, -signal.SIGKILL}
    else:
        # Before and after its work a command dies of the signal: a shell sees the same code.
        allowed = {0, 128 + number, -number}
        interrupted = [line for line in played.output.splitlines() if "interrupted" in line]
        if played.ended == 128 + number and played.said != interrupted:
            played.faults.append(f"not reported in one line: {played.output[-500:]}")
    if played.ended not in allowed:
        played.faults.append(f"ended with {played.ended}: {played.output[-500:]}")
    return played


# --- under Prefect: the real command line, with a server of Prefect's own beside it --------------


def _under_prefect(stage: Stage, asked: argparse.Namespace) -> Iterator[Played]:
    """Kill ``run`` at random times of its work, from when it has begun to write."""
    if not asked.prefect:
        return
    job, chance = next(job for job in JOBS if job.name == "run"), random.Random(asked.seed)
    stage.begin(job.begins)
    before, process = _state(stage.data), _start(job, stage)
    first = _seconds_until(lambda: _state(stage.data) != before)
    rest = _seconds_until(lambda: process.poll() is not None)
    assert process.returncode == 0, f"{job.name} ended with {process.returncode} after {first}"
    for _ in range(asked.prefect):
        seconds = chance.uniform(0, rest)
        moment = f"under Prefect, {seconds:.1f} s into its work"
        yield stage.play(job, moment, _killed(stage, job, seconds))


def _start(job: Job, stage: Stage) -> "subprocess.Popen[bytes]":
    """Start the command without ``--plain``, in a session of its own."""
    words = [word for word in job.words if word != "--plain"]
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    with (stage.scratch / "output.txt").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", UNDER_PREFECT, *words, "--data", str(stage.data)],
            env=environment | {"PREFECT_HOME": str(stage.scratch / "prefect")},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _killed(stage: Stage, job: Job, seconds: float) -> Callable[[], int]:
    def disturb() -> int:
        before, process = _state(stage.data), _start(job, stage)
        _seconds_until(lambda: process.poll() is not None or _state(stage.data) != before)
        time.sleep(seconds)
        process.kill()
        ended = process.wait()
        kill_group(process.pid)  # the server that it left behind
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


if __name__ == "__main__":
    sys.exit(main())
