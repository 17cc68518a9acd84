"""Population stability: how far two distributions over the same bins lie apart, and by chance."""

import math
from collections.abc import Sequence

from plainscore.analysis.inference import chi_square_95


def stability_index(before: Sequence[int], after: Sequence[int]) -> float | None:
    """Return the population stability index of people by bin; None where either has nobody.

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
    are bins (Yurdakul, Statistical Properties of the Population Stability Index, 2018). People who
    stand in both snapshots make it smaller, so this is a floor that chance rarely reaches. None
    with fewer than two bins, or with nobody on a side.
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
