"""Let the machine fail under every writing command: it says so in a line or two; a rerun fixes it.

    python -m tests.campaigns.faults --per-fault 2 --seed 1

Full disk, failing disk, no permission, files of landing/ that change or vanish while they are read,
the clock set back or ahead. Every command that writes is driven through each. Exit code 1:
something was lost, or was not reported in a line or two.
"""

import argparse
import errno
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns import injected
from tests.campaigns.forked import result_of, wait
from tests.campaigns.injected import Strike, restart_prepared
from tests.campaigns.jobs import JOBS, PEOPLE, Job, make_world
from tests.campaigns.kills import table
from tests.campaigns.stage import Played, Stage

NOBODY = 65534
REFUSED, UNEXPECTED, PARTLY_DONE = 5, 1, 6


@dataclass(frozen=True)
class Fault:
    """What fails, what brings that about in the process of the command, and how it may end."""

    name: str
    bring_about: Callable[[Path], None]
    may_end: frozenset[int] = frozenset({0, UNEXPECTED, REFUSED, PARTLY_DONE})


def _nothing(_data: Path) -> None:
    """Leave it to the shim."""


def _be_nobody(_data: Path) -> None:
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _change_while_read(_data: Path) -> None:
    """Let every second file of landing/ get another line between its first and its last byte."""
    from plainscore.logs import units

    states, state_of = iter(range(10**6)), units.state_of

    def changing(path: Path) -> object:
        if next(states) % 4 == 1:
            with path.open("ab") as file:
                file.write(b"\n")
        return state_of(path)

    units.state_of = changing  # type: ignore[assignment]


def _vanish_while_read(_data: Path) -> None:
    """Let a file of landing/ be gone between the listing and the reading."""
    from plainscore.logs import units

    state_of = units.state_of

    def vanishing(path: Path) -> object:
        if "payment" in path.parts:
            path.unlink(missing_ok=True)
        return state_of(path)

    units.state_of = vanishing  # type: ignore[assignment]


def _shift_clock(days: int) -> Callable[[Path], None]:
    return lambda _data: injected.shift_clock(days * 86_400)


OF_THE_DISK = {"disk full": errno.ENOSPC, "disk fails": errno.EIO, "no permission": errno.EACCES}
OF_THE_WORLD = (
    Fault("written by another user", _be_nobody, frozenset({REFUSED})),
    Fault("landing changes while read", _change_while_read),
    Fault("landing vanishes while read", _vanish_while_read),
    Fault("clock set back", _shift_clock(-60), frozenset({0})),
    Fault("clock set ahead", _shift_clock(400), frozenset({0})),
)


OTHERWISE_BY_DESIGN = {
    ("prune", "clock set back"),  # its grace period has passed when the clock is right again
    ("erase", "landing vanishes while read"),  # rows stay where a file is out of its reach
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; print every fault, every message once, and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-fault", type=int, default=2, help="places where a disk fails")
    parser.add_argument("--command", action="append", choices=[job.name for job in JOBS])
    parser.add_argument("--fault", action="append", help="only faults of this name")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scratch", help="a directory to work in; a new one by default")
    asked = parser.parse_args(arguments)
    scratch = Path(asked.scratch or tempfile.mkdtemp(prefix="faults-"))
    scratch.mkdir(parents=True, exist_ok=True)
    restart_prepared(scratch)
    from tests.campaigns.lighter import import_everything, lighten

    import_everything()
    world = scratch / "world"
    if not world.is_dir():
        result_of(lambda: make_world(world, PEOPLE, asked.seed), scratch / "child.txt")
    stage = Stage(scratch, world, lighten)
    jobs = [job for job in JOBS if not asked.command or job.name in asked.command]
    played = []
    for name, one in _all(stage, jobs, asked.per_fault, asked.seed):
        if asked.fault and name not in asked.fault:
            continue
        played.append(one())
        _tell(played[-1])
    print(table(played))
    return 1 if any(one.faults for one in played) else 0


def _all(
    stage: Stage, jobs: Sequence[Job], per_fault: int, seed: int
) -> Iterator[tuple[str, Callable[[], Played]]]:
    chance = random.Random(seed)
    for job in jobs:
        for name, code in OF_THE_DISK.items():
            for _ in range(per_fault):
                event = chance.randrange(stage.reference(job).events)
                strike = Strike(event, "fail", code)
                yield name, _player(stage, job, Fault(name, _nothing), strike)
        for fault in OF_THE_WORLD:
            if (job.name, fault.name) in OTHERWISE_BY_DESIGN:
                continue
            yield fault.name, _player(stage, job, fault, None)


def _player(stage: Stage, job: Job, fault: Fault, strike: Strike | None) -> Callable[[], Played]:
    def disturb() -> int:
        ended = wait(stage.start_command(job, strike, lambda: fault.bring_about(stage.data)))
        if "landing" in fault.name:
            stage.deliver_again(job.begins)
        return ended

    def play() -> Played:
        moment = f"{fault.name} from event {strike.event}" if strike else fault.name
        played = stage.play(job, moment, disturb)
        if fault.name == "clock set ahead":
            # What went out of use in the future is deleted only when that has come and gone.
            played.faults = [one for one in played.faults if not one.startswith("left over")]
        played.faults += _faults_of_telling(played, fault)
        return played

    return play


def _faults_of_telling(played: Played, fault: Fault) -> Iterator[str]:
    if played.ended not in fault.may_end:
        yield f"ended with {played.ended}: {played.output[-500:]}"
    lines = [line for line in played.output.splitlines() if line.startswith("plainscore: ")]
    if played.ended and (not lines or "unexpected" in played.output):
        yield f"not reported: {played.output[-500:]}"
    if "Traceback" in played.output:
        yield f"reported with a traceback: {played.output[-1500:]}"


def _tell(played: Played) -> None:
    for fault in played.faults:
        print(f"LOST {played.job}, {played.moment} ({played.ended}): {fault}")
    said = [line for line in played.output.splitlines() if line.startswith("plainscore: ")]
    print(f"{played.job}, {played.moment}: exit {played.ended}", *said[:3], sep="\n  ", flush=True)


if __name__ == "__main__":
    sys.exit(main())
