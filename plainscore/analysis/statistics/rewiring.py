"""Ties redrawn by chance so that everyone keeps as many: what to hold a real society against.

Two ties a-b and c-d become a-d and c-b, unless somebody would be tied to themselves or twice to
another (double edge swaps: Maslov and Sneppen, Science 296, 2002). A sweep offers every tie a swap.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from plainscore.analysis.statistics.draws import Ints, draw, shuffled

BURN_IN_SWEEPS = 2


def rewired(ties: Ints, person_count: int, times: int) -> Iterator[Ints]:
    """Yield the same number of ties, redrawn, ``times`` times.

    Parameters
    ----------
    ties
        Shape (ties, 2), numbers of people from 0, each tie once, nobody tied to themselves. The
        order of rows decides the draws.
    person_count
        More than any number of a person.
    """
    redrawn = ties.copy()
    for sweep in range(BURN_IN_SWEEPS + times):
        _swap_once(redrawn, person_count, sweep)
        if sweep >= BURN_IN_SWEEPS:
            yield redrawn


def tie_keys(ties: Ints, person_count: int) -> Ints:
    """Return one number for each tie, whichever end comes first."""
    one, other = ties[:, 0], ties[:, 1]
    return np.asarray(np.minimum(one, other) * person_count + np.maximum(one, other))


def _swap_once(ties: Ints, person_count: int, sweep: int) -> None:
    """Offer every tie one swap with another; where their number is odd, one is left out."""
    half = len(ties) // 2
    order = shuffled(f"rewiring order {sweep}", len(ties))
    one, other = order[:half], order[half : 2 * half]
    is_turned = draw(f"rewiring turn {sweep}", one) >> np.uint64(63) > 0
    ends, other_ends = ties[one], ties[other]
    other_ends[is_turned] = other_ends[is_turned][:, ::-1]
    crossed = np.column_stack((ends[:, 0], other_ends[:, 1]))
    crossed_back = np.column_stack((other_ends[:, 0], ends[:, 1]))
    offered = np.concatenate((crossed, crossed_back))
    is_fine = _new_and_single(offered, ties, person_count)
    accepted = is_fine[:half] & is_fine[half:]
    ties[one[accepted]] = crossed[accepted]
    ties[other[accepted]] = crossed_back[accepted]


def _new_and_single(offered: Ints, ties: Ints, person_count: int) -> npt.NDArray[np.bool_]:
    """Return which ties join two people who are not tied, and are offered once."""
    keys = tie_keys(offered, person_count)
    present = np.sort(tie_keys(ties, person_count))
    place = np.minimum(np.searchsorted(present, keys), len(present) - 1)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    is_single = counts[inverse] == 1
    return np.asarray((present[place] != keys) & is_single & (offered[:, 0] != offered[:, 1]))
