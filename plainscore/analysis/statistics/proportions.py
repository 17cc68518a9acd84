"""Shares of people: how sure they are, and whether two of them differ."""

import math

from plainscore.analysis.statistics.student import NORMAL_95


def wilson(hits: int, people: int) -> tuple[float, float]:
    """Return the 95 % interval of a share after Wilson (JASA 22, 1927); ``people`` above 0.

    Unlike share +- 2 standard errors, it stays within 0 to 1 and is honest where the share is
    near either end or the people are few.
    """
    z_square = NORMAL_95 * NORMAL_95
    middle = hits + z_square / 2
    spread = NORMAL_95 * math.sqrt(hits * (people - hits) / people + z_square / 4)
    low = (middle - spread) / (people + z_square) if hits else 0.0
    high = (middle + spread) / (people + z_square) if hits < people else 1.0
    return low, high


def two_shares_p(hits: int, people: int, other_hits: int, other_people: int) -> float | None:
    """Return the two-sided p value of two shares being one, by the pooled normal test.

    None where one side has nobody, or where all or none of both have it: nothing to compare.
    """
    all_hits, everyone = hits + other_hits, people + other_people
    misses = everyone - all_hits
    if not (people and other_people and all_hits and misses):
        return None
    # The difference and its variance, both times people * other_people: whole until here.
    difference = hits * other_people - other_hits * people
    variance = all_hits * misses * people * other_people / everyone
    return math.erfc(abs(difference) / math.sqrt(2 * variance))
