"""Chance without a state: a draw is a function of what it is for and of a counter.

splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014) as a
hash of its counter. numpy's own generators are not used: their streams may change with a version.
"""

import hashlib

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def draw(what_for: str, counters: Ints) -> Bits:
    """Return 64 random bits for each counter (at least 0), different for different counters."""
    start = np.frombuffer(hashlib.sha256(what_for.encode()).digest()[:8], dtype="<u8")
    bits = counters.astype(np.uint64) * _STEP + start
    bits ^= bits >> np.uint64(30)
    bits *= _FIRST
    bits ^= bits >> np.uint64(27)
    bits *= _SECOND
    bits ^= bits >> np.uint64(31)
    return np.asarray(bits)


def shuffled(what_for: str, count: int) -> Ints:
    """Return 0, 1, ..., count - 1 in random order.

    The draws of different counters differ, so there are no equals whose order a sort could choose.
    """
    return np.argsort(draw(what_for, np.arange(count, dtype=np.int64)))
