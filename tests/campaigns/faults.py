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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.campaigns.stage import Job, Played, Stage, add_common_flags, open_stage, report
from tests.campaigns.struck import Strike, shift_clock, wait

NOBODY = 65534
REFUSED, UNEXPECTED, PARTLY_DONE = 5, 1, 6


@dataclass(frozen=True)
class Fault:
    """What fails, what brings that about in the process of the command, and how it may end.

    Of a ``code``, an errno, the disk fails with it from some event on.
    """

    name: str
    bring_about: Callable[[], None] = lambda: None
    may_end: frozenset[int] = frozenset({0, UNEXPECTED, REFUSED, PARTLY_DONE})
    code: int = 0


def _be_nobody() -> None:
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _while_read(disturb: Callable[[Path], None]) -> Callable[[], None]:
    """Do something to a file of landing/ whenever its state is asked for."""

    def bring_about() -> None:
        from plainscore.logs import readers

        state_of = readers.state_of

        def disturbing(path: Path) -> object:
            disturb(path)
            return state_of(path)

        readers.state_of = disturbing  # type: ignore[assignment]

    return bring_about


_states = count()


def _change_second(path: Path) -> None:
    """Let every second file get another line between its first and its last byte."""
    if next(_states) % 4 == 1:
        with path.open("ab") as file:
            file.write(b"\n")


def _vanish(path: Path) -> None:
    """Let a file be gone between the listing and the reading."""
    if "payment" in path.parts:
        path.unlink(missing_ok=True)


FAULTS = (
    Fault("disk full", code=errno.ENOSPC),
    Fault("disk fails", code=errno.EIO),
    Fault("no permission", code=errno.EACCES),
    Fault("written by another user", _be_nobody, frozenset({REFUSED})),
    Fault("landing changes while read", _while_read(_change_second)),
    Fault("landing vanishes while read", _while_read(_vanish)),
    Fault("clock set back", lambda: shift_clock(-60 * 86_400), frozenset({0})),
    Fault("clock set ahead", lambda: shift_clock(400 * 86_400), frozenset({0})),
)
OTHERWISE_BY_DESIGN = {
    ("prune", "clock set back"),  # its grace period has passed when the clock is right again
    ("erase", "landing vanishes while read"),  # rows stay where a file is out of its reach
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; print every fault, every message, and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_common_flags(parser)
    parser.add_argument("--per-fault", type=int, default=2, help="places where a disk fails")
    parser.add_argument("--fault", action="append", help="only faults of this name")
    asked = parser.parse_args(arguments)
    stage, jobs = open_stage(asked)
    return report(_all(stage, jobs, asked))


def _all(stage: Stage, jobs: Sequence[Job], asked: argparse.Namespace) -> Iterator[Played]:
    chance = random.Random(asked.seed)
    for job in jobs:
        for fault in FAULTS:
            is_wanted = not asked.fault or fault.name in asked.fault
            if not is_wanted or (job.name, fault.name) in OTHERWISE_BY_DESIGN:
                continue
            for _ in range(asked.per_fault if fault.code else 1):
                strike = None
                if fault.code:
                    event = chance.randrange(stage.reference(job).events)
                    strike = Strike(event, "fail", fault.code)
                yield _played(stage, job, fault, strike)


def _played(stage: Stage, job: Job, fault: Fault, strike: Strike | None) -> Played:
    def disturb() -> int:
        ended = wait(stage.start_command(job, strike, fault.bring_about))
        if "landing" in fault.name:
            stage.deliver_again(job.begins)
        return ended

    moment = f"{fault.name} from event {strike.event}" if strike else fault.name
    played = stage.play(job, moment, disturb)
    if fault.name == "clock set ahead":
        # What went out of use in the future is deleted only when that has come and gone.
        played.faults = [one for one in played.faults if not one.startswith("left over")]
    if played.ended not in fault.may_end:
        played.faults.append(f"ended with {played.ended}: {played.output[-500:]}")
    if played.ended and (not played.said or "unexpected" in played.output):
        played.faults.append(f"not reported: {played.output[-500:]}")
    if "Traceback" in played.output:
        played.faults.append(f"reported with a traceback: {played.output[-1500:]}")
    return played


if __name__ == "__main__":
    sys.exit(main())
