"""How people move between bands from one date to the next, and between two rules on one date."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Placed = tuple[Ints, Ints]
"""Keys of people, ascending, and the band of each; band 0 is not scored."""
Move = tuple[int, int, int]
"""Band before, band after, people."""


def moves(before: Placed, after: Placed) -> list[Move]:
    """Return how many of those who are in both went from which band to which."""
    _, here, there = np.intersect1d(before[0], after[0], assume_unique=True, return_indices=True)
    pairs, counts = np.unique(
        np.column_stack((before[1][here], after[1][there])), axis=0, return_counts=True
    )
    return [
        (int(old), int(new), int(people)) for (old, new), people in zip(pairs, counts, strict=True)
    ]


def shorrocks(counted: list[Move]) -> float | None:
    """Return the mobility index, 0 (nobody leaves their band) upwards; None below two bands.

    (n - trace P) / (n - 1), P the share of each band's people that goes to each (Shorrocks,
    Econometrica 46, 1978). A band that nobody was in has no row in P and is left out of n.
    """
    people = dict(_by_band((old, count) for old, _, count in counted))
    stayed = dict(_by_band((old, count) for old, new, count in counted if old == new))
    if len(people) < 2:
        return None
    left = sum((people[band] - stayed.get(band, 0)) / people[band] for band in sorted(people))
    return left / (len(people) - 1)


def up_and_down(counted: list[Move]) -> tuple[int, int]:
    """Return how many of the scored stand higher, and how many lower."""
    scored = [move for move in counted if move[0] and move[1]]
    higher = sum(people for old, new, people in scored if new > old)
    return higher, sum(people for old, new, people in scored if new < old)


def _by_band(counts: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    total: dict[int, int] = {}
    for band, people in counts:
        total[band] = total.get(band, 0) + people
    yield from total.items()
