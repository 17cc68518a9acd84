"""Play one disturbance: begin afresh, disturb a command, run it again, look at what is there."""

import os
import pickle
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaigns import injected
from tests.campaigns.contents import contents, ledger_faults
from tests.campaigns.forked import ended_within, kill_group, result_of, start, wait
from tests.campaigns.injected import Strike
from tests.campaigns.jobs import BEGINNINGS, Job
from tests.campaigns.reader import Reading, Shown, mixtures, read_until

BEGIN_SECONDS = 60.0


@dataclass(frozen=True)
class Reference:
    """An undisturbed run: what it ends in, what readers see, how long it takes, its events."""

    contents: dict[str, Any]
    before: Shown
    after: Shown
    seconds: float
    events: int


@dataclass
class Played:
    """What became of one disturbance; ``faults`` is empty where nothing was lost."""

    job: str
    moment: str
    ended: int
    output: str
    reads: int = 0
    faults: list[str] = field(default_factory=list)


class Stage:
    """A data directory that can be put back to where a command begins; always at one place."""

    def __init__(self, scratch: Path, world: Path, prepare: Callable[[], None]) -> None:
        """``prepare``: done in every child before a command runs there."""
        self.data = scratch / "data"
        self._scratch = scratch
        self._world = world
        self._prepare = prepare
        self._references: dict[str, Reference] = {}

    def begin(self, name: str) -> None:
        """Put the data directory to a beginning (see ``jobs``), made when it is first needed."""
        kept = self._scratch / "beginnings" / name
        if not kept.is_dir():
            names = list(BEGINNINGS)
            if name != names[0]:
                self.begin(names[names.index(name) - 1])
            else:
                shutil.rmtree(self.data, ignore_errors=True)
                self.data.mkdir()
            self._in_child(lambda: BEGINNINGS[name](self.data, self._world))
            shutil.copytree(self.data, kept)
        shutil.rmtree(self.data)
        shutil.copytree(kept, self.data)

    def _in_child(self, work: Callable[[], Any]) -> Any:
        def prepared() -> Any:
            self._prepare()
            return work()

        return result_of(prepared, self._scratch / "child.txt")

    def start_command(
        self, job: Job, strike: Strike | None, also: Callable[[], None] = lambda: None
    ) -> int:
        """Start the command in a child, with the shim armed; return its pid.

        ``also`` is done in the child before.
        """

        def work() -> int:
            self._prepare()
            also()
            injected.arm(self.data, strike)
            try:
                return job.run(self.data)
            finally:
                if strike is None and os.access(self._scratch, os.W_OK):
                    (self._scratch / "events").write_text(str(injected.events_so_far()))

        return start(work, self._scratch / "output.txt")

    def deliver_again(self, name: str) -> None:
        """Put landing/ back to how it was at a beginning."""
        shutil.rmtree(self.data / "landing")
        shutil.copytree(self._scratch / "beginnings" / name / "landing", self.data / "landing")

    def output(self) -> str:
        """Return what the last command printed."""
        return (self._scratch / "output.txt").read_text()

    def reference(self, job: Job) -> Reference:
        """Run a command undisturbed, once."""
        if job.name not in self._references:
            self.begin(job.begins)
            before = self._shown()
            began = time.monotonic()
            code = wait(self.start_command(job, None))
            seconds = time.monotonic() - began
            assert code == 0, f"{job.name} ended with {code}: {self.output()}"
            events = int((self._scratch / "events").read_text())
            after, found = self._shown(), self._in_child(lambda: contents(self.data))
            assert not found["verify"] + found["left over"], found
            self._references[job.name] = Reference(found, before, after, seconds, events)
        return self._references[job.name]

    def _shown(self) -> Shown:
        stop, begun = self._scratch / "stop", self._scratch / "begun"
        stop.touch()
        catalog = self.data / "plainscore.duckdb"
        if not catalog.exists():
            return frozenset()

        def once() -> Reading:
            from tests.campaigns.reader import _read

            reading = Reading()
            _read(catalog, reading)
            assert not reading.errors, reading.errors
            return reading

        del begun
        (shown,) = result_of(once, self._scratch / "child.txt").shown
        return shown

    def play(self, job: Job, moment: str, disturb: Callable[[], int]) -> Played:
        """Disturb a command beside a looping reader, run it again, compare.

        ``disturb`` runs the command to its end or to the disturbance and returns how it ended.
        """
        reference = self.reference(job)
        self.begin(job.begins)
        reader = self._start_reader()
        ended = disturb()
        played = Played(job.name, moment, ended, self.output())
        played.faults += [f"not whole: {file}" for file in ledger_faults(self.data)]
        code = wait(self.start_command(job, None))
        if code not in job.rerun_may_end:
            played.faults.append(f"the rerun ended with {code}: {self.output()[-500:]}")
        reading = self._stop_reader(reader)
        played.reads = reading.reads
        if not job.may_break_readers:
            played.faults += [f"a reader: {error}" for error in reading.errors[:3]]
        for shown in mixtures(reading, reference.before, reference.after):
            played.faults.append(f"a reader saw a mixture: {sorted(shown)}")
        try:
            found = self._in_child(lambda: contents(self.data))
        except RuntimeError as error:
            played.faults.append(f"the contents cannot be read: {error}")
        else:
            played.faults += _differences(found, reference.contents)
        return played

    def _start_reader(self) -> int:
        stop, begun = self._scratch / "stop", self._scratch / "begun"
        stop.unlink(missing_ok=True)
        begun.unlink(missing_ok=True)

        def read() -> int:
            reading = read_until(stop, self.data, begun)
            (self._scratch / "reading").write_bytes(pickle.dumps(reading))
            return 0

        pid = start(read, self._scratch / "reader.txt")
        while not begun.exists():
            time.sleep(0.005)
        return pid

    def _stop_reader(self, pid: int) -> Reading:
        (self._scratch / "stop").touch()
        if wait(pid):
            return Reading(errors=[(self._scratch / "reader.txt").read_text()[-500:]])
        reading: Reading = pickle.loads((self._scratch / "reading").read_bytes())
        return reading

    def struck(self, job: Job, strike: Strike) -> Callable[[], int]:
        """Return a disturbance: strike at one event."""
        return lambda: wait(self.start_command(job, strike))

    def signalled(self, job: Job, seconds: float, number: int) -> Callable[[], int]:
        """Return a disturbance: a signal after so many seconds."""

        def disturb() -> int:
            pid = self.start_command(job, None)
            ended = ended_within(pid, seconds)
            if ended is None:
                os.kill(pid, number)
                ended = ended_within(pid, BEGIN_SECONDS)
            if ended is None:
                kill_group(pid)
                wait(pid)
                return -999
            return ended

        return disturb


def _differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [
        f"{name} differs: {str(found.get(name))[:300]} instead of {str(wanted.get(name))[:300]}"
        for name in found.keys() | wanted.keys()
        if found.get(name) != wanted.get(name)
    ]
