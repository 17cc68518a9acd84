"""Play one disturbance: begin afresh, disturb a command, run it again, look at what is there."""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from plainscore.cli.app import run_command_line
from plainscore.common.standard import STANDARD_CARDS
from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings
from tests.campaigns import struck
from tests.campaigns.contents import contents, ledger_faults
from tests.campaigns.struck import Strike

BEGIN_SECONDS = 60.0

# --- the commands that are struck, and the small worlds in which that happens --------------------

BEGINNINGS = ("delivered", "begun", "taken in", "published")
"""States of a data directory, each made from the one before."""
HELD_BACK = "service/arrived=2026-06-30"
"""Delivered late into an older arrival day."""


@dataclass(frozen=True)
class Job:
    """A command, and the state of the data directory in which it begins."""

    name: str
    begins: str
    line: str
    rerun_may_end: tuple[int, ...] = (0,)
    may_break_readers: bool = False

    @property
    def words(self) -> list[str]:
        return self.line.split()

    def run(self, data_dir: Path) -> int:
        """Run the command in this process; return its exit code."""
        return run_command_line([*self.words, "--data", str(data_dir)])


JOBS = (
    Job("ingest-first", "delivered", "ingest"),
    Job("ingest-more", "begun", "ingest"),
    Job("rebuild", "taken in", "ingest --rebuild"),
    Job("run", "begun", "run --plain --as-of 2026-08-31"),
    Job("publish", "taken in", "run --plain --as-of 2026-08-31"),
    Job("backfill", "begun", "backfill --plain --from 2026-07-01 --to 2026-08-31"),
    Job("compact", "taken in", "compact --grace-days 0"),
    # Once it is done, no person with that id is known.
    Job("erase", "published", "erase p0000007 --yes", (0, 5), may_break_readers=True),
    Job("restate", "taken in", "restate --plain"),
    Job("prune", "published", "prune --keep-daily-days 1 --keep year-ends"),
    Job("compare", "published", "compare"),
    Job("drift", "published", "drift"),
    Job("catalog", "taken in", "verify --rebuild-catalog"),
)


def _begin(name: str, data_dir: Path, world: Path) -> None:
    """Go on to a beginning from the one before it."""
    if name == "delivered":  # two of four months, one log's second month held back
        for day in sorted(world.glob("*/arrived=*")):
            place = day.relative_to(world)
            if day.name < "arrived=2026-07" and place.as_posix() != HELD_BACK:
                shutil.copytree(day, data_dir / "landing" / place)
        return
    line = {
        "begun": "run --plain --as-of 2026-06-30",
        "taken in": "ingest",
        "published": "run --plain --as-of 2026-08-31",
    }[name]
    code = run_command_line([*line.split(), "--data", str(data_dir)])
    assert code == 0, f"{line} ended with {code}"
    if name == "begun":
        shutil.copytree(world, data_dir / "landing", dirs_exist_ok=True)


def _make_world(folder: Path, people: int, seed: int) -> None:
    months = {"first": date(2026, 5, 1), "last": date(2026, 8, 31), "arrivals": "monthly"}
    synthesise(
        WorldSettings(people=people, seed=seed, landing=folder, file_format="mixed", **months)
    )
    shutil.rmtree(folder / "_truth")


# --- a reader in a loop, beside the writer: it must never see an error or a mixture --------------

Shown = frozenset[tuple[str, str, str, int, int]]
"""What one catalog shows: as_of_date, known_on, run, people, sum of the scores."""
SHOWN = f"""
select run.as_of_date::text, run.known_on::text, run.run, count(*), coalesce(sum(s.score), 0)
from run
inner join score_all as s
    on run.as_of_date = s.as_of_date and run.known_on = s.known_on and run.run = s.run
where s.scorecard = '{STANDARD_CARDS[0]}'
group by all
"""
ADDS_UP = (
    "select count(*) from score inner join factor using (person_id, as_of_date, known_on) "
    "where score <> 350 + credit_history + purchase_behaviour + performance_reliability "
    "+ personal_information + social_connections"
)
PAUSE_SECONDS = 0.15


@dataclass
class Reading:
    """What a reader saw: how often it read, every set of runs it was shown, every error."""

    reads: int = 0
    shown: set[Shown] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def read(self, catalog: Path) -> None:
        try:
            with duckdb.connect(str(catalog), read_only=True, config={"threads": 1}) as con:
                shown = con.execute(SHOWN).fetchall()
                wrong = con.execute(ADDS_UP).fetchone()
                for view in ("features", "points", "reason", "check_result"):
                    con.execute(f"select count(*) from {view}").fetchall()
        except duckdb.Error as error:
            self.errors.append(str(error).splitlines()[0])
            return
        self.reads += 1
        self.shown.add(frozenset(shown))
        if wrong != (0,):
            self.errors.append(f"{wrong} scores are not the sum of their factors")

    def mixtures(self, before: Shown, after: Shown) -> list[Shown]:
        """Return what was shown that is neither the old set, nor the new, nor on the way.

        On the way: everything that stays, and some of what comes (or goes), run by whole run.
        """
        return [some for some in self.shown if not (before & after) <= some <= (before | after)]


# --- the stage -----------------------------------------------------------------------------------


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

    @property
    def said(self) -> list[str]:
        """The lines that the command says of itself."""
        return [line for line in self.output.splitlines() if line.startswith("plainscore: ")]


class Stage:
    """A data directory that can be put back to where a command begins; always at one place."""

    def __init__(self, scratch: Path, people: int, seed: int) -> None:
        self.scratch = scratch
        self.data = scratch / "data"
        self._world = scratch / "world"
        self._stop, self._begun = scratch / "stop", scratch / "begun"
        self._references: dict[str, Reference] = {}
        if not self._world.is_dir():
            made = lambda: _make_world(self._world, people, seed)  # noqa: E731
            struck.result_of(made, scratch / "child.txt")

    def begin(self, name: str) -> None:
        """Put the data directory to a beginning, made when it is first needed."""
        kept = self.scratch / "beginnings" / name
        if not kept.is_dir():
            place = BEGINNINGS.index(name)
            if place:
                self.begin(BEGINNINGS[place - 1])
            else:
                shutil.rmtree(self.data, ignore_errors=True)
                self.data.mkdir()
            self._in_child(lambda: _begin(name, self.data, self._world))
            shutil.copytree(self.data, kept)
        shutil.rmtree(self.data)
        shutil.copytree(kept, self.data)

    def _in_child(self, work: Callable[[], Any]) -> Any:
        def prepared() -> Any:
            struck.lighten()
            return work()

        return struck.result_of(prepared, self.scratch / "child.txt")

    def start_command(
        self, job: Job, strike: Strike | None, also: Callable[[], None] = lambda: None
    ) -> int:
        """Start the command in a child, after ``also``, with the shim armed; return its pid."""

        def work() -> int:
            struck.lighten()
            also()
            struck.arm(self.data, strike)
            try:
                return job.run(self.data)
            finally:
                if strike is None and os.access(self.scratch, os.W_OK):
                    (self.scratch / "events").write_text(str(struck.events_so_far()))

        return struck.start(work, self.scratch / "output.txt")

    def deliver_again(self, name: str) -> None:
        """Put landing/ back to how it was at a beginning."""
        shutil.rmtree(self.data / "landing")
        shutil.copytree(self.scratch / "beginnings" / name / "landing", self.data / "landing")

    def reference(self, job: Job) -> Reference:
        """Run a command undisturbed, once."""
        if job.name not in self._references:
            self.begin(job.begins)
            before = self._shown()
            began = time.monotonic()
            code = struck.wait(self.start_command(job, None))
            seconds = time.monotonic() - began
            assert code == 0, f"{job.name} ended with {code}: {self._output()}"
            events = int((self.scratch / "events").read_text())
            after, found = self._shown(), self._in_child(lambda: contents(self.data))
            assert not found["verify"] + found["left over"], found
            self._references[job.name] = Reference(found, before, after, seconds, events)
        return self._references[job.name]

    def _output(self) -> str:
        return (self.scratch / "output.txt").read_text()

    def _shown(self) -> Shown:
        """Return what the catalog shows now, nothing where there is none."""
        reading, catalog = Reading(), self.data / "plainscore.duckdb"
        if not catalog.exists():
            return frozenset()
        reading = self._in_child(lambda: (reading.read(catalog), reading)[1])
        assert not reading.errors, reading.errors
        (shown,) = reading.shown
        assert shown, "readers of the catalog see no scores, so that no mixture could be noticed"
        return shown

    def play(self, job: Job, moment: str, disturb: Callable[[], int]) -> Played:
        """Disturb a command beside a looping reader, run it again, compare.

        ``disturb`` runs the command to its end or to the disturbance and returns how it ended.
        """
        reference = self.reference(job)
        self.begin(job.begins)
        reader = self._start_reader()
        ended = disturb()
        played = Played(job.name, moment, ended, self._output())
        played.faults += [f"not whole: {file}" for file in ledger_faults(self.data)]
        code = struck.wait(self.start_command(job, None))
        if code not in job.rerun_may_end:
            played.faults.append(f"the rerun ended with {code}: {self._output()[-500:]}")
        reading = self._stop_reader(reader)
        played.reads = reading.reads
        if not job.may_break_readers:
            played.faults += [f"a reader: {error}" for error in reading.errors[:3]]
        for shown in reading.mixtures(reference.before, reference.after):
            played.faults.append(f"a reader saw a mixture: {sorted(shown)}")
        try:
            found = self._in_child(lambda: contents(self.data))
        except RuntimeError as error:
            played.faults.append(f"the contents cannot be read: {error}")
        else:
            played.faults += _differences(found, reference.contents)
        return played

    def _start_reader(self) -> int:
        for file in (self._stop, self._begun):
            file.unlink(missing_ok=True)

        def read() -> Reading:
            reading, catalog = Reading(), self.data / "plainscore.duckdb"
            self._begun.touch()
            while not self._stop.exists():
                if reading.reads or catalog.exists():
                    reading.read(catalog)
                time.sleep(PAUSE_SECONDS)
            return reading

        pid = struck.start_answering(read, self.scratch / "reader.txt")
        while not self._begun.exists():
            time.sleep(0.005)
        return pid

    def _stop_reader(self, pid: int) -> Reading:
        self._stop.touch()
        try:
            reading: Reading = struck.answer_of(pid, self.scratch / "reader.txt")
        except RuntimeError as error:
            return Reading(errors=[str(error)[-500:]])
        return reading

    def struck(self, job: Job, strike: Strike) -> Callable[[], int]:
        """Return a disturbance: strike at one event."""
        return lambda: struck.wait(self.start_command(job, strike))

    def signalled(self, job: Job, seconds: float, number: int) -> Callable[[], int]:
        """Return a disturbance: a signal after so many seconds."""

        def disturb() -> int:
            pid = self.start_command(job, None)
            ended = struck.ended_within(pid, seconds)
            if ended is None:
                os.kill(pid, number)
                ended = struck.ended_within(pid, BEGIN_SECONDS)
            if ended is None:
                struck.kill_group(pid)
                struck.wait(pid)
                return -999
            return ended

        return disturb


def _differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [
        f"{name} differs: {str(found.get(name))[:300]} instead of {str(wanted.get(name))[:300]}"
        for name in found.keys() | wanted.keys()
        if found.get(name) != wanted.get(name)
    ]


# --- what the campaigns of kills and of faults have alike ----------------------------------------


def add_common_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--command", action="append", choices=[job.name for job in JOBS])
    parser.add_argument("--people", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scratch", type=Path, help="a directory to work in; a new one by default")


def open_stage(asked: argparse.Namespace, *, with_shim: bool = True) -> tuple[Stage, list[Job]]:
    """Start again with the shim, import everything, and return the stage and the jobs to play."""
    scratch = asked.scratch or Path(tempfile.mkdtemp(prefix="campaign-"))
    scratch.mkdir(parents=True, exist_ok=True)
    struck.restart_prepared(scratch, with_shim=with_shim)
    struck.import_everything()
    jobs = [job for job in JOBS if not asked.command or job.name in asked.command]
    return Stage(scratch, asked.people, asked.seed), jobs


def report(played: Iterator[Played]) -> int:
    """Print every fault as it is found and a line of figures a job; return the exit code."""
    done: list[Played] = []
    for one in played:
        done.append(one)
        for fault in one.faults:
            print(f"LOST {one.job}, {one.moment} ({one.ended}): {fault}", flush=True)
        said = "".join(f"\n  {line}" for line in one.said[:3])
        print(f"{len(done)}: {one.job}, {one.moment}: ended {one.ended}{said}", file=sys.stderr)
    for name in [*dict.fromkeys(one.job for one in done), "all"]:
        own = [one for one in done if name in (one.job, "all")]
        print(json.dumps(_figures(name, own)))
    return int(any(one.faults for one in done))


def _figures(name: str, played: Sequence[Played]) -> dict[str, Any]:
    return {
        "command": name,
        "moments": len(played),
        "struck": sum(one.ended != 0 for one in played),
        "reads": sum(one.reads for one in played),
        "lost": sum(bool(one.faults) for one in played),
    }
