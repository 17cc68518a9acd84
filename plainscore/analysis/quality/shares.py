"""How sure the difference of two shares is."""

import math

from plainscore.analysis.inference import wilson


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
