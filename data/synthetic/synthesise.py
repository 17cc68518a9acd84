"""Write a world: all five logs and the truth about them, day by day, in bounded memory.

Every row is a function of (settings but `last` and `landing`, log, person, month). So any person's
or month's rows can be made alone (`rows_arriving_in`), the number of threads decides nothing, and
a later `last` only adds days.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic import files
from plainscore.synthetic.chance import Ints
from plainscore.synthetic.delivery import deliver
from plainscore.synthetic.logs import LOGS, Log
from plainscore.synthetic.rows import Month, Rows, stack
from plainscore.synthetic.truth import (
    Statistic,
    Tally,
    compare_with_targets,
    find_outcomes,
    read_targets,
    write_targets,
    write_truth,
)
from plainscore.synthetic.world import World, WorldSettings, build_world

REACH_MONTHS: Final = 8
"""No row arrives later than this many months after the one that caused it."""

PEOPLE_PER_FILE: Final = 100_000
PEOPLE_PER_BLOCK: Final = 12_500

Progress = Callable[[int, int], None]
"""Called with the number of pieces of work that are done, and of all."""


@dataclass(frozen=True)
class SynthesisResult:
    """What was written.

    `is_new` is False where the same world was in the landing folder already; `rows` counts the
    delivered rows by log.
    """

    is_new: bool
    rows: dict[str, int]
    targets: list[Statistic]


def synthesise(
    settings: WorldSettings, threads: int | None = None, progress: Progress | None = None
) -> SynthesisResult:
    """Write a world into `settings.landing` and compare its figures with their targets.

    A world that is there already stays as it is; one with an earlier last day gets the days after.

    Parameters
    ----------
    threads
        How many logs are written at a time; all processors by default. Decides no byte.

    Raises
    ------
    WorldError
        Where the landing folder holds other logs or another world, or another process writes there.
    """
    with files.sole_writer(settings.landing):
        plan = files.plan_landing(settings)
        if plan.step == "write":
            _write_world(settings, plan.written_until, threads or os.cpu_count() or 1, progress)
        if plan.step != "nothing":
            files.reveal(settings.landing)
        return SynthesisResult(
            is_new=plan.step != "nothing",
            rows=files.recorded_rows(settings.landing),
            targets=read_targets(files.truth_folder(settings.landing)),
        )


def _write_world(
    settings: WorldSettings, written_until: int | None, threads: int, progress: Progress | None
) -> None:
    """Write all logs, the labels and the record into the unfinished folder."""
    files.start_unfinished(settings.landing)
    world = build_world(settings)
    groups = range(-(-settings.people // PEOPLE_PER_FILE))
    tally = Tally()
    with ThreadPoolExecutor(threads) as pool:
        outcomes = pool.submit(find_outcomes, world)
        pieces = [
            pool.submit(_write_log, world, log, group, written_until)
            for group in groups
            for log in LOGS
        ]
        for done, piece in enumerate(as_completed(pieces), start=1):
            tally.merge(piece.result())
            if progress is not None:
                progress(done, len(pieces))
    truth = files.truth_folder(files.unfinished_folder(settings.landing))
    write_truth(truth, world, outcomes.result().troubles, tally.counts)
    write_targets(truth, compare_with_targets(world, tally, outcomes.result()))
    files.complete(settings, {log.name: tally.counts[log.name, "rows"] for log in LOGS})


def _write_log(world: World, log: Log, group: int, written_until: int | None) -> Tally:
    """Write one log of one group of people, month by month."""
    settings = world.settings
    first = group * PEOPLE_PER_FILE
    persons = np.arange(first, min(first + PEOPLE_PER_FILE, settings.people))
    tally = Tally(first, len(persons))
    root = files.unfinished_folder(settings.landing)
    for month, rows in _arrivals_by_month(world, log, persons):
        tally.add_rows(log.name, rows)
        if written_until is not None and month.first_day <= written_until:
            rows = rows.take(rows["arrival"] > written_until)
        if len(rows):
            files.write_arrivals(root, settings, log, month, group, rows)
    return tally


def _arrivals_by_month(world: World, log: Log, persons: Ints) -> Iterator[tuple[Month, Rows]]:
    """Yield what arrives in each month by the day, keeping what arrives later."""
    waiting: list[Rows] = []
    for month in world.settings.months:
        rows = stack([*waiting, *_begun_in(world, log, persons, month)])
        last_day = min(month.last_day, world.settings.last_day)
        day = np.minimum(rows["arrival"], last_day + 1) - month.first_day
        # Sorting 16-bit numbers is counting them; the order within a day stays.
        order = np.argsort(day.astype(np.uint16), kind="stable")
        due = int((day <= last_day - month.first_day).sum())
        yield month, rows.take(order[:due])
        waiting = [rows.take(order[due:])]


def _begun_in(world: World, log: Log, persons: Ints, month: Month) -> list[Rows]:
    """Return all that begins in a month, with what follows from it, as it is delivered.

    Made in blocks of people small enough for a processor's cache.
    """
    blocks = np.split(persons, range(PEOPLE_PER_BLOCK, len(persons), PEOPLE_PER_BLOCK))
    return [
        deliver(world.dice, log, log.rows(world, block, month), world.settings) for block in blocks
    ]


def rows_arriving_in(world: World, log: Log, persons: Ints, month: Month) -> Rows:
    """Return one month's arrivals of some people, made alone: equal to those of the whole world."""
    first = max(world.settings.months[0].number, month.number - REACH_MONTHS)
    rows = stack(
        [
            part
            for number in range(first, month.number + 1)
            for part in _begun_in(world, log, persons, Month(number))
        ]
    )
    return rows.take((rows["arrival"] >= month.first_day) & (rows["arrival"] <= month.last_day))
