"""Drift: how far the people of two published snapshots differ, and how they moved between bands.

A change of what these figures say raises the version of `publish.derived.DRIFT`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from shutil import rmtree
from typing import Any

import duckdb

from plainscore.analysis.counts import FACTOR, SCORE, Count, Subject, cards_of, count_people
from plainscore.analysis.metrics import shorrocks_index, stability_index, stability_noise
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.derived import DRIFT, Kind, derived_folder
from plainscore.publish.publication import publish_derived
from plainscore.publish.runs import Run, RunPair
from plainscore.publish.sets import staging_folder
from plainscore.settings import Settings, temp_directory

SCORE_BIN_POINTS = 20
BINS_PER_FACTOR = 10
NO_RECORD = -1

Row = tuple[Any, ...]
Bin = tuple[bool, int]
"""Whether there is a value, and what is earned."""

_MOVES = """
with

before as (
    select scorecard, scorecard_no, person_id, coalesce(band_no, 0) as band_no,
        coalesce(band, 'not scored') as band
    from {before}
),

after as (
    select scorecard, scorecard_no, person_id, coalesce(band_no, 0) as band_no,
        coalesce(band, 'not scored') as band
    from {after}
),

shared as (
    select scorecard, before.scorecard_no as number_before, after.scorecard_no as number_after
    from (select distinct scorecard, scorecard_no from before) as before
    inner join (select distinct scorecard, scorecard_no from after) as after using (scorecard)
)

select
    number_after,
    shared.scorecard,
    coalesce(before.band_no, -1),
    coalesce(before.band, 'no record'),
    coalesce(after.band_no, -1),
    coalesce(after.band, 'no record'),
    count(*)
from shared
cross join (select person_id from before union select person_id from after) as everyone
left join before
    on before.scorecard_no = number_before and before.person_id = everyone.person_id
left join after
    on after.scorecard_no = number_after and after.person_id = everyone.person_id
group by all
order by all
"""


def pairs_of(runs: Iterable[Run], baseline: Run) -> list[RunPair]:
    """Return every run with the one of the date before it, and with the baseline.

    ``runs``: one of each date, the oldest first.
    """
    ordered = list(runs)
    pairs = {RunPair(before, after) for before, after in pairwise(ordered)}
    pairs |= {
        RunPair(baseline, after)
        for after in ordered
        if after.dates.as_of_date > baseline.dates.as_of_date
    }
    return sorted(pairs, key=lambda pair: (pair.after, pair.before))


def compute_drift(
    data_dir: Path, pairs: Iterable[RunPair], settings: Settings
) -> Iterator[RunPair]:
    """Compute and publish what is not computed yet, and yield it; the rest is left as it is.

    The caller holds the writer lock.
    """
    for pair in pairs:
        if derived_folder(data_dir, DRIFT, pair).is_dir():
            refresh_catalog(data_dir)  # a kill may have come between publishing and showing
            continue
        drift_between(data_dir, pair, settings)
        yield pair


def drift_between(data_dir: Path, pair: RunPair, settings: Settings) -> None:
    """Compute and publish the drift between two runs."""
    spill = temp_directory(data_dir, settings)
    config: dict[str, Any] = {"temp_directory": str(spill)}
    if settings.threads:
        config["threads"] = settings.threads
    if settings.memory_limit:
        config["memory_limit"] = settings.memory_limit
    try:
        with staging_folder(data_dir, "drift") as staging, duckdb.connect(config=config) as con:
            _fill(con, pair, DRIFT.of(data_dir))
            publish_derived(data_dir, con, DRIFT, pair, staging, {})
    finally:
        rmtree(spill, ignore_errors=True)


def _fill(con: duckdb.DuckDBPyConnection, pair: RunPair, kind: Kind) -> None:
    earlier = cards_of(con, pair.before)
    numbers = {name: no for name, no in cards_of(con, pair.after).items() if name in earlier}
    before, after = ({s.key: s for s in count_people(con, run, numbers)} for run in pair)
    subjects = [SubjectPair(before[key], after[key]) for key in after if key in before]
    files = {"before": pair.before.source("score"), "after": pair.after.source("score")}
    moves = [BandMove(*row) for row in con.execute(_MOVES.format(**files)).fetchall()]
    rows: dict[str, Iterable[Row]] = {
        "drift": map(drift_row, subjects),
        "drift_bin": (row for subject in subjects for row in drift_bin_rows(subject)),
        "band_mobility": band_mobility_rows(moves),
        "mobility_index": mobility_index_rows(moves),
    }
    con.execute(f"create schema {kind.schema}")
    for table in kind.tables:
        con.execute(table.ddl)
        filled = [(*pair.before.key, *pair.after.key, *row) for row in rows[table.short_name]]
        if filled:
            places = ", ".join("?" * len(table.columns))
            con.executemany(f"insert into {table.name} values ({places})", filled)


@dataclass(frozen=True)
class SubjectPair:
    """One subject in two snapshots."""

    before: Subject
    after: Subject

    @property
    def bins(self) -> list[tuple[Bin, int, int]]:
        """Every bin that either snapshot has people in, and how many each has.

        A feature's bins are the points it earned, missing values separate; the score's are of
        20 points, a factor's of a tenth of what it can earn.
        """
        ones, others = _people(self.before), _people(self.after)
        bins = sorted(ones.keys() | others.keys())
        return [(one, ones.get(one, 0), others.get(one, 0)) for one in bins]


def _people(subject: Subject) -> Mapping[Bin, int]:
    width = 1
    if subject.kind == SCORE:
        width = SCORE_BIN_POINTS
    elif subject.kind == FACTOR:
        width = max(1, subject.max_points // BINS_PER_FACTOR)

    def bin_of(count: Count) -> Bin:
        return not count.is_missing, count.points // width * width

    return {one: good + bad for one, (good, bad) in subject.people_by(bin_of).items()}


def drift_row(subject: SubjectPair) -> Row:
    """Return the row of ``drift``, without the columns that name the snapshots."""
    ones = [before for _, before, _ in subject.bins]
    others = [after for _, _, after in subject.bins]
    psi = stability_index(ones, others)
    noise = stability_noise(len(ones), sum(ones), sum(others))
    is_beyond = psi is not None and noise is not None and psi > noise
    return (*subject.after.key, sum(ones), sum(others), len(ones), psi, noise, is_beyond)


def drift_bin_rows(subject: SubjectPair) -> Iterator[Row]:
    """Yield the rows of ``drift_bin``."""
    scorecard, scorecard_no, subject_no, _, name = subject.after.key
    missing = sum(not has_value for (has_value, _), *_ in subject.bins)
    for place, ((has_value, points), before, after) in enumerate(subject.bins, start=1):
        bin_no = place - missing if has_value else 0
        yield scorecard, scorecard_no, subject_no, name, bin_no, points, before, after


@dataclass(frozen=True)
class BandMove:
    """How many people went from one band of a scorecard to another; 0 not scored, -1 no record."""

    scorecard_no: int
    scorecard: str
    band_no_before: int
    band_before: str
    band_no_after: int
    band_after: str
    people: int


def band_mobility_rows(moves: Sequence[BandMove]) -> Iterator[Row]:
    """Yield the rows of ``band_mobility``."""
    left: dict[tuple[int, int], int] = {}
    for one in moves:
        key = (one.scorecard_no, one.band_no_before)
        left[key] = left.get(key, 0) + one.people
    for one in moves:
        yield (
            one.scorecard, one.scorecard_no, one.band_no_before, one.band_before,
            one.band_no_after, one.band_after, one.people,
            one.people / left[one.scorecard_no, one.band_no_before],
        )  # fmt: skip


def mobility_index_rows(moves: Sequence[BandMove]) -> Iterator[Row]:
    """Yield the rows of ``mobility_index``: of those who have a record in both snapshots."""
    for number, name in sorted({(one.scorecard_no, one.scorecard) for one in moves}):
        both = [
            (one.band_no_before, one.band_no_after, one.people)
            for one in moves
            if one.scorecard_no == number
            and NO_RECORD not in (one.band_no_before, one.band_no_after)
        ]
        yield (
            name, number,
            sum(people for _, _, people in both),
            sum(people for before, after, people in both if before != after),
            sum(people for before, after, people in both if 0 < before < after),
            sum(people for before, after, people in both if 0 < after < before),
            shorrocks_index(both),
        )  # fmt: skip
