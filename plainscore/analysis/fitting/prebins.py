"""Cut a feature finely: edges in as few digits as will do."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

import numpy as np

from plainscore.analysis.fitting.samples import Flags, Floats, Ints

FEWEST_SHARE = 0.01
"""A fine bin holds at least this share of the known values: later steps only join bins."""

MOVED_SHARE = 0.0025
"""Of the known values, so many may change their bin for an edge of fewer digits."""

_COARSEST = 6


@dataclass(frozen=True)
class Counts:
    """Good and bad people of one bin, from ``at_least`` on."""

    at_least: Decimal
    good: int
    bad: int

    def joined(self, above: "Counts") -> "Counts":
        """Return this bin and the one above it as one."""
        return Counts(self.at_least, self.good + above.good, self.bad + above.bad)


def prebins(values: Floats, is_bad: Flags) -> list[Counts]:
    """Return fine bins of the known values, ascending; none where no value is known."""
    is_known = ~np.isnan(values)
    known, is_bad = values[is_known], is_bad[is_known]
    distinct, people = np.unique(known, return_counts=True)
    if not len(distinct):
        return []
    edges = _edges(distinct, people.astype(np.int64))
    place = np.searchsorted(np.array([float(edge) for edge in edges[1:]]), known, side="right")
    bad = np.bincount(place[is_bad], minlength=len(edges)).tolist()
    good = np.bincount(place[~is_bad], minlength=len(edges)).tolist()
    return [Counts(*one) for one in zip(edges, good, bad, strict=True)]


def _edges(distinct: Floats, people: Ints) -> list[Decimal]:
    """Return the edges of fine bins; an edge may pass over few people for the sake of digits."""
    below = np.concatenate([[0], np.cumsum(people)])
    slack = MOVED_SHARE * below[-1]
    edges = [_plain(Decimal(repr(float(distinct[0]))).to_integral_value(ROUND_FLOOR))]
    for start in _starts(people.tolist(), FEWEST_SHARE * below[-1])[1:]:
        passed = int(np.searchsorted(below, below[start] - slack))
        edges.append(between(distinct[passed - 1], distinct[start]))
    return edges


def between(below: float, value: float) -> Decimal:
    """Return the number of fewest decimals that is above ``below`` and at most ``value``."""
    exact = Decimal(repr(float(value)))
    for decimals in range(-_COARSEST, 20):
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR)
        if float(rounded) > below:
            return _plain(rounded)
    return exact


def _starts(people: Sequence[int], fewest: float) -> list[int]:
    """Return where bins of at least ``fewest`` people start; what is left joins the last."""
    starts, held, left = [0], 0, sum(people)
    for place, count in enumerate(people):
        if held >= fewest and left >= fewest:
            starts.append(place)
            held = 0
        held += count
        left -= count
    return starts


def _plain(number: Decimal) -> Decimal:
    """Return the same number without an exponent or trailing zeros of a fraction."""
    return Decimal(int(number)) if number == int(number) else number.normalize()
