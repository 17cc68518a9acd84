"""Intervals and tests for means and shares, from whole-number counts.

scipy.special is imported where it is needed: loading it takes longer than most commands run.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

NORMAL_95 = 1.959963984540054
"""Within so many standard errors lie 95 % of a normal distribution."""

SIGNIFICANCE = 0.01
"""A gap counts as found below this, over all groups of an attribute together. The tables are read
every day: at the usual 0.05 they would raise a false alarm every month."""

FEWEST_TO_JUDGE_BY = 30
"""Smaller groups are flagged: the usual rule of thumb for the mean of skewed values."""


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return each p value adjusted for the others, after Holm (Scand. J. Statist. 6, 1979).

    The smallest of n is multiplied by n, the next by n - 1 and so on; none falls below the one
    before it, none passes 1. None was not tested and stays None.
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    greatest = 0.0
    for already, (p, place) in enumerate(tested):
        greatest = max(greatest, min(1.0, p * (len(tested) - already)))
        adjusted[place] = greatest
    return adjusted


def wilson(hits: int, people: int) -> tuple[float, float]:
    """Return the 95 % interval of a share after Wilson (JASA 22, 1927); ``people`` above 0.

    Unlike share +- 2 standard errors it stays within 0 to 1 for few people and extreme shares.
    """
    z_square = NORMAL_95 * NORMAL_95
    middle = hits + z_square / 2
    spread = NORMAL_95 * math.sqrt(hits * (people - hits) / people + z_square / 4)
    low = (middle - spread) / (people + z_square) if hits else 0.0
    high = (middle + spread) / (people + z_square) if hits < people else 1.0
    return low, high


def two_shares_p(hits: int, people: int, other_hits: int, other_people: int) -> float | None:
    """Return the two-sided p value of two shares being equal, by the pooled normal test.

    None where a side has no people, or where all or none of both have it: nothing to compare.
    """
    all_hits, everyone = hits + other_hits, people + other_people
    misses = everyone - all_hits
    if not (people and other_people and all_hits and misses):
        return None
    # The difference and its variance, both times people * other_people: whole until here.
    difference = hits * other_people - other_hits * people
    variance = all_hits * misses * people * other_people / everyone
    return math.erfc(abs(difference) / math.sqrt(2 * variance))


class Sums(NamedTuple):
    """A group of people by whole numbers: how many, their total, the total of their squares."""

    people: int = 0
    total: int = 0
    squares: int = 0

    @property
    def mean(self) -> float | None:
        return self.total / self.people if self.people else None

    @property
    def scatter(self) -> int:
        """Sum of squared distances from the mean, times the people: a whole number."""
        return self.people * self.squares - self.total * self.total

    @property
    def variance(self) -> float | None:
        """Of the sample, with people - 1; None for fewer than two."""
        if self.people < 2:
            return None
        return self.scatter / (self.people * (self.people - 1))


class MeanDifference(NamedTuple):
    """One mean less another, in the unit of the values; None where it cannot be computed.

    ``low``, ``high``: 95 % interval. ``standardised``: in standard deviations of a person within
    the two groups (Cohen's d). ``p_value``: two-sided, of there being no difference.
    """

    difference: float | None = None
    low: float | None = None
    high: float | None = None
    standardised: float | None = None
    p_value: float | None = None


def compare_means(group: Sums, rest: Sums) -> MeanDifference:
    """Compare two groups that may differ in size and in spread, after Welch (Biometrika 34, 1947).

    Only the difference is set where a side has fewer than two people, or no two people differ
    within either side.
    """
    if not (group.people and rest.people):
        return MeanDifference()
    across = group.total * rest.people - rest.total * group.people
    difference = across / (group.people * rest.people)
    if group.variance is None or rest.variance is None or not group.variance + rest.variance:
        return MeanDifference(difference)
    from scipy.special import stdtr, stdtrit

    errors = group.variance / group.people, rest.variance / rest.people
    error = math.sqrt(errors[0] + errors[1])
    degrees = (errors[0] + errors[1]) ** 2 / (
        errors[0] ** 2 / (group.people - 1) + errors[1] ** 2 / (rest.people - 1)
    )
    margin = float(stdtrit(degrees, 0.975)) * error
    within = group.scatter / group.people + rest.scatter / rest.people
    return MeanDifference(
        difference,
        difference - margin,
        difference + margin,
        difference / math.sqrt(within / (group.people + rest.people - 2)),
        float(2 * stdtr(degrees, -abs(difference / error))),
    )
