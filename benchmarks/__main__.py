"""What every stage costs, and what the same costs by hand: one Markdown table a world.

    python -m benchmarks --people 10000 100000
    python -m benchmarks --data DIR --only run floor plain

Each stage is a process of its own, started as its user would start it. ``--data`` measures a world
that is there: it is not written to, and of it nothing is synthesised or ingested. Needs Linux.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.job import write_job
from benchmarks.measuring import COMMAND, machine, present_load, take
from benchmarks.table import WorldFigures, markdown
from benchmarks.world import borrow, bytes_of_events, counted, differing_rows, scored_person

DAY, MONTH_BEFORE = date(2026, 10, 31), date(2026, 9, 30)
MAKING = ("synthesise", "ingest", "compact")
BY_HAND = ("floor", "plain")
RUNNING = ("run --plain", "backfill", "run")
STAGES = (*MAKING, *BY_HAND, *RUNNING, "report", "explain")


def main() -> int:
    """Measure every world and print its tables; return 1 where a stage failed or rows differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000])
    parser.add_argument("--data", type=Path, default=None, help="a world that is there")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--memory-limit", default=None, help="of the runs, e.g. 3GB")
    parser.add_argument("--home", type=Path, default=None, help="work here, and leave it")
    asked = parser.parse_args()
    failed = False
    for people in [0] if asked.data else asked.people:
        with _home(asked.home, people) as home:
            world = measured(home, people, asked)
        print(markdown(world), flush=True)
        failed |= any(one.exit_code for one in world.taken.values())
        failed |= any(world.differing.values())
    return int(failed)


@contextmanager
def _home(kept: Path | None, people: int) -> Iterator[Path]:
    if kept is not None:
        home = kept / str(people)
        home.mkdir(parents=True, exist_ok=True)
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="plainscore-") as made:
        yield Path(made)


def measured(home: Path, people: int, asked: argparse.Namespace) -> WorldFigures:
    """Measure one world."""
    data = borrow(asked.data, home) if asked.data else home / "data"
    wanted = [one for one in STAGES if one in asked.only and not (asked.data and one in MAKING)]
    world = WorldFigures(machine())
    for stage, words in _commands(wanted, data, home, people, asked.memory_limit):
        print(f"{stage}: load {present_load()}", file=sys.stderr, flush=True)
        world.loads.append(present_load())
        world.taken[stage] = take(words)
    world.people, world.events = counted(data)
    world.event_bytes = bytes_of_events(data)
    if "plain" in wanted and set(RUNNING) & set(wanted):
        world.differing = differing_rows(data, DAY, home / "result.parquet")
    return world


def _commands(
    wanted: list[str], data: Path, home: Path, people: int, limit: str | None
) -> Iterator[tuple[str, list[str]]]:
    """Yield what to start, one after the other: some words are known only when others are done."""
    limits = ["--memory-limit", limit] if limit else []
    runs = {
        "run": f"run --as-of {DAY} --force".split(),
        "run --plain": f"run --as-of {DAY} --plain --force".split(),
        "backfill": f"backfill --from {MONTH_BEFORE} --to {DAY} --plain --force".split(),
    }
    ours = {
        "synthesise": ["synthesise", "--people", str(people)],
        "ingest": ["ingest"],
        "compact": ["compact", "--grace-days", "0"],
        **{name: [*words, *limits] for name, words in runs.items()},
        "report": ["report"],
    }
    for stage in wanted:
        if stage in ours:
            yield stage, [*COMMAND, *ours[stage], "--data", str(data)]
        elif stage == "explain":
            yield stage, [*COMMAND, "explain", scored_person(data), "--data", str(data)]
        else:
            job = write_job(data, DAY, home)
            words = [sys.executable, "-m", "benchmarks.plain", str(job)]
            yield stage, [*words, "--floor"] if stage == "floor" else words


if __name__ == "__main__":
    sys.exit(main())
