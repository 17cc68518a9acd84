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
from datetime import date
from pathlib import Path

from benchmarks.measuring import COMMAND, Taken, machine, present_load, take
from benchmarks.world import borrow, differing_rows, scored_person, size_of, write_job

DAY, MONTH_BEFORE = date(2026, 10, 31), date(2026, 9, 30)
# The SQL by hand knows the features of 1.0.0: the runs are held against it.
CARDS = "--scorecard standard --scorecard reported_b"
MAKING = {
    "synthesise": "synthesise --people {people}",
    "ingest": "ingest",
    "compact": "compact --grace-days 0",
}
BY_HAND = ("floor", "plain")
RUNNING = {
    "run --plain": f"run --as-of {DAY} --no-prefect --force {CARDS}",
    "backfill": f"backfill --from {MONTH_BEFORE} --to {DAY} --no-prefect --force {CARDS}",
    "run": f"run --as-of {DAY} --force {CARDS}",
}
READING = {"report": "report", "explain": "explain {person}"}
STAGES = (*MAKING, *BY_HAND, *RUNNING, *READING)
MIB = 2**20

Stages = dict[str, Taken]


def main() -> int:
    """Measure every world and print its tables; return 1 where a stage failed or rows differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000])
    parser.add_argument("--data", type=Path, default=None, help="a world that is there")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--memory-limit", default=None, help="of the runs, e.g. 3GB")
    asked = parser.parse_args()
    failed = False
    for people in [0] if asked.data else asked.people:
        with tempfile.TemporaryDirectory(prefix="plainscore-") as made:
            failed |= measure(Path(made), people, asked)
    return int(failed)


def measure(home: Path, people: int, asked: argparse.Namespace) -> bool:
    """Measure one world and print its tables; return whether a stage failed or rows differ."""
    data = borrow(asked.data, home) if asked.data else home / "data"
    wanted = [one for one in STAGES if one in asked.only and not (asked.data and one in MAKING)]
    taken: Stages = {}
    loads = []
    for stage in wanted:
        # Some words are known only when the stages before are done.
        words = _words(stage, data, home, people, asked.memory_limit)
        loads.append(present_load())
        print(f"{stage}: load {loads[-1]}", file=sys.stderr, flush=True)
        taken[stage] = take(words)
    differing = {}
    if "plain" in wanted and set(RUNNING) & set(wanted):
        differing = differing_rows(data, DAY, home / "result.parquet")
    people, events, sizes = size_of(data)
    shown = ", ".join(f"{log} {size / MIB:,.0f} MiB" for log, size in sizes.items())
    print(f"## {people:,} people, {events:,} events\n")
    print(f"{machine()}. Load when the stages began: {min(loads):.1f} to {max(loads):.1f}.")
    print(f"Event files: {shown}.")
    for view, count in differing.items():
        print(f"Rows of `{view}` in which the run and the SQL by hand differ: {count}.")
    print("\n".join(["", *stage_rows(taken), "", *goal_rows(taken, people), ""]), flush=True)
    return any(one.exit_code for one in taken.values()) or any(differing.values())


def _words(stage: str, data: Path, home: Path, people: int, limit: str | None) -> list[str]:
    """Return the command of a stage."""
    if stage in BY_HAND:
        words = [sys.executable, "-m", "benchmarks.plain", str(write_job(data, DAY, home))]
        return [*words, "--floor"] if stage == "floor" else words
    person = scored_person(data) if stage == "explain" else ""
    words = (MAKING | RUNNING | READING)[stage].format(people=people, person=person).split()
    limits = ["--memory-limit", limit] if limit and stage in RUNNING else []
    return [*COMMAND, *words, *limits, "--data", str(data)]


def stage_rows(taken: Stages) -> Iterator[str]:
    """Yield the lines of the table of stages."""
    yield "| stage | wall s | CPU s | own MiB | all MiB | written MiB | CPU x floor | CPU x plain |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for stage, one in taken.items():
        name = f"{stage} (exit code {one.exit_code})" if one.exit_code else stage
        seconds = f"{one.wall_seconds:,.1f} | {one.cpu_seconds:,.1f}"
        sizes = (one.own_bytes, one.all_bytes, one.written_bytes)
        memory = " | ".join(f"{size / MIB:,.0f}" for size in sizes)
        ratios = " | ".join(_ratio(taken, stage, base) for base in BY_HAND)
        yield f"| {name} | {seconds} | {memory} | {ratios} |"


def _ratio(taken: Stages, stage: str, base: str) -> str:
    if not (stage in taken and base in taken and taken[base].cpu_seconds):
        return ""
    return f"{taken[stage].cpu_seconds / taken[base].cpu_seconds:.1f}"


def goal_rows(taken: Stages, people: int) -> Iterator[str]:
    """Yield the lines of the table of goals, those whose stages were measured."""
    if "run --plain" not in taken:
        return
    run = taken["run --plain"]
    goals = {
        "run at most 1.6 x plain": _ratio(taken, "run --plain", "plain"),
        "run at most 15 x floor": _ratio(taken, "run --plain", "floor"),
        "run in less than 4.5 GB": f"{run.all_bytes / 1e9:.2f} GB",
        "CPU of a run per million people, flat within 20 %": (
            f"{run.cpu_seconds / people * 1e6:,.0f} s"
        ),
    }
    if "backfill" in taken:
        later = taken["backfill"].cpu_seconds - run.cpu_seconds
        goals["second date of a backfill at most .6 of a first"] = f"{later / run.cpu_seconds:.2f}"
    yield "| goal | measured |"
    yield "|---|--:|"
    yield from (f"| {goal} | {measured} |" for goal, measured in goals.items() if measured)


if __name__ == "__main__":
    sys.exit(main())
