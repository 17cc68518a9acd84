"""How far points keep the good and the bad apart: AUC with its interval, Gini, KS."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from plainscore.analysis.inference import NORMAL_95
from plainscore.analysis.quality.shares import difference_interval

PointsCount = tuple[int, int, int]
"""Points, how many good people have them, how many bad; the same points stand once."""


@dataclass(frozen=True)
class Separation:
    """Figures of one score, factor or feature; None where there is nothing to tell apart."""

    people: int
    bad: int
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    gini: float | None
    ks: float | None
    ks_low: float | None
    ks_high: float | None


def separation(counts: Sequence[PointsCount]) -> Separation:
    """Return how well points tell the good, who should have more, from the bad.

    AUC is the chance that a good person has more points than a bad one, ties by half (Hanley and
    McNeil, Radiology 143, 1982). Its interval is that of DeLong et al. (Biometrics 44, 1988), cut
    at 0 and 1: the variance of each person's own share of people beaten, over good and over bad.
    KS is the greatest difference of the shares of bad and of good at or below some points, and its
    interval that of two shares there (see `difference_interval`), as if the points had been chosen
    beforehand. All sums are exact until the last operations.
    """
    ordered = sorted(counts)
    good = sum(one for _, one, _ in ordered)
    bad = sum(one for _, _, one in ordered)
    if not (good and bad):
        return Separation(good + bad, bad, *[None] * 7)
    wins, good_placed, bad_placed = _placements(ordered, good, bad)
    auc = Fraction(wins, 2 * good * bad)
    low = high = None
    if good > 1 and bad > 1:
        variance = _variance(good_placed, good, auc) / good + _variance(bad_placed, bad, auc) / bad
        spread = NORMAL_95 * math.sqrt(variance)
        low, high = max(0.0, float(auc) - spread), min(1.0, float(auc) + spread)
    ks, bad_below, good_below = _ks(ordered, good, bad)
    ks_low, ks_high = difference_interval(bad_below, bad, good_below, good)
    return Separation(
        good + bad, bad, float(auc), low, high, float(2 * auc - 1), float(ks), ks_low, ks_high
    )


def _placements(
    ordered: Sequence[PointsCount], good: int, bad: int
) -> tuple[int, list[tuple[Fraction, int]], list[tuple[Fraction, int]]]:
    """Return twice the wins of good over bad, and (share beaten, people) of the good and the bad.

    Of a bad person it is the share of the good that beat them.
    """
    wins = 0
    good_below = bad_below = 0
    good_placed, bad_placed = [], []
    for _, good_here, bad_here in ordered:
        beaten = 2 * bad_below + bad_here
        wins += good_here * beaten
        good_placed.append((Fraction(beaten, 2 * bad), good_here))
        above = 2 * (good - good_below - good_here) + good_here
        bad_placed.append((Fraction(above, 2 * good), bad_here))
        good_below, bad_below = good_below + good_here, bad_below + bad_here
    return wins, good_placed, bad_placed


def _variance(placed: Sequence[tuple[Fraction, int]], people: int, mean: Fraction) -> float:
    squares = sum((count * (share - mean) ** 2 for share, count in placed), Fraction(0))
    return float(squares / (people - 1))


def _ks(ordered: Sequence[PointsCount], good: int, bad: int) -> tuple[Fraction, int, int]:
    """Return KS, and how many bad and good are at or below the lowest points where it is reached.

    Above them, where there are more of the good below.
    """
    greatest, at = 0, (0, 0)
    good_below = bad_below = 0
    for _, good_here, bad_here in ordered:
        good_below, bad_below = good_below + good_here, bad_below + bad_here
        difference = bad_below * good - good_below * bad
        if abs(difference) > greatest:
            greatest = abs(difference)
            is_bad_first = difference > 0
            at = (bad_below, good_below) if is_bad_first else (bad - bad_below, good - good_below)
    return Fraction(greatest, good * bad), *at
