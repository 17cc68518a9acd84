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
