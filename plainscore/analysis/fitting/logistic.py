"""A logistic model whose coefficients are at least 0: more evidence never costs points."""

from dataclasses import dataclass

import numpy as np

from plainscore.analysis.fitting.samples import Flags, Floats

DECIMALS = 6
"""Coefficients are kept to six decimals: the last digits of a float sum depend on the machine."""

PENALTY = 1.0
"""On half the sum of squared coefficients, as scikit-learn's default (C = 1): it keeps features
that say the same from cancelling each other."""

_STEPS = 100
_HALVINGS = 30
_CONVERGED = 1e-11


@dataclass(frozen=True)
class LogisticModel:
    """Log odds of good = intercept + coefficients x evidence."""

    intercept: float
    coefficients: Floats

    def log_odds(self, evidence: Floats) -> Floats:
        """Return the linear predictor of each row of ``evidence`` (rows x features)."""
        return np.asarray(self.intercept + evidence @ self.coefficients)


def fit_logistic(evidence: Floats, is_bad: Flags) -> LogisticModel:
    """Fit by Newton's method; coefficients that would be negative are 0, the others fitted anew.

    A coefficient comes back if, all others being fitted, the likelihood asks for more of it.
    """
    is_good = np.asarray(~is_bad, dtype=np.float64)
    design = np.column_stack([np.ones(len(is_good)), evidence])
    is_free = np.ones(design.shape[1], dtype=np.bool_)
    is_free[1:] = np.ptp(evidence, axis=0) > 0
    is_usable = is_free.copy()
    weights = np.zeros(design.shape[1])
    for _ in range(3 * design.shape[1]):
        weights = _newton(design, is_good, is_free)
        worst = 1 + int(np.argmin(weights[1:]))
        if weights[worst] < 0:
            is_free[worst] = False
            continue
        wanted = np.where(is_usable & ~is_free, design.T @ _residual(design, is_good, weights), 0)
        if wanted.max() <= _CONVERGED * len(is_good):
            break
        is_free[int(np.argmax(wanted))] = True
    rounded = [round(float(weight), DECIMALS) for weight in weights]
    return LogisticModel(rounded[0], np.array(rounded[1:]))


def _newton(design: Floats, is_good: Floats, is_free: Flags) -> Floats:
    own = design[:, is_free]
    penalty = np.full(own.shape[1], PENALTY)
    penalty[0] = 0
    weights = np.zeros(own.shape[1])
    share = is_good.mean()
    weights[0] = np.log(share / (1 - share))
    for _ in range(_STEPS):
        residual = _residual(own, is_good, weights)
        variance = (is_good - residual) * (1 - is_good + residual)
        curvature = (own * variance[:, None]).T @ own + np.diag(penalty)
        step = np.linalg.solve(curvature, own.T @ residual - penalty * weights)
        # A whole step may lead too far; the loss is convex, so a shorter one leads down.
        before = _loss(own, is_good, weights, penalty)
        for _ in range(_HALVINGS):
            if _loss(own, is_good, weights + step, penalty) <= before:
                break
            step = step / 2
        weights = weights + step
        if np.abs(step).max() < _CONVERGED:
            break
    filled = np.zeros(design.shape[1])
    filled[is_free] = weights
    return filled


def _residual(design: Floats, is_good: Floats, weights: Floats) -> Floats:
    return np.asarray(is_good - (1 + np.tanh(design @ weights / 2)) / 2)


def _loss(design: Floats, is_good: Floats, weights: Floats, penalty: Floats) -> float:
    """Return the negative log likelihood and the penalty."""
    log_odds = design @ weights
    unlikely = np.logaddexp(0, np.where(is_good > 0, -log_odds, log_odds))
    return float(unlikely.sum() + (penalty * weights**2).sum() / 2)
