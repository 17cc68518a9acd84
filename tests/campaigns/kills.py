"""Kill commands at many moments: a rerun ends as if nothing had been, and readers see none of it.

    python -m tests.campaigns.kills --moments 100 --events 100 --seed 1

``--moments``: at random times, spread over the measured run time of a command. ``--events``:
before, after, or in the middle of something that the command does to a file, spread over all of
those.
``--signal INT`` or ``TERM`` sends that instead of a kill. Exit code 1: something was lost.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.campaigns.forked import result_of
from tests.campaigns.injected import Action, Strike, restart_prepared
from tests.campaigns.jobs import JOBS, Job, make_world
from tests.campaigns.stage import Played, Stage
from tests.campaigns.under_prefect import played_under_prefect

HOW: tuple[Action, ...] = ("before", "after", "half")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; print one line per fault and a table; return the exit code."""
    asked = _parser().parse_args(arguments)
    scratch = Path(asked.scratch or tempfile.mkdtemp(prefix="kills-"))
    scratch.mkdir(parents=True, exist_ok=True)
    restart_prepared(scratch, with_shim=not asked.without_shim)
    from tests.campaigns.lighter import import_everything, lighten

    import_everything()
    world = scratch / "world"
    if not world.is_dir():
        result_of(lambda: make_world(world, asked.people, asked.seed), scratch / "child.txt")
    stage = Stage(scratch, world, lighten)
    jobs = [job for job in JOBS if not asked.command or job.name in asked.command]
    played = []
    how = HOW[:1] if asked.without_shim else HOW
    for one in moments(stage, jobs, asked, how):
        played.append(one)
        _tell(one)
        print(f"{len(played)}: {one.job} {one.moment} ended {one.ended}", file=sys.stderr)
    run = next(job for job in JOBS if job.name == "run")
    if asked.prefect:
        for one in played_under_prefect(stage, scratch, run, asked.prefect, asked.seed):
            played.append(one)
            _tell(one)
            print(f"{len(played)}: {one.job} {one.moment} ended {one.ended}", file=sys.stderr)
    print(table(played))
    return 1 if any(one.faults for one in played) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--moments", type=int, default=100, help="at random times")
    parser.add_argument("--events", type=int, default=100, help="at things done to files")
    parser.add_argument("--command", action="append", choices=[job.name for job in JOBS])
    parser.add_argument("--prefect", type=int, default=0, help="of `run`, under Prefect")
    parser.add_argument("--without-shim", action="store_true", help="strike in Python only")
    parser.add_argument("--people", type=int, default=150)
    parser.add_argument("--signal", choices=("KILL", "INT", "TERM"), default="KILL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scratch", help="a directory to work in; a new one by default")
    return parser


def moments(
    stage: Stage, jobs: Sequence[Job], asked: argparse.Namespace, how: Sequence[Action]
) -> Iterator[Played]:
    """Play every moment, the jobs in turn."""
    number, chance = getattr(signal, f"SIG{asked.signal}"), random.Random(asked.seed)
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
        if played.ended == 128 + number and not _is_one_line(played.output):
            played.faults.append(f"not reported in one line: {played.output[-500:]}")
    if played.ended not in allowed:
        played.faults.append(f"ended with {played.ended}: {played.output[-500:]}")
    return played


def _is_one_line(output: str) -> bool:
    return [line for line in output.splitlines() if line.startswith("plainscore: ")] == [
        line for line in output.splitlines() if "interrupted" in line
    ]


def _tell(played: Played) -> None:
    for fault in played.faults:
        print(f"LOST {played.job} {played.moment} ({played.ended}): {fault}", flush=True)


def table(played: Sequence[Played]) -> str:
    """Return a line of figures, as JSON, for each job and for all."""
    lines = []
    for name in [*dict.fromkeys(one.job for one in played), "all"]:
        own = [one for one in played if name in (one.job, "all")]
        lines.append(
            json.dumps(
                {
                    "command": name,
                    "moments": len(own),
                    "struck": sum(one.ended != 0 for one in own),
                    "reads": sum(one.reads for one in own),
                    "lost": sum(bool(one.faults) for one in own),
                }
            )
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
