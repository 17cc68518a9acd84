"""The tie pass of 100 million people on a cluster, simulated from what one machine measured.

``python -m benchmarks.tie_pass --data DIR`` takes how many ties people have from a world that is
there, and prints a Markdown table.

The pass joins every tie, seen from either end, with the record of the friend and sums by person.
On a cluster both are shuffled by a key, and a stage ends with its slowest task. So: draw everyone's
number of ties, put everyone into a task by a hash of the key, hand the tasks to the cores in order.
Integers throughout, one seed. A hub is one person more, with as many ties as asked.
"""

import argparse
import heapq
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np

from benchmarks.job import write_job
from benchmarks.plain.__main__ import open_events, run
from plainscore.synthetic.chance import Dice, Ints

DAY = date(2026, 10, 31)
# CPU of features.social_connections and scores.friend_reliability for a tie seen from one end:
# `python -m benchmarks --people 100000`, two scorecards.
NANOSECONDS_PER_SIDE = 800
# A tie seen from one end: two keys, its age, its months, eight bytes each; a record: key and share.
SIDE_BYTES, RECORD_BYTES = 32, 16
PEOPLE_AT_A_TIME = 4_000_000
TASKS = (20_000, 2_000, 200)
HUBS = (0, 1_000, 1_000_000, 10_000_000)
DEGREES = """
    with side as (
        select low_key as person_key from tie union all select high_key from tie
    )
    select count(side.person_key) as ties
    from person
    left join side using (person_key)
    group by person.person_key
    order by ties"""


def main() -> None:
    """Print what the pass takes for each number of tasks and each hub."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--people", type=int, default=100_000_000)
    parser.add_argument("--cores", type=int, default=320)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sides = sides_by_task(degrees(asked.data), asked.people, asked.seed)
    moved = int(sides.sum()) * SIDE_BYTES + asked.people * RECORD_BYTES
    print(f"{asked.people:,} people, {int(sides.sum()):,} ties seen from either end,")
    print(f"{moved / 1e9:,.0f} GB through each of two shuffles, {asked.cores} cores:\n")
    print("| tasks | ties of the hub | median task s | slowest task s | all s |")
    print("|--:|--:|--:|--:|--:|")
    for line in _lines(sides, asked.cores):
        print(line)


def degrees(data_dir: Path) -> Ints:
    """Return how many live ties each person of a world has, least first."""
    with TemporaryDirectory() as home, duckdb.connect() as con:
        job = json.loads(write_job(data_dir, DAY, Path(home)).read_text())
        open_events(con, job)
        run(con, "friendship", job | {"as_of_date": DAY})
        return np.array([ties for (ties,) in con.execute(DEGREES).fetchall()], np.int64)


def sides_by_task(known: Ints, people: int, seed: int) -> Ints:
    """Return the ties of everyone in each of the most tasks, everyone's number drawn from known."""
    dice, most = Dice(seed), max(TASKS)
    sides = np.zeros(most, np.int64)
    for first in range(0, people, PEOPLE_AT_A_TIME):
        who = np.arange(first, min(first + PEOPLE_AT_A_TIME, people), dtype=np.int64)
        ties = known[(dice.roll("ties", who).bits % np.uint64(len(known))).astype(np.int64)]
        task = (dice.roll("task", who).bits % np.uint64(most)).astype(np.int64)
        # bincount sums in floating point, exactly below 2^53.
        sides += np.bincount(task, weights=ties, minlength=most).astype(np.int64)
    return sides


def _lines(sides: Ints, cores: int) -> Iterator[str]:
    for tasks in TASKS:
        # Whoever is in task t of 20,000 is in t modulo 2,000 of 2,000: the same hash.
        by_task = sides.reshape(-1, tasks).sum(axis=0)
        for hub in HUBS:
            with_hub = by_task.copy()
            with_hub[0] += hub
            median, slowest = int(np.median(with_hub)), int(with_hub.max())
            ended = last_end([int(one) for one in with_hub], cores)
            seconds = (f"{n * NANOSECONDS_PER_SIDE / 1e9:,.1f}" for n in (median, slowest, ended))
            yield f"| {tasks:,} | {hub:,} | {' | '.join(seconds)} |"


def last_end(tasks: list[int], cores: int) -> int:
    """Return when the last of the tasks ends, each begun by the first core that is free."""
    free = [0] * cores
    for task in tasks:
        heapq.heapreplace(free, free[0] + task)
    return max(free)


if __name__ == "__main__":
    main()
