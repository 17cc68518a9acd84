"""Drift: how far the people of two published snapshots differ, and how they moved between bands.

A change of what these figures say raises the version of `publish.derived.DRIFT`.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import duckdb

from plainscore.analysis.counts import Row, count_people, fill_figures
from plainscore.analysis.metrics import shorrocks_index, stability_index, stability_noise
from plainscore.contracts.catalog import load_catalog
from plainscore.engines.build import built
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.derived import DRIFT, derived_folder
from plainscore.publish.publication import publish_derived
from plainscore.publish.runs import Run, RunPair
from plainscore.publish.sets import staging_folder
from plainscore.settings import Settings, engine_options

# A feature's bins are the points it earned, missing values separate; the score's are of 20 points,
# a factor's of a tenth of what it can earn. Without outcomes everyone is counted as good.
_BINS = """
create temp table bin as
with

shared as (
    select scorecard, after.scorecard_no, subject_no, subject_kind, subject
    from people_after_subject as after
    inner join people_before_subject as before
        using (scorecard, subject_no, subject_kind, subject)
),

side as (
    select *, good as before, 0 as after from people_before
    union all
    select *, 0, good from people_after
),

binned as (
    select
        scorecard, subject_no, not is_missing as has_value, points, before, after,
        case subject_kind
            when 'score' then 20 when 'factor' then greatest(1, max_points // 10) else 1
        end as width
    from side
)

select
    shared.*,
    has_value,
    points // width * width as points,
    cast(sum(before) as bigint) as before,
    cast(sum(after) as bigint) as after
from binned
inner join shared using (scorecard, subject_no)
group by all
"""
_DRIFT = """
select
    scorecard, scorecard_no, subject_no, subject_kind, subject,
    list(before order by has_value, points) filter (where points is not null),
    list(after order by has_value, points) filter (where points is not null)
from bin
group by all
"""
_DRIFT_BIN = """
select
    scorecard, scorecard_no, subject_no, subject,
    if(has_value, row_number() over (
        partition by scorecard_no, subject_no, has_value order by points
    ), 0),
    points, before, after
from bin
where points is not null
"""
_MOVES = """
create temp table move as
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
    shared.scorecard,
    number_after as scorecard_no,
    coalesce(before.band_no, -1) as from_no,
    coalesce(before.band, 'no record') as from_band,
    coalesce(after.band_no, -1) as to_no,
    coalesce(after.band, 'no record') as to_band,
    count(*) as people
from shared
cross join (select person_id from before union select person_id from after) as everyone
left join before
    on before.scorecard_no = number_before and before.person_id = everyone.person_id
left join after
    on after.scorecard_no = number_after and after.person_id = everyone.person_id
group by all
"""
_BAND_MOBILITY = """
select *, people / sum(people) over (partition by scorecard_no, from_no) from move
"""
# Numbers: 0 is not scored, -1 no record.
_MOBILITY_INDEX = """
select
    scorecard,
    scorecard_no,
    coalesce(sum(people) filter (where is_in_both), 0),
    coalesce(sum(people) filter (where is_in_both and from_no <> to_no), 0),
    coalesce(sum(people) filter (where 0 < from_no and from_no < to_no), 0),
    coalesce(sum(people) filter (where 0 < to_no and to_no < from_no), 0),
    list((from_no, to_no, people)) filter (where is_in_both)
from (select *, from_no >= 0 and to_no >= 0 as is_in_both from move)
group by all
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
    catalog = load_catalog(group="drift", method=settings.method)
    options = engine_options(data_dir, settings)
    with (
        staging_folder(data_dir, "drift") as staging,
        built(catalog, pair.after.dates, options=options) as engine,
    ):
        con = engine.con
        for end, run in pair._asdict().items():
            count_people(con, run, f"people_{end}")
        con.execute(_BINS)
        files = {end: run.source("score") for end, run in pair._asdict().items()}
        con.execute(_MOVES.format(**files))
        figures: dict[str, Iterable[Row]] = {
            "drift.drift": drift_rows(con),
            "drift.drift_bin": con.execute(_DRIFT_BIN).fetchall(),
            "drift.band_mobility": con.execute(_BAND_MOBILITY).fetchall(),
            "drift.mobility_index": mobility_index_rows(con),
        }
        fill_figures(con, catalog, (*pair.before.key, *pair.after.key), figures)
        publish_derived(data_dir, con, DRIFT, pair, staging, {})


def drift_rows(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Yield the rows of ``drift``, without the columns that name the snapshots."""
    for *subject, before, after in con.execute(_DRIFT).fetchall():
        ones, others = before or (), after or ()
        psi = stability_index(ones, others)
        noise = stability_noise(len(ones), sum(ones), sum(others))
        is_beyond = psi is not None and noise is not None and psi > noise
        yield *subject, sum(ones), sum(others), len(ones), psi, noise, is_beyond


def mobility_index_rows(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Yield the rows of ``mobility_index``: of those who have a record in both snapshots."""
    for *counted, moves in con.execute(_MOBILITY_INDEX).fetchall():
        yield *counted, shorrocks_index(moves or ())
