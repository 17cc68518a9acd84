"""Do people with high scores befriend each other, more than as many ties drawn by chance would?"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np

from plainscore.analysis.statistics.draws import Ints, draw
from plainscore.analysis.statistics.rewiring import rewired, tie_keys

REWIRINGS = 20
MOST_TIES_REWIRED = 100_000
"""Beyond it a random part of the ties is rewired: a day of a million people costs no more."""

# A person_key tells who came first: ids order people the same whatever came when.
_POINTS = """
    select
        score.scorecard,
        score.person_key,
        score.score - card.base as points,
        own_points.own_points
    from scores.score as score
    inner join events.person as person on score.person_key = person.person_key
    inner join reference.card as card on score.scorecard = card.scorecard
    inner join scores.own_points as own_points
        on score.scorecard = own_points.scorecard and score.person_key = own_points.person_key
    order by score.scorecard, person.person_id
"""
_TIES = "select person_key, friend_key from staging.tie where person_key < friend_key"


@dataclass(frozen=True)
class Society:
    """Scored people by number, in the order of their ids, and the live ties between them.

    ``ties``: shape (ties, 2), in the order of their keys. ``points``: (scorecard, way of counting)
    -> points by number of person.
    """

    ties: Ints
    points: dict[tuple[str, str], Ints]

    @property
    def person_count(self) -> int:
        return max((len(points) for points in self.points.values()), default=0)


def score_assortativity(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.score_assortativity."""
    society = _society(con)
    drawn = ties_to_rewire(society.ties, society.person_count)
    redrawn: dict[tuple[str, str], list[float | None]] = {key: [] for key in society.points}
    if len(drawn):
        for ties in rewired(drawn, society.person_count, REWIRINGS):
            for key, points in society.points.items():
                redrawn[key].append(assortativity(ties, points))
    for key, points in sorted(society.points.items()):
        of_drawn = assortativity(drawn, points)
        yield (
            *key,
            len(society.ties),
            assortativity(society.ties, points),
            len(drawn),
            of_drawn,
            len(redrawn[key]),
            *_held_against(of_drawn, [value for value in redrawn[key] if value is not None]),
        )


def assortativity(ties: Ints, points: Ints) -> float | None:
    """Return Pearson's correlation of the points at both ends, each tie seen from either end.

    Newman, Phys. Rev. E 67, 026126 (2003). None where there is no tie, or everyone who has one has
    equal points. Everything is whole until the one division.
    """
    ends = points[ties]
    total, squares = int(ends.sum()), int((ends * ends).sum())
    products = 2 * int((ends[:, 0] * ends[:, 1]).sum())
    count = 2 * len(ties)
    spread = count * squares - total * total
    return (count * products - total * total) / spread if spread else None


def ties_to_rewire(ties: Ints, person_count: int, most: int = MOST_TIES_REWIRED) -> Ints:
    """Return all ties, or ``most`` of them: those whose draws are the lowest."""
    if len(ties) <= most:
        return ties
    draws = draw("ties to rewire", tie_keys(ties, person_count))
    return ties[np.sort(np.argpartition(draws, most)[:most])]


def _held_against(
    observed: float | None, chance: list[float]
) -> tuple[float | None, float | None, float | None]:
    """Return mean and standard deviation of chance, and how many of those ``observed`` is off."""
    if observed is None or len(chance) < 2:
        return None, None, None
    mean = math.fsum(chance) / len(chance)
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in chance) / (len(chance) - 1))
    return mean, deviation, (observed - mean) / deviation if deviation else None


def _society(con: duckdb.DuckDBPyConnection) -> Society:
    by_card = con.execute(_POINTS).fetchnumpy()
    points: dict[tuple[str, str], Ints] = {}
    # The rules on who is scored are those of the run: every card has the same people.
    keys = np.empty(0, dtype=np.int64)
    for scorecard in sorted(set(by_card["scorecard"])):
        is_of_card = np.asarray(by_card["scorecard"] == scorecard)
        keys = by_card["person_key"][is_of_card].astype(np.int64)
        for counted, column in (("all", "points"), ("own", "own_points")):
            points[scorecard, counted] = by_card[column][is_of_card].astype(np.int64)
    return Society(_numbered_ties(con, keys), points)


def _numbered_ties(con: duckdb.DuckDBPyConnection, keys: Ints) -> Ints:
    """Return the ties between the people of ``keys``, as places in it."""
    columns = con.execute(_TIES).fetchnumpy()
    by_key = np.column_stack((columns["person_key"], columns["friend_key"])).astype(np.int64)
    greatest = max(int(by_key.max(initial=0)), int(keys.max(initial=0)))
    number_of = np.full(greatest + 1, -1, dtype=np.int64)
    number_of[keys] = np.arange(len(keys))
    ties = number_of[by_key]
    ties = np.sort(ties[(ties >= 0).all(axis=1)], axis=1)
    return ties[np.argsort(tie_keys(ties, len(keys)))]
