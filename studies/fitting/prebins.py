"""Cut a feature finely: edges between observed values, in as few digits as will do."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

import numpy as np

from studies.fitting.samples import Flags, Floats

FEWEST_SHARE = 0.01
"""A fine bin holds at least this share of the known values: later steps only join bins."""

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
    distinct, place = np.unique(values[is_known], return_inverse=True)
    if not len(distinct):
        return []
    bad = np.bincount(place, weights=is_bad[is_known], minlength=len(distinct)).astype(np.int64)
    people = np.bincount(place, minlength=len(distinct))
    starts = _starts(people.tolist(), FEWEST_SHARE * len(place))
    bins = []
    for start, end in zip(starts, [*starts[1:], len(distinct)], strict=True):
        edge = _lowest(distinct[0]) if start == 0 else between(distinct[start - 1], distinct[start])
        bad_here = int(bad[start:end].sum())
        bins.append(Counts(edge, int(people[start:end].sum()) - bad_here, bad_here))
    return bins


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


def _lowest(value: float) -> Decimal:
    return _plain(Decimal(repr(float(value))).to_integral_value(ROUND_FLOOR))


def _plain(number: Decimal) -> Decimal:
    """Return the same number without an exponent or trailing zeros of a fraction."""
    return Decimal(int(number)) if number == int(number) else number.normalize()
