"""A year of daily snapshots of a growing world, in one process: what grows, and what must not.

`python -m tests.campaigns.soak --days 365 --people 5000 --home DIR` invents a world, then lives it
day by day: one day's files arrive, the day's snapshot is published by the plain functions, and it
is noted what that took. Stopped (--minutes, Ctrl-C, a kill), it goes on where it was; --summary
only prints the table again. Seconds are the processor's: other programs do not count. The
checks take most of a small world's day and look at no other day: --checks-every 10 makes them on
every tenth day only.
"""

import argparse
import json
import os
import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.lock import writer_lock
from plainscore.logs.compaction import compact
from plainscore.publish.catalog import refresh_catalog
from plainscore.runs.ledger import StageRecord
from plainscore.runs.observers import Observer
from plainscore.runs.request import read_request
from plainscore.runs.run import SnapshotRun, score_day
from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings
from tests.campaigns.soak_table import print_summary
from tests.quick_runs import quick_runs

FIRST = date(2025, 11, 1)
EVERY = 30
NOTES = "soak.jsonl"
Figures = dict[str, Any]


def main() -> None:
    wanted = _arguments()
    notes = wanted.home / NOTES
    if not wanted.summary:
        _live(wanted, notes)
    print_summary(_read(notes), EVERY)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--home", type=Path, required=True, help="where the world and data stand")
    parser.add_argument("--minutes", type=float, default=10_000.0, help="stop after so many")
    parser.add_argument("--checks-every", type=int, default=1, metavar="N", help="days")
    parser.add_argument("--compact", action="store_true", help="on the first day of every month")
    parser.add_argument("--summary", action="store_true", help="print what was noted, and end")
    return parser.parse_args()


def _live(wanted: argparse.Namespace, notes: Path) -> None:
    world, data_dir = wanted.home / "world", wanted.home / "data"
    last = FIRST + timedelta(days=wanted.days - 1)
    settings = WorldSettings(
        people=wanted.people, first=FIRST, last=last, seed=1, landing=world / "landing"
    )
    synthesise(settings, 1, None)
    until = time.monotonic() + wanted.minutes * 60
    for number in range(len(_read(notes)) + 1, wanted.days + 1):
        if time.monotonic() > until:
            return
        day = FIRST + timedelta(days=number - 1)
        _deliver(world, data_dir, day)
        figures = _one_day(
            data_dir,
            day,
            is_checking=number % wanted.checks_every == 0,
            is_compacting=wanted.compact and day.day == 1,
        )
        with notes.open("a") as file:
            file.write(json.dumps({"day": number, "as_of_date": str(day), **figures}) + "\n")
        if number % EVERY == 0:
            print_summary(_read(notes), EVERY)


def _read(notes: Path) -> list[Figures]:
    return [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []


def _deliver(world: Path, data_dir: Path, day: date) -> None:
    """Let a day's files arrive; a day that was delivered before a kill has arrived already."""
    for folder in sorted((world / "landing").glob(f"*/arrived={day}")):
        target = data_dir / "landing" / folder.parent.name / folder.name
        if not target.exists():
            shutil.copytree(folder, target)


class StageTimes(Observer):
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._before = 0.0

    def started(self, *_: Any) -> None:
        self._before = time.process_time()

    def finished(self, _run: SnapshotRun, facts: StageRecord) -> None:
        self.seconds[facts.stage] = time.process_time() - self._before


def _one_day(data_dir: Path, day: date, *, is_checking: bool, is_compacting: bool) -> Figures:
    timed = StageTimes()
    wall = time.monotonic()
    with writer_lock(data_dir, "soak"):
        if is_compacting:
            before = time.process_time()
            compact(data_dir, timedelta(0))
            refresh_catalog(data_dir)
            timed.seconds["compact"] = time.process_time() - before
        with nullcontext() if is_checking else quick_runs():
            request = read_request(day, data=data_dir, threads=2)
            outcome = score_day(request, observers=[timed])
    assert outcome.is_new
    return {
        "seconds": sum(timed.seconds.values()),
        "wall": time.monotonic() - wall,
        "steps": timed.seconds,
        "pid": os.getpid(),
        "rss_mb": _resident_mb(),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        **_on_disk(data_dir),
        **_catalog(data_dir, day),
    }


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _on_disk(data_dir: Path) -> Figures:
    counts = {"event_files": 0, "run_files": 0, "stray_files": 0}
    for file in _files(data_dir):
        place = file.relative_to(data_dir).parts
        if place[0] == "events":
            counts["event_files"] += 1
        elif place[0] == "snapshots" and not place[1].startswith("_"):
            counts["run_files"] += 1
        elif place[0] not in ("landing", "plainscore.duckdb", ".lock") and place[1] != "_ledger":
            counts["stray_files"] += 1
    return counts


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _catalog(data_dir: Path, day: date) -> Figures:
    """Return the catalog's size, and the best of three openings with a first answer."""
    file = data_dir / "plainscore.duckdb"
    took = []
    for _ in range(3):
        before = time.process_time()
        with duckdb.connect(str(file), read_only=True) as con:
            sql = "select count(*) from score where as_of_date = ?"
            people = con.execute(sql, [day]).fetchall()[0][0]
        took.append(time.process_time() - before)
    return {"people": people, "catalog_mb": file.stat().st_size / 2**20, "opening": min(took)}


if __name__ == "__main__":
    main()
