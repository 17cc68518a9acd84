"""Student's t: how often chance alone strays so far. Degrees of freedom need not be whole."""

import math

NORMAL_95 = 1.959963984540054
"""Within so many standard errors lie 95 % of a normal distribution."""
_MOST_STEPS = 100_000
_ENOUGH = 1e-15


def two_sided_p(t: float, degrees: float) -> float:
    """Return the chance of a value at least as far from 0 as ``t``; ``degrees`` above 0."""
    ratio = t * t / degrees
    if not ratio:
        return 1.0
    return _beta_share(1 / (1 + ratio), ratio / (1 + ratio), degrees / 2, 0.5)


def quantile_95(degrees: float) -> float:
    """Return the t within which, to both sides of 0, 95 % of all values lie.

    Newton's method from the normal quantile, which is never above: the chance falls ever more
    slowly with t, so every step stays short of the root.
    """
    t = NORMAL_95
    while (better := t + (two_sided_p(t, degrees) - 0.05) / (2 * _density(t, degrees))) > t:
        if better - t < _ENOUGH * t:
            return better
        t = better
    return t


def _density(t: float, degrees: float) -> float:
    log_front = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    log_tail = (degrees + 1) / 2 * math.log1p(t * t / degrees)
    return math.exp(log_front - log_tail) / math.sqrt(degrees * math.pi)


def _beta_share(x: float, rest: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b); ``rest`` is 1 - x, unrounded."""
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    log_front += a * (math.log(x) if x < rest else math.log1p(-rest))
    log_front += b * (math.log(rest) if rest < x else math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return math.exp(log_front) / (a * _continued_fraction(x, a, b))
    return 1 - math.exp(log_front) / (b * _continued_fraction(rest, b, a))


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Return 1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22, front to back by Lentz's method."""
    value = upper = 1.0
    lower = 0.0
    for step in range(1, _MOST_STEPS):
        half = step // 2
        term = -(a + half) * (a + b + half) if step % 2 else half * (b - half)
        term *= x / ((a + step - 1) * (a + step))
        lower = 1 / (1 + term * lower)
        upper = 1 + term / upper
        value *= upper * lower
        if abs(upper * lower - 1) < _ENOUGH:
            break
    return value
