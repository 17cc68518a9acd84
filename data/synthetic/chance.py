"""Counter-based randomness: every draw is a function of (seed, stream, who, when).

Nothing here has a state, so any person's or any month's rows can be made alone, in any order and on
any number of threads. The generator is splitmix64 (Steele, Lea, Flood: "Fast splittable
pseudorandom number generators", OOPSLA 2014) used as a hash of its counter; numpy's own
distributions are not used, because their streams may change between versions.

Draws are turned into numbers by integer arithmetic and by the operations that IEEE 754 rounds
exactly (+ - * / and the square root), never by exp, log or sin of a mathematics library, whose last
bit differs from machine to machine.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
SmallInts = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_WORD: Final = (1 << 64) - 1
_STEP_WHO: Final = np.uint64(0x9E3779B97F4A7C15)
_STEP_WHEN: Final = np.uint64(0xD1B54A32D192ED03)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
OCTAVE: Final = 1024
"""Exponents are counted in 1/1024 of an octave: adding OCTAVE doubles."""


def _mix(bits: Bits) -> Bits:
    """The finaliser of splitmix64, in place."""
    bits ^= bits >> np.uint64(30)
    bits *= _FIRST
    bits ^= bits >> np.uint64(27)
    bits *= _SECOND
    bits ^= bits >> np.uint64(31)
    return bits


@dataclass(frozen=True)
class Roll:
    """64 random bits per draw, also read as four independent 16-bit numbers, the lanes 0 to 3."""

    bits: Bits

    def __getitem__(self, chosen: Flags | Ints) -> "Roll":
        return Roll(self.bits[chosen])

    def lane(self, number: int) -> Ints:
        """Return one lane: 0 <= lane < 65536."""
        return ((self.bits >> np.uint64(16 * number)) & np.uint64(0xFFFF)).astype(np.int64)

    def high_half(self) -> Ints:
        """Return lanes 2 and 3 as one number: 0 <= half < 2**32."""
        return (self.bits >> np.uint64(32)).astype(np.int64)

    def likely(self, number: int, parts_per_million: Ints | int) -> Flags:
        """Return `likely` of a lane."""
        return likely(self.lane(number), parts_per_million)

    def pick(self, number: int, count: Ints | int) -> Ints:
        """Return `pick` from a lane."""
        return pick(self.lane(number), count)

    def pick_small(self, number: int, count: int) -> Ints:
        """Return a whole number in [0, count) from a lane's square: small ones are likelier."""
        return pick(self.lane(number) * self.lane(number) >> 16, count)

    def bell(self) -> Ints:
        """Return bell-shaped numbers, mean 0 and deviation 1000, from the four lanes' sum.

        An Irwin-Hall draw of four: never beyond 3464, close to normal within two deviations.
        """
        total = sum(self.lane(number) for number in range(4))
        return np.asarray((total - 131_070) * 1000 // 37_837)


class Dice:
    """The random bits of one world: the same seed always rolls the same numbers."""

    def __init__(self, seed: int) -> None:
        self._seed = seed & _WORD

    def roll(self, stream: str, who: Ints, when: Ints | int = 0) -> Roll:
        """Return a draw for each of `who` at `when`, both non-negative, of an independent stream.

        They are usually numbers of persons and of a month: one for all or of the same shape.
        """
        name = 0xCBF29CE484222325
        for byte in stream.encode():  # FNV-1a
            name = ((name ^ byte) * 0x100000001B3) & _WORD
        start = np.array([self._seed * 0x2545F4914F6CDD1D + name & _WORD], np.uint64)
        bits = who.astype(np.uint64)
        bits *= _STEP_WHO
        bits += _mix(start)[0]
        bits = _mix(bits)
        bits += np.asarray(when, dtype=np.uint64) * _STEP_WHEN
        return Roll(_mix(bits))


def likely(lanes: Ints, parts_per_million: Ints | int) -> Flags:
    """Return where a 16-bit draw falls below a probability, which may differ from row to row."""
    return np.asarray(lanes * 1_000_000 < np.asarray(parts_per_million, np.int64) * 65_536)


def pick(lanes: Ints, count: Ints | int) -> Ints:
    """Return a whole number in [0, count) from a 16-bit draw."""
    return np.asarray(lanes * count >> 16)


def _fractional_powers() -> Floats:
    """Return 2**(k/1024) for k = 0..1023, by square roots and products alone."""
    powers, root = np.ones(OCTAVE), np.float64(2.0)
    for bit in range(9, -1, -1):
        root = np.sqrt(root)
        powers[(np.arange(OCTAVE) >> bit & 1).astype(bool)] *= root
    return powers


_POWERS: Final = _fractional_powers()


def power_of_two(exponent: Ints) -> Floats:
    """Return 2**(exponent / 1024)."""
    return np.asarray(np.ldexp(_POWERS[exponent & (OCTAVE - 1)], (exponent >> 10).astype(np.int32)))


def odds_to_ppm(exponent: Ints) -> Ints:
    """Return, in parts per million, the probability whose odds are 2**(exponent / 1024)."""
    odds = power_of_two(exponent)
    return (1_000_000.0 * (odds / (1.0 + odds))).astype(np.int64)


@cache
def odds_for(share_ppm: int, spread: int) -> int:
    """Return the exponent x for which odds of 2**((x + spread * bell) / 1024) have a mean share.

    `bell` is a bell-shaped trait and `spread` in 1/1024 octaves of odds per deviation, so that a
    share can be asked for and people may still differ as widely as they do.
    """
    bell = Dice(0).roll("share", np.arange(1 << 12)).bell()
    low, high = -30 * OCTAVE, 30 * OCTAVE
    while low < high:
        middle = (low + high) // 2
        if int(odds_to_ppm(middle + spread * bell // 1000).sum()) < share_ppm * len(bell):
            low = middle + 1
        else:
            high = middle
    return low
