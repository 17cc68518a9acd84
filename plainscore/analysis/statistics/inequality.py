"""How unequally something is shared out: Gini's and Theil's measures, over counts of values."""

import math
from collections.abc import Sequence

Count = tuple[int, int]
"""A value, at least 0, and how many people have it."""


def gini(counts: Sequence[Count]) -> float | None:
    """Return Gini's coefficient, 0 (all alike) to 1; None where nobody has anything.

    Half the mean difference between two people, each with each and with themselves, against the
    mean: sum |x_i - x_j| / (2 n^2 mean). ``counts`` in any order; values repeat as they like.
    """
    below_people = below_total = difference = 0
    for value, people in sorted(counts):
        difference += people * (value * below_people - below_total)
        below_people += people
        below_total += people * value
    return difference / (below_people * below_total) if below_total else None


def theil(counts: Sequence[Count]) -> float | None:
    """Return Theil's T, 0 (all alike) to log n; None where nobody has anything.

    The mean of (x / mean) * log(x / mean), in which people with 0 count as 0.
    """
    people = sum(count for _, count in counts)
    total = sum(value * count for value, count in counts)
    if not total:
        return None
    terms = (
        value * count * math.log(value * people / total)
        for value, count in sorted(counts)
        if value and count
    )
    return math.fsum(terms) / total


def theil_parts(groups: Sequence[Sequence[Count]]) -> tuple[float, float] | None:
    """Return the parts of Theil's T between and within groups; None where nobody has anything.

    Between is T if everyone had the mean of their group; within is the mean of the groups' own T,
    weighted by what each has together (Theil, "Economics and Information Theory", 1967).
    """
    sums = [
        (sum(value * people for value, people in group), sum(people for _, people in group))
        for group in groups
    ]
    total = sum(group_total for group_total, _ in sums)
    people = sum(group_people for _, group_people in sums)
    if not total:
        return None
    between = (
        group_total * math.log(group_total * people / (group_people * total))
        for group_total, group_people in sums
        if group_total
    )
    within = (
        group_total * (theil(group) or 0.0)
        for (group_total, _), group in zip(sums, groups, strict=True)
    )
    return max(0.0, math.fsum(between) / total), math.fsum(within) / total
