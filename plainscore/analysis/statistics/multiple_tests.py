"""Many questions at once: what is a finding among several groups, and what only chance."""

from collections.abc import Sequence

SIGNIFICANCE = 0.01
"""A gap counts as found below this. One reading in a hundred errs, over all groups together: the
tables are read every day, where the usual 1 in 20 would cry wolf every month."""


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return each p value adjusted for the others, after Holm (Scand. J. Statist. 6, 1979).

    The smallest of n is multiplied by n, the next by n - 1 and so on, none falls below one before
    it, and none passes 1. What has no p value was not asked, and stays without.
    """
    asked = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    greatest = 0.0
    for already, (p, place) in enumerate(asked):
        greatest = max(greatest, min(1.0, p * (len(asked) - already)))
        adjusted[place] = greatest
    return adjusted
