"""What is missing to the next band, and the smallest moves that would reach it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

MILLION = 1_000_000
SHOWN_MOVES = 3


@dataclass(frozen=True)
class FriendMean:
    """The bounded-influence neighbour mean of one person, to be computed for another record.

    ``terms``: (weight, record in ppm) of the prior and of every friend.
    """

    own_points_max: int
    max_distance_ppm: int
    max_points: int
    terms: tuple[tuple[int, int], ...]

    def points(self, own_points: int) -> int:
        """Return the points of friend_reliability at so many points of the person's own."""
        own_ppm = own_points * MILLION // self.own_points_max
        low, high = own_ppm - self.max_distance_ppm, own_ppm + self.max_distance_ppm
        numerator = sum(weight * max(min(ppm, high), low) for weight, ppm in self.terms)
        weight = sum(weight for weight, _ in self.terms)
        return (2 * self.max_points * numerator + MILLION * weight) // (2 * MILLION * weight)


@dataclass(frozen=True)
class Step:
    """One feature brought into a better bin: ``goal`` says which, e.g. ``at least 0.95``."""

    feature: str
    goal: str
    points_gained: int


@dataclass(frozen=True)
class Move:
    """Steps of one or two features; ``score_change`` counts friend_reliability's too."""

    steps: tuple[Step, ...]
    score_change: int


@dataclass(frozen=True)
class NextBand:
    """The gap to the next band; the smallest sufficient moves first, at most three of each."""

    band: str
    at_least: int
    points_missing: int
    one_feature_moves: tuple[Move, ...]
    two_feature_moves: tuple[Move, ...]


def next_band(
    band: str,
    at_least: int,
    score: int,
    own_points: int,
    steps_by_feature: Sequence[Sequence[Step]],
    friends: FriendMean,
) -> NextBand:
    """Return the gap from ``score`` to a band that begins at ``at_least``.

    ``steps_by_feature``: for every feature that can be improved, its better bins, the smallest
    gain first. A two-feature move is named only where neither of its steps would do alone.
    """
    missing = at_least - score
    points_at = cache(friends.points)  # of many pairs that gain the same
    before = points_at(own_points)

    def move(*steps: Step) -> Move:
        gained = sum(step.points_gained for step in steps)
        return Move(steps, gained + points_at(own_points + gained) - before)

    singles = [[move(step) for step in steps] for steps in steps_by_feature]
    enough = [
        first
        for moves in singles
        for first in [next((m for m in moves if m.score_change >= missing), None)]
        if first is not None
    ]
    short = [[one.steps[0] for one in moves if one.score_change < missing] for moves in singles]
    pairs = list(_sufficient_pairs(short, missing, move))
    return NextBand(band, at_least, missing, _smallest(enough), _smallest(pairs))


def _sufficient_pairs(
    short: Sequence[Sequence[Step]], missing: int, move: Callable[[Step, Step], Move]
) -> Iterator[Move]:
    """Yield the smallest sufficient move of every two features."""
    for first, second in combinations(short, 2):
        found = [
            pair for a in first for b in second if (pair := move(a, b)).score_change >= missing
        ]
        if found:
            yield min(found, key=lambda pair: pair.score_change)


def _smallest(moves: Sequence[Move]) -> tuple[Move, ...]:
    return tuple(sorted(moves, key=lambda move: move.score_change)[:SHOWN_MOVES])
