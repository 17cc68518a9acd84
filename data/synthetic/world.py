"""Make a world: all five logs and the truth about them, day by day, in bounded memory.

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

from plainscore.synthetic import landing
from plainscore.synthetic.disorder import deliver
from plainscore.synthetic.logs import LOGS, Log
from plainscore.synthetic.months import Month
from plainscore.synthetic.outcomes import find_outcomes
from plainscore.synthetic.randomness import Ints
from plainscore.synthetic.rows import Rows, stack
from plainscore.synthetic.settings import WorldSettings
from plainscore.synthetic.society import Society, found_society
from plainscore.synthetic.statistics import Statistic, compare_with_targets
from plainscore.synthetic.tally import Tally
from plainscore.synthetic.truth import read_targets, write_truth
from plainscore.synthetic.writing import write_arrivals

REACH_MONTHS: Final = 8
"""No row arrives later than this many months after the one that brought it about."""

PEOPLE_PER_FILE: Final = 100_000
PEOPLE_PER_BLOCK: Final = 12_500

Progress = Callable[[int, int], None]
"""Told how many pieces of work are done, and of how many."""


@dataclass(frozen=True)
class WorldStatistics:
    """What a world turned out to be.

    `is_new` is False where the very same world stood in the landing folder already; `rows` counts
    the delivered rows by log.
    """

    is_new: bool
    rows: dict[str, int]
    targets: list[Statistic]


def synthesise(
    settings: WorldSettings, threads: int | None = None, progress: Progress | None = None
) -> WorldStatistics:
    """Write a world into `settings.landing` and hold it against its targets.

    A world that stands there already is left alone; one with an earlier last day gets the days
    after.

    Parameters
    ----------
    threads
        How many logs are written at a time; all processors by default. Decides no byte.

    Raises
    ------
    WorldError
        Where the landing folder holds other logs or another world, or another process writes there.
    """
    with landing.sole_writer(settings.landing):
        plan = landing.plan_landing(settings)
        if plan.step == "write":
            _write_world(settings, plan.written_until, threads or os.cpu_count() or 1, progress)
        if plan.step != "nothing":
            landing.reveal(settings.landing)
        return WorldStatistics(
            is_new=plan.step != "nothing",
            rows=landing.recorded_rows(settings.landing),
            targets=read_targets(landing.truth_folder(settings.landing)),
        )


def _write_world(
    settings: WorldSettings, written_until: int | None, threads: int, progress: Progress | None
) -> None:
    """Write all logs, the labels and the record into the unfinished folder."""
    landing.start_unfinished(settings.landing)
    society = found_society(settings)
    groups = range(-(-settings.people // PEOPLE_PER_FILE))
    tally = Tally(np.zeros(0, dtype=np.int64))
    with ThreadPoolExecutor(threads) as pool:
        outcomes = pool.submit(find_outcomes, society)
        pieces = [
            pool.submit(_write_log, society, log, group, written_until)
            for group in groups
            for log in LOGS
        ]
        for done, piece in enumerate(as_completed(pieces), start=1):
            tally.merge(piece.result())
            if progress is not None:
                progress(done, len(pieces))
    write_truth(
        landing.truth_folder(landing.unfinished_folder(settings.landing)),
        society,
        outcomes.result().troubles,
        tally,
        compare_with_targets(society, tally, outcomes.result()),
    )
    landing.complete(settings, {log.name: tally.counts[log.name, "rows"] for log in LOGS})


def _write_log(society: Society, log: Log, group: int, written_until: int | None) -> Tally:
    """Write one log of one group of people, month by month."""
    settings = society.settings
    persons = _group_members(settings, group)
    tally = Tally(persons)
    root = landing.unfinished_folder(settings.landing)
    for month, rows in _arrivals_by_month(society, log, persons):
        tally.add_rows(log.name, rows)
        if written_until is not None and month.first_day <= written_until:
            rows = rows.take(rows["arrival"] > written_until)
        if len(rows):
            write_arrivals(root, settings, log, month, group, rows)
    return tally


def _group_members(settings: WorldSettings, group: int) -> Ints:
    first = group * PEOPLE_PER_FILE
    return np.arange(first, min(first + PEOPLE_PER_FILE, settings.people))


def _arrivals_by_month(society: Society, log: Log, persons: Ints) -> Iterator[tuple[Month, Rows]]:
    """Yield what arrives in each month by the day, keeping back what arrives later."""
    waiting: list[Rows] = []
    for month in society.settings.months:
        rows = stack([*waiting, *_begun_in(society, log, persons, month)])
        last_day = min(month.last_day, society.settings.last_day)
        day = np.minimum(rows["arrival"], last_day + 1) - month.first_day
        # Sorting 16-bit numbers is counting them; the order within a day stays.
        order = np.argsort(day.astype(np.uint16), kind="stable")
        due = int((day <= last_day - month.first_day).sum())
        yield month, rows.take(order[:due])
        waiting = [rows.take(order[due:])]


def _begun_in(society: Society, log: Log, persons: Ints, month: Month) -> list[Rows]:
    """Return all that begins in a month, with what follows from it, as it is delivered.

    Made in blocks of people small enough for a processor's cache.
    """
    blocks = np.split(persons, range(PEOPLE_PER_BLOCK, len(persons), PEOPLE_PER_BLOCK))
    return [
        deliver(society.dice, log.name, log.rows(society, block, month), society.settings)
        for block in blocks
    ]


def rows_arriving_in(society: Society, log: Log, persons: Ints, month: Month) -> Rows:
    """Return one month's arrivals of some people, made alone: equal to those of the whole world."""
    first = max(society.settings.months[0].number, month.number - REACH_MONTHS)
    rows = stack(
        [
            part
            for number in range(first, month.number + 1)
            for part in _begun_in(society, log, persons, Month(number))
        ]
    )
    return rows.take((rows["arrival"] >= month.first_day) & (rows["arrival"] <= month.last_day))
