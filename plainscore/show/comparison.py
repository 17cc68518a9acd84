"""Everyone's scores in two snapshots: what moved, by which cause, from which band to which."""

from dataclasses import dataclass
from typing import Any

import duckdb

from plainscore.show.change_pairs import PAIR_CONDITION, RUN_CONDITION, Pair, champions, notes_of
from plainscore.show.snapshots import Snapshots
from plainscore.show.why import CAUSES

LARGEST = 10


@dataclass(frozen=True)
class CauseSum:
    """One cause over everyone scored in both snapshots; ``friends``: its social part."""

    moved: int
    points: int
    absolute_points: int
    friends: int


@dataclass(frozen=True)
class Comparison:
    """The change of everyone; sums are over the ``scored_in_both``, in points.

    ``moved``: people with another score. ``status_changed``: people with another status, who
    appear or vanish included.
    """

    pair: Pair
    scorecards: tuple[str, str]
    people: int
    scored_in_both: int
    moved: int
    status_changed: int
    carried: int
    points: int
    absolute_points: int
    causes: dict[str, CauseSum]
    band_moves: tuple[tuple[str, str, int], ...]
    status_changes: tuple[tuple[str, str, str, int], ...]
    largest: tuple[dict[str, Any], ...]
    notes: str

    @property
    def mean_absolute_points(self) -> float:
        """How far scores moved on average, up or down; 0 where nobody is scored in both."""
        return self.absolute_points / self.scored_in_both if self.scored_in_both else 0.0

    @property
    def moved_percent(self) -> float:
        """Share of people whose score or status is another, in percent."""
        return 100 * (self.moved + self.status_changed) / self.people if self.people else 0.0


def compare(snapshots: Snapshots, pair: Pair) -> Comparison:
    """Return the change of everyone between two snapshots; the changes are computed."""
    total = snapshots.records(_TOTAL, pair.key)[0]
    return Comparison(
        pair=pair,
        scorecards=champions(snapshots, pair),
        **{name: int(total[name]) for name in _COUNTS},
        causes={cause: _cause(total, cause) for cause in CAUSES},
        band_moves=tuple(snapshots.rows(_BAND_MOVES, _banded(pair))),
        status_changes=tuple(snapshots.rows(_STATUS_CHANGES, pair.key)),
        largest=tuple(snapshots.records(_LARGEST, pair.key)),
        notes=notes_of(snapshots, pair),
    )


def everyone(snapshots: Snapshots, pair: Pair) -> duckdb.DuckDBPyConnection:
    """Return the open result of one row per person: scores, bands, status, causes."""
    return snapshots.con.execute(_EVERYONE, list(_banded(pair)))


def _cause(total: dict[str, Any], cause: str) -> CauseSum:
    names = ("moved", "points", "absolute_points", "friends")
    return CauseSum(**{name: int(total[f"{cause}_{name}"]) for name in names})


def _banded(pair: Pair) -> tuple[Any, ...]:
    return (*pair.key, *pair.before.key, *pair.after.key)


_COUNTS = (
    "people", "scored_in_both", "moved", "status_changed", "carried", "points", "absolute_points",
)  # fmt: skip
_CAUSE_SUMS = ",\n".join(
    f"""    count(*) filter (where {cause}_change <> 0) as {cause}_moved,
    coalesce(sum({cause}_change), 0) as {cause}_points,
    coalesce(sum(abs({cause}_change)), 0) as {cause}_absolute_points,
    coalesce(sum({cause}_friends), 0) as {cause}_friends"""
    for cause in CAUSES
)
_TOTAL = f"""
select
    count(*) as people,
    count(score_change) as scored_in_both,
    count(*) filter (where score_change <> 0) as moved,
    count(*) filter (where status_before <> status_after) as status_changed,
    count(*) filter (where is_carried) as carried,
    coalesce(sum(score_change), 0) as points,
    coalesce(sum(abs(score_change)), 0) as absolute_points,
{_CAUSE_SUMS}
from change
where {PAIR_CONDITION}
"""
_WITH_BANDS = f"""
with told as (select * from change where {PAIR_CONDITION}),
before as (
    select person_id, band, band_no from score_all where scorecard_no = 1 and {RUN_CONDITION}
),
after as (
    select person_id, band, band_no from score_all where scorecard_no = 1 and {RUN_CONDITION}
)
"""
_BANDED = """
from told
left join before on told.person_id = before.person_id
left join after on told.person_id = after.person_id
"""
_BAND_MOVES = f"""
{_WITH_BANDS}
select before.band, after.band, count(*)
{_BANDED}
where before.band_no <> after.band_no
group by before.band_no, before.band, after.band_no, after.band
order by before.band_no, after.band_no
"""
_EVERYONE = f"""
{_WITH_BANDS}
select
    told.* exclude (status_before, status_after, status_cause, is_carried),
    before.band as band_before,
    after.band as band_after,
    before.band_no as band_no_before,
    after.band_no as band_no_after,
    status_before, status_after, status_cause, is_carried
{_BANDED}
order by told.person_id
"""
_STATUS_CHANGES = f"""
select status_before, status_after, status_cause, count(*)
from change
where {PAIR_CONDITION} and status_before <> status_after
group by all
order by count(*) desc, status_before, status_after, status_cause
"""
_LARGEST = f"""
select person_id, score_before, score_after, score_change,
    rules_change, late_data_change, time_change, new_events_change
from change
where {PAIR_CONDITION} and score_change <> 0
order by abs(score_change) desc, person_id
limit {LARGEST}
"""
