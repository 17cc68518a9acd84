"""A logistic model of being good, with weights that may be bound from below.

Exact and fast for many people in few bins: Newton's method, whose curvature is counted by pairs of
bins. scipy is imported where it is used.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from plainscore.analysis.fit_people import BinnedPeople, Floats

ANY_WEIGHT = -100.0
"""The least value of a weight of either sign: no log odds are near it."""

CLOSE_ENOUGH = 1e-9
"""The last step of every weight: what is left of the error is far smaller still."""

MOST_STEPS = 100
SMALLEST_PART = 1e-6
"""Of a step: where not even that lowers the loss, the weights are the best to be had."""

NOISE = 1e-12
"""Part of a loss that may be the rounding of its sum."""


class BinnedLoss:
    """The penalised loss of a logistic model: minus the log likelihood of the good and the bad.

    ``designs``: of each column of ``people.numbers``, a row per bin and a column per weight. The
    first weight is added to everyone's log odds, without a penalty.
    """

    def __init__(self, designs: Sequence[Floats], people: BinnedPeople, penalty: float):
        from scipy.linalg import block_diag

        self._sizes = [len(one) for one in designs]
        self._starts = [0, *accumulate(self._sizes)]
        self._columns = [
            np.ascontiguousarray(people.numbers[:, no]) for no in range(len(self._sizes))
        ]
        self._good = people.good.astype(np.float64)
        self._everyone = self._good + people.bad
        of_everyone = np.zeros((self._starts[-1], 1))
        of_everyone[: self._sizes[0]] = 1
        self.design: Floats = np.hstack([of_everyone, block_diag(*designs)])
        self._penalties = np.full(self.design.shape[1], penalty)
        self._penalties[0] = 0

    def at(self, weights: Floats) -> float:
        """Return the loss; sums of numpy do not depend on threads as products of matrices do."""
        log_odds = self._log_odds(weights)
        unlikely = self._everyone * np.logaddexp(0, log_odds) - self._good * log_odds
        return float(unlikely.sum() + (self._penalties * weights**2).sum() / 2)

    def slope_and_curvature(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return the first and the second derivatives by the weights."""
        from scipy.special import expit

        chance = expit(self._log_odds(weights))
        rest = self._everyone * chance - self._good
        by_bin = [
            np.bincount(column, weights=rest, minlength=size)
            for column, size in zip(self._columns, self._sizes, strict=True)
        ]
        slope = self.design.T @ np.concatenate(by_bin) + self._penalties * weights
        crossed = self._by_pairs(self._everyone * chance * (1 - chance))
        return slope, self.design.T @ crossed @ self.design + np.diag(self._penalties)

    def _log_odds(self, weights: Floats) -> Floats:
        by_bin = self.design @ weights
        total = np.zeros(len(self._good))
        for column, start in zip(self._columns, self._starts, strict=False):
            total += by_bin[start:][column]
        return total

    def _by_pairs(self, amount: Floats) -> Floats:
        """Return the sum of an amount for each pair of bins, of one feature or of two."""
        total = np.zeros((self._starts[-1], self._starts[-1]))
        for no, (size, start) in enumerate(zip(self._sizes, self._starts, strict=False)):
            rows = slice(start, start + size)
            for other in range(no + 1):
                width = self._sizes[other]
                pair = self._columns[no].astype(np.int64) * width + self._columns[other]
                counted = np.bincount(pair, weights=amount, minlength=size * width)
                columns = slice(self._starts[other], self._starts[other] + width)
                total[rows, columns] = counted.reshape(size, width)
                total[columns, rows] = total[rows, columns].T
        return total


def logistic_weights(
    designs: Sequence[Floats], people: BinnedPeople, lowest: Sequence[float], penalty: float
) -> Floats:
    """Return the weights, each at least ``lowest``, of the least penalised loss.

    Newton's method: the best weights within their bounds by slope and curvature are found as
    nonnegative least squares (Lawson and Hanson, 1974), and the step is halved until it helps.
    """
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import nnls

    loss = BinnedLoss(designs, people, penalty)
    bound = np.asarray(lowest, dtype=np.float64)
    weights = np.zeros(len(bound))
    weights[0] = np.log(people.good.sum() / people.bad.sum())
    now = loss.at(weights)
    for _ in range(MOST_STEPS):
        slope, curvature = loss.slope_and_curvature(weights)
        upper = cholesky(curvature)
        wanted = upper @ (weights - bound) - solve_triangular(upper, slope, trans="T")
        step = bound + nnls(upper, wanted)[0] - weights
        part = 1.0
        most = now * (1 + NOISE)
        while (then := loss.at(weights + part * step)) > most and part > SMALLEST_PART:
            part /= 2
        if then > most:
            break
        weights, now = weights + part * step, then
        if np.abs(step).max() < CLOSE_ENOUGH:
            break
    return np.asarray(weights)
