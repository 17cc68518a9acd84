"""The difference of two means: how sure it is, and how large against the spread of people."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from plainscore.analysis.statistics.student import quantile_95, two_sided_p


@dataclass(frozen=True)
class Sums:
    """What whole numbers tell of a group: how many, their total, the total of their squares."""

    people: int = 0
    total: int = 0
    squares: int = 0

    @classmethod
    def of(cls, counts: Iterable[tuple[int, int]]) -> "Sums":
        """Return the sums over (value, people)."""
        people = total = squares = 0
        for value, count in counts:
            people += count
            total += value * count
            squares += value * value * count
        return cls(people, total, squares)

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(
            self.people - other.people, self.total - other.total, self.squares - other.squares
        )

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


@dataclass(frozen=True)
class MeanDifference:
    """One mean less another, in the unit of the values; None where it cannot be told.

    Attributes
    ----------
    low, high
        95 % interval.
    standardised
        The difference in standard deviations of a person within the two groups (Cohen's d).
    p_value
        Two-sided, of there being no difference.
    """

    difference: float | None = None
    low: float | None = None
    high: float | None = None
    standardised: float | None = None
    p_value: float | None = None


def compare_means(group: Sums, rest: Sums) -> MeanDifference:
    """Compare two groups that may differ in size and in spread.

    Interval and p value after Welch (Biometrika 34, 1947). Nothing but the difference is told
    where a side has fewer than two people, or nobody differs from anybody within both.
    """
    if not (group.people and rest.people):
        return MeanDifference()
    across = group.total * rest.people - rest.total * group.people
    difference = across / (group.people * rest.people)
    if group.variance is None or rest.variance is None or not group.variance + rest.variance:
        return MeanDifference(difference)
    errors = group.variance / group.people, rest.variance / rest.people
    error = math.sqrt(errors[0] + errors[1])
    degrees = (errors[0] + errors[1]) ** 2 / (
        errors[0] ** 2 / (group.people - 1) + errors[1] ** 2 / (rest.people - 1)
    )
    margin = quantile_95(degrees) * error
    within = group.scatter / group.people + rest.scatter / rest.people
    return MeanDifference(
        difference,
        difference - margin,
        difference + margin,
        difference / math.sqrt(within / (group.people + rest.people - 2)),
        two_sided_p(difference / error, degrees),
    )
