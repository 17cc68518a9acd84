"""Monotone bins of one feature, and the evidence in each.

Fine bins are pooled until risk goes one way (pool adjacent violators: Ayer et al., Ann. Math. Stat.
26, 1955), then neighbours are joined while the data hardly tell them apart.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np

from plainscore.analysis.fitting.prebins import Counts, prebins
from plainscore.analysis.fitting.samples import Flags, Floats, Sample

MOST_BINS = 6
"""As many as the widest feature of the standard card has: a person has to read them."""

TOLD_APART = 6.635
"""Twice the gain in log likelihood at which a cut is kept: chi square, one degree, 1 %."""

PRIOR_PEOPLE = 20
"""People of average risk that every bin is given beside its own, so that few prove little."""


@dataclass(frozen=True)
class FeatureBins:
    """``evidence``: log odds of good in each bin against everyone's; ``missing_evidence``
    likewise, no more than the best bin's, so that withholding a value never beats the best one.

    ``evidence_direction``: up, down, or none, whatever the bins were made to follow.
    """

    name: str
    direction: str
    evidence_direction: str
    edges: tuple[Decimal, ...]
    evidence: tuple[float, ...]
    missing_evidence: float

    @property
    def least(self) -> float:
        return min(*self.evidence, self.missing_evidence)

    @property
    def span(self) -> float:
        """Best bin against the worst, missing included."""
        return max(self.evidence) - self.least

    def bin_numbers(self, values: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return each value's bin from 0, and len(edges) for a missing one."""
        inner = np.array([float(edge) for edge in self.edges[1:]])
        numbers = np.searchsorted(inner, values, side="right")
        return np.where(np.isnan(values), len(self.edges), numbers).astype(np.int64)

    def evidence_of(self, values: Floats) -> Floats:
        """Return the evidence of each value."""
        by_number = np.array([*self.evidence, self.missing_evidence])
        return np.asarray(by_number[self.bin_numbers(values)])


def fit_bins(name: str, sample: Sample, direction: str | None) -> FeatureBins:
    """Return the bins of a feature; ``direction`` None: whichever the evidence has.

    Where the evidence goes against a given direction, nothing is left of it: one bin.
    """
    values = sample.values[name]
    fine = prebins(values, sample.is_bad)
    found = {way: _monotone(fine, way) for way in ("up", "down")}
    gains = {way: _log_likelihood(bins) - _log_likelihood(_one(fine))
             for way, bins in found.items()}  # fmt: skip
    stronger = max(gains, key=lambda way: gains[way])
    evidence_direction = stronger if len(found[stronger]) > 1 else "none"
    followed = direction or stronger
    bins = found[followed] if evidence_direction == followed else _one(fine)
    return _with_evidence(name, followed, evidence_direction, bins, sample, np.isnan(values))


def _with_evidence(
    name: str,
    direction: str,
    evidence_direction: str,
    bins: Sequence[Counts],
    sample: Sample,
    is_missing: Flags,
) -> FeatureBins:
    prior = _log_odds_against(sample)
    bad = int(np.count_nonzero(is_missing & sample.is_bad))
    missing = Counts(Decimal(0), int(np.count_nonzero(is_missing)) - bad, bad)
    if not bins or (len(bins) == 1 and _cost_of_joining(bins[0], missing) < TOLD_APART):
        edges = (bins[0].at_least if bins else Decimal(0),)
        return FeatureBins(name, direction, evidence_direction, edges, (0.0,), 0.0)
    evidence = tuple(prior(one) for one in bins)
    return FeatureBins(
        name, direction, evidence_direction, tuple(one.at_least for one in bins), evidence,
        min(prior(missing), max(evidence)),
    )  # fmt: skip


def _log_odds_against(sample: Sample) -> Callable[[Counts], float]:
    people = len(sample.is_bad)
    good_prior, bad_prior = (
        PRIOR_PEOPLE * sample.good / people,
        PRIOR_PEOPLE * sample.bad / people,
    )
    everyone = math.log(sample.good / sample.bad)

    def log_odds(one: Counts) -> float:
        return math.log((one.good + good_prior) / (one.bad + bad_prior)) - everyone

    return log_odds


def _monotone(fine: Sequence[Counts], direction: str) -> list[Counts]:
    """Return bins whose share of good people strictly rises (``up``) or falls."""
    pooled: list[Counts] = []
    for one in fine:
        pooled.append(one)
        while len(pooled) > 1 and not _rises(pooled[-2], pooled[-1], direction):
            above = pooled.pop()
            pooled.append(pooled.pop().joined(above))
    return _joined_where_alike(pooled)


def _rises(lower: Counts, upper: Counts, direction: str) -> bool:
    difference = upper.good * lower.bad - lower.good * upper.bad
    return difference > 0 if direction == "up" else difference < 0


def _joined_where_alike(bins: list[Counts]) -> list[Counts]:
    while len(bins) > 1:
        costs = [_cost_of_joining(lower, upper) for lower, upper in pairwise(bins)]
        cheapest = min(range(len(costs)), key=costs.__getitem__)
        if costs[cheapest] >= TOLD_APART and len(bins) <= MOST_BINS:
            break
        bins[cheapest : cheapest + 2] = [bins[cheapest].joined(bins[cheapest + 1])]
    return bins


def _cost_of_joining(lower: Counts, upper: Counts) -> float:
    return 2 * (_log_likelihood([lower, upper]) - _log_likelihood([lower.joined(upper)]))


def _log_likelihood(bins: Sequence[Counts]) -> float:
    terms = (
        count * math.log(count / (one.good + one.bad))
        for one in bins
        for count in (one.good, one.bad)
        if count
    )
    return math.fsum(terms)


def _one(fine: Sequence[Counts]) -> list[Counts]:
    if not fine:
        return []
    return [Counts(fine[0].at_least, sum(b.good for b in fine), sum(b.bad for b in fine))]
