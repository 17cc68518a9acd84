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
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

import duckdb
import polars as pl

from plainscore.common.lock import writer_lock
from plainscore.publish.catalog import refresh_catalog
from plainscore.runs.ledger import StageRecord
from plainscore.runs.observers import Observer, RunState
from plainscore.runs.request import read_request
from plainscore.runs.run import score_day
from plainscore.store.lake import Lake
from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings
from tests.campaigns.contents import TRANSIENT
from tests.quick_runs import quick_runs

FIRST, EVERY, AROUND = date(2025, 11, 1), 30, 5
COLUMNS = (
    "day", "people", "seconds", "wall", "fixed", "rss_mb", "peak_mb", "descriptors", "event_files",
    "run_files", "stray_files", "catalog_mb", "opening",
)  # fmt: skip
OF_PROCESS = ("rss_mb", "descriptors")
# What these cost follows the rows of the world; all else should cost the same every day.
OF_DATA = ("raw", "staging", "features", "scores", "audits", "published")
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--home", type=Path, required=True, help="where the world and data stand")
    parser.add_argument("--minutes", type=float, default=10_000.0, help="stop after so many")
    parser.add_argument("--checks-every", type=int, default=1, metavar="N", help="days")
    parser.add_argument("--compact", action="store_true", help="on the first day of every month")
    parser.add_argument("--summary", action="store_true", help="print what was noted, and end")
    wanted = parser.parse_args()
    notes = wanted.home / "soak.jsonl"
    if not wanted.summary:
        _live(wanted, notes)
    print_summary(_read(notes))


def _read(notes: Path) -> list[Figures]:
    return [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []


def _live(wanted: argparse.Namespace, notes: Path) -> None:
    landing, data_dir = wanted.home / "world" / "landing", wanted.home / "data"
    last = FIRST + timedelta(days=wanted.days - 1)
    world = WorldSettings(people=wanted.people, first=FIRST, last=last, seed=1, landing=landing)
    synthesise(world, 1, None)
    until = time.monotonic() + wanted.minutes * 60
    for number in range(len(_read(notes)) + 1, wanted.days + 1):
        if time.monotonic() > until:
            return
        day = FIRST + timedelta(days=number - 1)
        for folder in sorted(landing.glob(f"*/arrived={day}")):
            target = data_dir / "landing" / folder.parent.name / folder.name
            if not target.exists():  # it has arrived already where a kill came after it
                shutil.copytree(folder, target)
        is_checking = number % wanted.checks_every == 0
        figures = _one_day(data_dir, day, is_checking, wanted.compact and day.day == 1)
        with notes.open("a") as file:
            file.write(json.dumps({"day": number, "as_of_date": str(day), **figures}) + "\n")
        if number % EVERY == 0:
            print_summary(_read(notes))


class StageTimes(Observer):
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._before = 0.0

    def started(self, *_: Any) -> None:
        self._before = time.process_time()

    def finished(self, _run: RunState, facts: StageRecord) -> None:
        self.seconds[facts.stage] = time.process_time() - self._before


def _one_day(data_dir: Path, day: date, is_checking: bool, is_compacting: bool) -> Figures:
    timed = StageTimes()
    wall = time.monotonic()
    with writer_lock(data_dir, "soak"):
        if is_compacting:
            before = time.process_time()
            with Lake(data_dir / "events", {}) as lake:
                lake.compact(timedelta(0))
            refresh_catalog(data_dir)
            timed.seconds["compact"] = time.process_time() - before
        with nullcontext() if is_checking else quick_runs():
            request = read_request(day, data=data_dir, threads=2)
            assert score_day(request, observers=[timed]).is_new
    resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "seconds": sum(timed.seconds.values()),
        "wall": time.monotonic() - wall,
        "steps": timed.seconds,
        "pid": os.getpid(),
        "rss_mb": resident_pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        **_on_disk(data_dir),
        **_catalog(data_dir, day),
    }


def _on_disk(data_dir: Path) -> Figures:
    counts = {"event_files": 0, "run_files": 0, "stray_files": 0}
    for file in data_dir.rglob("*"):
        place = file.relative_to(data_dir).parts
        if file.is_dir():
            continue
        if place[0] == "events":
            counts["event_files"] += 1
        elif place[0] == "snapshots" and not place[1].startswith("_"):
            counts["run_files"] += 1
        elif place[0] not in ("landing", *TRANSIENT) and "_ledger" not in place:
            counts["stray_files"] += 1
    return counts


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


# --- what a soak noted, as tables: some days, the steps, and what grew ---------------------------


def print_summary(days: Sequence[Figures]) -> None:
    """Print every so many days, the steps around day 10 and the last day, and the slopes."""
    for day in days:
        day["fixed"] = sum(s for name, s in day["steps"].items() if name not in OF_DATA)
    chosen = [d for d in days if d["day"] in (1, 10, len(days)) or d["day"] % EVERY == 0]
    early, late = days[10 - AROUND : 10 + AROUND], days[-2 * AROUND :]
    steps = sorted({name for day in days for name in day["steps"]})
    growing = ("fixed", *OF_PROCESS, "opening", "stray_files")
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, float_precision=3):
        print(pl.DataFrame([{name: day[name] for name in COLUMNS} for day in chosen]))
        around_10, last = ([_median(some, step) for step in steps] for some in (early, late))
        print(pl.DataFrame({"median seconds": steps, "day 10": around_10, "last": last}))
        slopes = [_slope(days, name) for name in growing]
        print(pl.DataFrame({"growth in 100 days": growing, "slope": slopes}))


def _median(days: Sequence[Figures], step: str) -> float | None:
    seconds = [day["steps"][step] for day in days if step in day["steps"]]
    return median(seconds) if seconds else None


def _slope(days: Sequence[Figures], name: str) -> float:
    """Return the growth in 100 days; memory within the last process only, without its start."""
    if name in OF_PROCESS:
        days = [day for day in days if day["pid"] == days[-1]["pid"]][10:]
    if len(days) < 2:
        return 0.0
    slope = linear_regression([day["day"] for day in days], [day[name] for day in days]).slope
    return 100 * float(slope)


if __name__ == "__main__":
    main()
