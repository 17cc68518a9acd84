"""The people that a card is fitted to and judged by: rows of DuckDB, of which counts are read.

Whoever asks for people gets counts: of a value, of a combination of bins, of a score. Points of one
snapshot are read as one array per feature. So a million people need no list of people.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt

from plainscore.common.text import identifier, text_literal
from plainscore.engines import EngineOptions
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.compile import points_case
from plainscore.show.reader import Snapshots

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.integer[Any]]

MILLION = 1_000_000
TIES_AT_ONCE = 1_000_000
_COUNTS = """
select
    cast({feature} as double) as value,
    count(*) filter (where not is_bad) as good,
    count(*) filter (where is_bad) as bad
from ({rows})
group by value
order by value
"""
_BINNED = """
select
    {bins},
    count(*) filter (where not is_bad) as good,
    count(*) filter (where is_bad) as bad
from ({rows})
group by all
order by all
"""

_FEATURES = """
select people.*, features.* exclude (person_id, as_of_date, known_on)
from ({people}) as people
inner join features on people.person_id = features.person_id and features.as_of_date = $day
"""


class ValueCounts(NamedTuple):
    """Good and bad people with each known value, ascending, and with none."""

    values: Floats
    good: Ints
    bad: Ints
    missing_good: int
    missing_bad: int


class BinnedPeople(NamedTuple):
    """Combinations of bins, and how many good and bad people have each.

    ``numbers``: a column per feature, of bins from 0.
    """

    numbers: Numbers
    good: Ints
    bad: Ints


@dataclass(frozen=True)
class People:
    """People with a known outcome: rows with ``is_bad`` and a column per feature.

    ``rows``: a SELECT on ``con``.
    """

    con: duckdb.DuckDBPyConnection
    rows: str

    @cached_property
    def _both(self) -> tuple[int, int]:
        sql = "select count(*) filter (where not is_bad), count(*) filter (where is_bad)"
        ((good, bad),) = self.con.execute(f"{sql} from ({self.rows})").fetchall()
        return good, bad

    @property
    def good(self) -> int:
        return self._both[0]

    @property
    def bad(self) -> int:
        return self._both[1]

    @property
    def count(self) -> int:
        return self.good + self.bad

    def counts(self, feature: str) -> ValueCounts:
        """Return how many good and bad people have each value of a feature."""
        sql = _COUNTS.format(feature=identifier(feature), rows=self.rows)
        read = self.con.execute(sql).fetchnumpy()
        is_missing = np.ma.getmaskarray(read["value"])
        known = {name: np.asarray(column)[~is_missing] for name, column in read.items()}
        missing = (int(read[kind][is_missing].sum()) for kind in ("good", "bad"))
        return ValueCounts(known["value"], known["good"], known["bad"], *missing)

    def binned(self, edges: Sequence[tuple[str, Sequence[float]]]) -> BinnedPeople:
        """Return how many good and bad people are in each combination of bins.

        ``edges``: features, and where their bins begin; the first bin takes lower values too, and
        one more has those without a value.
        """
        bins = [f"{_bin_case(name, of)} as bin_{no}" for no, (name, of) in enumerate(edges)]
        sql = _BINNED.format(bins=",\n    ".join(bins), rows=self.rows)
        read = self.con.execute(sql).fetchnumpy()
        numbers = np.column_stack([np.asarray(read[f"bin_{no}"]) for no in range(len(edges))])
        return BinnedPeople(numbers, np.asarray(read["good"]), np.asarray(read["bad"]))


def _bin_case(feature: str, edges: Sequence[float]) -> str:
    value = identifier(feature)
    steps = [f"when {value} is null then {len(edges)}"]
    steps += [
        f"when {value} < cast({edge!r} as double) then {no}" for no, edge in enumerate(edges[1:])
    ]
    return f"cast(case {' '.join(steps)} else {len(edges) - 1} end as utinyint)"


class FriendPoints:
    """The points of friends on a card, from everyone's own points and from ties in any order."""

    def __init__(self, card: Scorecard, own: Ints):
        rule = card.friends
        self._most = card.friend_points_max
        self._record = own * MILLION // card.own_points_max
        self._low = self._record - rule.max_distance_ppm
        self._high = self._record + rule.max_distance_ppm
        self._pulled = rule.prior_weight * np.clip(rule.prior_ppm, self._low, self._high)
        self._weight = np.full(len(own), rule.prior_weight, dtype=np.int64)

    def add(self, person: Numbers, friend: Numbers, months: Numbers) -> None:
        """Add ties: places of person and friend, months of two-way contact."""
        pulled = np.clip(self._record[friend], self._low[person], self._high[person])
        np.add.at(self._pulled, person, months * pulled)
        np.add.at(self._weight, person, months)

    def points(self) -> Ints:
        """Return everyone's points, the mean rounded half up."""
        numerator = 2 * self._most * self._pulled + MILLION * self._weight
        return np.asarray(numerator // (2 * MILLION * self._weight))


class CardPoints(NamedTuple):
    """What a run would publish of everyone: points by feature, a column each, as the card has them.

    ``own``: the sum without the social factor.
    """

    by_feature: Numbers
    own: Ints
    scores: Ints


@dataclass(frozen=True)
class PastSnapshot:
    """Everyone scored on a date, as rows of the temporary table ``fit_person``.

    ``is_known``: who has an outcome. ``is_held_out``: who is kept out of every fit, on every date
    the same people. Arrays are in the order of person_id.
    """

    snapshots: Snapshots
    as_of_date: date
    is_known: Flags
    is_bad: Flags
    is_held_out: Flags

    def points(self, cards: Sequence[Scorecard]) -> list[CardPoints]:
        """Return everyone's points on some cards."""
        found = [self._own_points(card) for card in cards]
        self._add_friend_points(cards, found)
        return [
            one._replace(scores=card.base + one.by_feature.sum(axis=1, dtype=np.int64))
            for card, one in zip(cards, found, strict=True)
        ]

    def _own_points(self, card: Scorecard) -> CardPoints:
        """Return everyone's points without the neighbour mean; the scores are not there yet."""
        people = len(self.is_known)
        kind = np.min_scalar_type(max(one.max_points for one in card.features))
        by_feature = np.zeros((people, len(card.features)), dtype=kind)
        own = np.zeros(people, dtype=np.int64)
        for no, one in enumerate(card.features):
            if one.bins:
                sql = (
                    f"select cast({points_case(one)} as integer) as points from fit_person "
                    "where fit_date = $day order by place"
                )
                by_feature[:, no] = self._read(sql)["points"]
            if one.factor != card.late_factor:
                own += by_feature[:, no]
        return CardPoints(by_feature, own, own)

    def _add_friend_points(self, cards: Sequence[Scorecard], found: Sequence[CardPoints]) -> None:
        """Add the points of the bounded-influence neighbour mean (method.md), in integers."""
        means = [
            (no, FriendPoints(card, one.own), one)
            for card, one in zip(cards, found, strict=True)
            for no, feature in enumerate(card.features)
            if not feature.bins
        ]
        ties = self._read(self.snapshots.method.text("transforms/fit/ties.sql")) if means else {}
        for start in range(0, len(ties.get("person", ())), TIES_AT_ONCE):
            part = slice(start, start + TIES_AT_ONCE)
            person, friend, months = (
                np.asarray(ties[name][part]) for name in ("person", "friend", "contact_months")
            )
            for _, mean, _ in means:
                mean.add(person, friend, months)
        for no, mean, one in means:
            one.by_feature[:, no] = mean.points()

    def _read(self, sql: str) -> dict[str, Any]:
        return self.snapshots.con.execute(sql, {"day": self.as_of_date}).fetchnumpy()


@contextmanager
def limited(con: duckdb.DuckDBPyConnection, options: EngineOptions) -> Iterator[None]:
    """Let a connection use no more of the machine than the options say; what it spilled is gone."""
    for name in ("threads", "memory_limit", "temp_directory"):
        if (limit := getattr(options, name)) is not None:
            con.execute(f"set {name} = {limit if name == 'threads' else text_literal(str(limit))}")
    try:
        yield
    finally:
        if options.temp_directory is not None:
            shutil.rmtree(options.temp_directory, ignore_errors=True)


def read_past(snapshots: Snapshots, days: Sequence[date]) -> Iterator[PastSnapshot]:
    """Yield what is published of each date; all of them are in ``fit_person`` together."""
    people = snapshots.method.text("transforms/fit/people.sql")
    for no, day in enumerate(days):
        verb = "insert into fit_person" if no else "create or replace temp table fit_person as"
        snapshots.rows(f"{verb} {_FEATURES.format(people=people)}", {"day": day})
        columns = "is_held_out, is_bad is not null as is_known, coalesce(is_bad, false) as is_bad"
        sql = f"select {columns} from fit_person where fit_date = $day order by place"
        read = snapshots.con.execute(sql, {"day": day}).fetchnumpy()
        flags = (np.asarray(read[name]) for name in ("is_known", "is_bad", "is_held_out"))
        yield PastSnapshot(snapshots, day, *flags)


def people_of(past: Sequence[PastSnapshot], *, is_held_out: bool) -> People:
    """Return the people of some dates with an outcome who are held out, or those who are not."""
    days = ", ".join(f"date '{one.as_of_date}'" for one in past)
    return People(
        past[0].snapshots.con,
        f"select * from fit_person where fit_date in ({days}) "
        f"and is_bad is not null and is_held_out = {is_held_out}",
    )
