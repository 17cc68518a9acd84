"""How people move between bands from one date to the next, and between two rules on one date."""

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


def up_and_down(counted: list[Move]) -> tuple[int, int]:
    """Return how many of the scored stand higher, and how many lower."""
    scored = [move for move in counted if move[0] and move[1]]
    higher = sum(people for old, new, people in scored if new > old)
    return higher, sum(people for old, new, people in scored if new < old)
