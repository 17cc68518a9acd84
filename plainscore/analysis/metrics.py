"""Figures of distributions and of separation, from counts of people.

Every figure is a function of integers; sums are exact until the last operations, so that the
result does not depend on order or threads.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from plainscore.analysis.inference import (
    NORMAL_95,
    SIGNIFICANCE,
    chi_square_95,
    holm,
    two_shares_p,
    wilson,
)

FEWEST_EXPECTED = 5

PointsCount = tuple[int, int, int]
"""Points, how many good people have them, how many bad; each number of points occurs once."""


# Stability of a distribution


def stability_index(before: Sequence[int], after: Sequence[int]) -> float | None:
    """Return the population stability index of people by bin; None where a side has no people.

    sum((q - p) ln(q / p)) over the shares p and q. Half a person is added to every bin of either
    side, so that one that is empty on one side stays finite. Custom has it that below 0.1 is
    stable and above 0.25 has shifted (Siddiqi, Credit Risk Scorecards, 2006).
    """
    people_before, people_after = sum(before), sum(after)
    if not (people_before and people_after):
        return None
    whole_before = people_before + len(before) / 2
    whole_after = people_after + len(after) / 2
    shares = [
        ((one + 0.5) / whole_before, (other + 0.5) / whole_after)
        for one, other in zip(before, after, strict=True)
    ]
    return math.fsum((q - p) * math.log(q / p) for p, q in shares)


def stability_noise(bin_count: int, people_before: int, people_after: int) -> float | None:
    """Return what the index stays below, 19 times in 20, for two samples of one population.

    The index is then about (1/n + 1/m) times a chi-square of one degree of freedom less than there
    are bins (Yurdakul, Statistical Properties of the Population Stability Index, 2018). People in
    both snapshots make it smaller, so this is a floor that chance rarely reaches. None with fewer
    than two bins, or without people on a side.
    """
    if bin_count < 2 or not (people_before and people_after):
        return None
    return chi_square_95(bin_count - 1) * (1 / people_before + 1 / people_after)


def shorrocks_index(moves: Sequence[tuple[int, int, int]]) -> float | None:
    """Return Shorrocks' mobility index (Econometrica 46, 1978) of (from, to, people).

    (n - trace) / (n - 1) of the matrix of shares by where people came from, over the n states that
    anyone came from; None with fewer than two of them.
    """
    came_from = sorted({before for before, _, _ in moves})
    if len(came_from) < 2:
        return None
    stayed = [
        sum(n for before, after, n in moves if before == after == state)
        / sum(n for before, _, n in moves if before == state)
        for state in came_from
    ]
    return (len(came_from) - math.fsum(stayed)) / (len(came_from) - 1)


# Separation of good and bad


@dataclass(frozen=True)
class Separation:
    """Figures of one score, factor or feature; None where there is nothing to separate."""

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
    """Return how well points separate the good, who should have more, from the bad.

    AUC is the chance that a good person has more points than a bad one, ties by half (Hanley and
    McNeil, Radiology 143, 1982). Its interval is that of DeLong et al. (Biometrics 44, 1988), cut
    at 0 and 1: the variance of each person's own share of people beaten, over good and over bad.
    KS is the greatest difference of the shares of bad and of good at or below some points, and its
    interval that of two shares there (see `difference_interval`), as if the points had been chosen
    beforehand.
    """
    ordered = sorted(counts)
    good = sum(one for _, one, _ in ordered)
    bad = sum(one for _, _, one in ordered)
    if not (good and bad):
        return Separation(good + bad, bad, *[None] * 7)
    wins, good_placed, bad_placed = _placements(ordered, good)
    auc = wins / (2 * good * bad)
    low = high = None
    if good > 1 and bad > 1:
        variance = (
            _variance(good_placed, good, bad, wins) / good
            + _variance(bad_placed, bad, good, wins) / bad
        )
        spread = NORMAL_95 * math.sqrt(variance)
        low, high = max(0.0, auc - spread), min(1.0, auc + spread)
    greatest, bad_below, good_below = _ks(ordered, good, bad)
    interval = difference_interval(bad_below, bad, good_below, good)
    gini, ks = (wins - good * bad) / (good * bad), greatest / (good * bad)
    return Separation(good + bad, bad, auc, low, high, gini, ks, *interval)


def _placements(
    ordered: Sequence[PointsCount], good: int
) -> tuple[int, list[tuple[int, int]], list[tuple[int, int]]]:
    """Return twice the wins of good over bad, and (twice the beaten, people) of good and of bad.

    Of a bad person it is how many of the good beat them.
    """
    wins = good_below = bad_below = 0
    good_placed, bad_placed = [], []
    for _, good_here, bad_here in ordered:
        beaten = 2 * bad_below + bad_here
        wins += good_here * beaten
        good_placed.append((beaten, good_here))
        bad_placed.append((2 * (good - good_below - good_here) + good_here, bad_here))
        good_below, bad_below = good_below + good_here, bad_below + bad_here
    return wins, good_placed, bad_placed


def _variance(placed: Sequence[tuple[int, int]], people: int, others: int, wins: int) -> float:
    """Return the variance of the shares of ``others`` beaten, whose mean is the AUC.

    All over the denominator 2 * people * others, so that one division of integers is left.
    """
    squares = sum(count * (beaten * people - wins) ** 2 for beaten, count in placed)
    return squares / ((2 * people * others) ** 2 * (people - 1))


def _ks(ordered: Sequence[PointsCount], good: int, bad: int) -> tuple[int, int, int]:
    """Return KS times good times bad, and the bad and good at or below the points that reach it.

    The lowest such points; above them, where there are more of the good below.
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
    return greatest, *at


def difference_interval(
    hits: int, people: int, other_hits: int, other_people: int
) -> tuple[float, float]:
    """Return the 95 % interval of one share less another, of two groups that are not empty.

    Newcombe's hybrid of Wilson's intervals (Stat. Med. 17, 1998, method 10): it stays within -1 to
    1, and is honest where either share is near an end.
    """
    share, other = hits / people, other_hits / other_people
    low, high = wilson(hits, people)
    other_low, other_high = wilson(other_hits, other_people)
    below = math.hypot(share - low, other_high - other)
    above = math.hypot(high - share, other - other_low)
    return share - other - below, share - other + above


# Whether more points mean less risk, beyond what chance explains


@dataclass(frozen=True)
class RiskBin:
    """A bin or band: its place, what it earns, its people and how many of them are bad."""

    place: int
    points: int
    people: int
    bad: int


@dataclass(frozen=True)
class Contradiction:
    """The bin that earns fewer points at a smaller bad share; ``p_value`` adjusted after Holm."""

    place: int
    p_value: float

    @property
    def is_significant(self) -> bool:
        return self.p_value < SIGNIFICANCE


def contradictions(bins: Sequence[RiskBin]) -> dict[int, Contradiction]:
    """Return place -> what contradicts a bin most, of bins that earn more than their risk warrants.

    Every two bins of different points are compared, by the pooled normal test of two shares, if
    both are large enough for it; the p values are adjusted for the number of such pairs, so that
    with many bins chance alone is not taken for a finding.
    """
    ordered = sorted(bins, key=lambda one: one.place)
    pairs = [
        (rich, poor)
        for rich in ordered
        for poor in ordered
        if rich.points > poor.points and _is_enough(rich, poor)
    ]
    p_values = holm([two_shares_p(a.bad, a.people, b.bad, b.people) for a, b in pairs])
    found: dict[int, Contradiction] = {}
    for (rich, poor), p_value in zip(pairs, p_values, strict=True):
        is_riskier = rich.bad * poor.people > poor.bad * rich.people
        if p_value is None or not is_riskier:
            continue
        if rich.place not in found or p_value < found[rich.place].p_value:
            found[rich.place] = Contradiction(poor.place, p_value)
    return found


def _is_enough(one: RiskBin, other: RiskBin) -> bool:
    """Return whether both bins would have five good and five bad people at their joint risk.

    Below that the normal test cries wolf (Cochran, Biometrics 10, 1954).
    """
    bad, people = one.bad + other.bad, one.people + other.people
    fewest = min(one.people, other.people) * min(bad, people - bad)
    return fewest >= FEWEST_EXPECTED * people
