"""Round numbers along an axis."""

from collections.abc import Sequence
from math import ceil, floor, log10


def round_scale(values: Sequence[float], decimals: int) -> tuple[float, float, float]:
    """Return the ends of an axis and the step between its numbers: about four round steps.

    ``decimals``: of the numbers at the axis; steps are never finer than these can tell.
    """
    lowest, highest = min(values, default=0.0), max(values, default=1.0)
    finest = 10.0**-decimals
    span = max(highest - lowest, finest)
    size = 10.0 ** floor(log10(span / 4))
    step = max(next(size * n for n in (1, 2, 2.5, 5, 10) if size * n * 4 >= span), finest)
    low = floor(lowest / step + 1e-9) * step
    high = max(ceil(highest / step - 1e-9) * step, low + step)
    return low, high, step
