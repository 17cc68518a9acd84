"""Fit a scorecard to outcomes: bins, one logistic model of all their steps, whole points.

The own features are fitted; the social factor stays as it is, since the limit of what friends can
do is the card's decision and does not follow from data. The model's weights may be bound from
below; it is exact and fast for many people in few bins: Newton's method, whose curvature is counted
by pairs of bins. scipy is imported where it is used.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from plainscore.analysis.fit_people import BinnedPeople, Floats, Ints, People, ValueCounts
from plainscore.scorecards.card import Bin, Feature, Scorecard

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


# Bins and points


FEWEST_SHARE = 0.01
"""A fine bin holds at least this share of the known values; later steps only join bins."""

MOVED_SHARE = 0.0025
"""This share of the known values may change their bin for an edge of fewer digits."""

MOST_BINS = 8
"""People have to read them; the widest feature of the standard card has thirteen."""

STEP_BINS = 20
"""Into about so many bins a feature is cut before all features are fitted together."""

CUT_GAIN = 6.635
"""Twice the gain in log likelihood at which a cut is kept: chi-square, one degree, 1 %."""

EVIDENCE_DECIMALS = 6
"""Log odds are rounded: the last digits of a float sum depend on the machine."""

PENALTY = 1.0
"""On half the sum of squared weights, as scikit-learn's default (C = 1): it keeps correlated
features from cancelling each other, and few people from proving much."""


class BinCount(NamedTuple):
    """Good and bad people of one bin, from ``at_least`` on."""

    at_least: Decimal
    good: int
    bad: int


def fine_bins(counts: ValueCounts) -> list[BinCount]:
    """Return fine bins of the known values, ascending; none where no value is known.

    An edge may pass a few people to save digits.
    """
    distinct, people = counts.values, counts.good + counts.bad
    if not len(distinct):
        return []
    below = np.concatenate([[0], np.cumsum(people)])
    fewest, slack = FEWEST_SHARE * below[-1], MOVED_SHARE * below[-1]
    edges = [_plain(Decimal(repr(float(distinct[0]))).to_integral_value(ROUND_FLOOR))]
    begun, everyone = 0, int(below[-1])
    for place, before in enumerate(below[:-1].tolist()):  # the remainder joins the last bin
        if before - begun >= fewest and everyone - before >= fewest:
            begun = before
            passed = int(np.searchsorted(below, before - slack))
            edges.append(edge_between(distinct[passed - 1], distinct[place]))
    starts = np.searchsorted(distinct, np.array([float(edge) for edge in edges[1:]]))
    good, bad = (
        [int(part.sum()) for part in np.split(of, starts)] for of in (counts.good, counts.bad)
    )
    return [BinCount(*one) for one in zip(edges, good, bad, strict=True)]


def edge_between(below: float, value: float) -> Decimal:
    """Return the number with the fewest decimals that is above ``below`` and at most ``value``."""
    exact = Decimal(repr(float(value)))
    for decimals in range(-6, 20):
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR)
        if float(rounded) > below:
            return _plain(rounded)
    return exact


def _plain(number: Decimal) -> Decimal:
    """Return the same number without an exponent or trailing zeros of a fraction."""
    return Decimal(int(number)) if number == int(number) else number.normalize()


@dataclass(frozen=True)
class FeatureBins:
    """The bins of a feature and the evidence in each.

    ``evidence``: log odds of good in each bin, up to a constant, and last those of a missing value.
    ``evidence_direction``: up, down or none, whatever direction the bins have to follow.
    ``is_missing_apart``: whether a missing value has evidence of its own; it is worth the mean of
    those who have a value otherwise.
    """

    name: str
    direction: str
    evidence_direction: str
    edges: tuple[Decimal, ...]
    evidence: tuple[float, ...]
    is_missing_apart: bool

    @property
    def is_fitted(self) -> bool:
        """Whether the feature says anything; all its evidence is 0 otherwise."""
        return len(self.edges) > 1 or self.is_missing_apart


def binned(people: People, features: Sequence[FeatureBins]) -> BinnedPeople:
    """Return how many good and bad people are in each combination of bins of features."""
    return people.binned([(one.name, [float(edge) for edge in one.edges]) for one in features])


def first_bins(name: str, people: People, direction: str | None) -> FeatureBins:
    """Return a feature in about STEP_BINS bins; ``direction`` None: whichever the evidence has.

    In one bin where the feature says nothing by itself, or the evidence goes against a given
    direction. It says something by a missing value alone where that is significant.
    """
    counts = people.counts(name)
    fine = fine_bins(counts)
    found = {way: _monotone(fine, way) for way in ("up", "down")}
    stronger = max(found, key=lambda way: _log_likelihood(found[way]))
    evidence_direction = stronger if len(found[stronger]) > 1 else "none"
    followed = direction or stronger
    missing = BinCount(Decimal(0), counts.missing_good, counts.missing_bad)
    edges: tuple[Decimal, ...] = (fine[0].at_least if fine else Decimal(0),)
    if len(found[followed]) > 1 and evidence_direction == followed:
        edges, is_apart = _even_edges(fine), missing.good + missing.bad > 0
    else:
        is_apart = bool(fine) and _cost_of_joining(_joined(fine), missing) >= CUT_GAIN
    no_evidence = (0.0,) * (len(edges) + 1)
    return FeatureBins(name, followed, evidence_direction, edges, no_evidence, is_apart)


def _even_edges(fine: Sequence[BinCount]) -> tuple[Decimal, ...]:
    """Return where bins begin that hold an even part of the good and the bad."""
    good, bad = (max(sum(getattr(one, name) for one in fine), 1) for name in ("good", "bad"))
    part = Fraction(0)
    edges = [fine[0].at_least]
    for before, one in pairwise(fine):
        part += Fraction(before.good, good) + Fraction(before.bad, bad)
        if part >= Fraction(2, STEP_BINS):
            edges.append(one.at_least)
            part = Fraction(0)
    return tuple(edges)


def _monotone(fine: Sequence[BinCount], direction: str) -> list[BinCount]:
    """Return bins whose share of good people rises (``up``) or falls.

    Isotonic regression (pool adjacent violators: Ayer et al., Ann. Math. Stat. 26, 1955); then
    neighbours are joined while the cut between them is not significant.
    """
    if not fine:
        return []
    from scipy.optimize import isotonic_regression

    good, bad = (np.array([getattr(one, name) for one in fine]) for name in ("good", "bad"))
    pools = isotonic_regression(
        good / (good + bad), weights=good + bad, increasing=direction == "up"
    ).blocks
    bins = [_joined(fine[start:end]) for start, end in pairwise(pools.tolist())]
    while len(bins) > 1:
        costs = [_cost_of_joining(lower, upper) for lower, upper in pairwise(bins)]
        cheapest = min(range(len(costs)), key=costs.__getitem__)
        if costs[cheapest] >= CUT_GAIN:
            break
        bins[cheapest : cheapest + 2] = [_joined(bins[cheapest : cheapest + 2])]
    return bins


def _joined(bins: Sequence[BinCount]) -> BinCount:
    return BinCount(bins[0].at_least, sum(one.good for one in bins), sum(one.bad for one in bins))


def _cost_of_joining(lower: BinCount, upper: BinCount) -> float:
    return 2 * (_log_likelihood([lower, upper]) - _log_likelihood([_joined([lower, upper])]))


def _log_likelihood(bins: Sequence[BinCount]) -> float:
    return math.fsum(
        count * math.log(count / (one.good + one.bad))
        for one in bins
        for count in (one.good, one.bad)
        if count
    )


def fit_together(bins: Sequence[FeatureBins], people: People) -> tuple[FeatureBins, ...]:
    """Return features with the log odds of each bin by one model of all, in at most MOST_BINS.

    The bins that differ least by the model are joined, a missing value that hardly differs from the
    mean is worth the mean, and the model is fitted again.
    """
    by_bins = binned(people, bins)
    variance = people.good * people.bad / people.count**2
    joined = [
        _joined_to(one, _counted(by_bins, no, one), variance)
        for no, one in enumerate(fit_steps(bins, by_bins))
    ]
    return fit_steps(joined, binned(people, joined))


def _counted(people: BinnedPeople, no: int, one: FeatureBins) -> Ints:
    """Return how many people are in each bin of a feature, and last those without a value."""
    everyone = people.good + people.bad
    counted = np.bincount(people.numbers[:, no], everyone, minlength=len(one.evidence))
    return counted.astype(np.int64)


def _joined_to(one: FeatureBins, people: Ints, variance: float) -> FeatureBins:
    """Return a feature with the neighbours joined that differ least, weighed by their people.

    ``variance``: of being good. The gain in log likelihood by the evidence of a missing value is
    about half of its square, times that and the people it parts.
    """
    *of_bins, missing = one.evidence
    *counted, without = people.tolist()
    known = sum(counted)
    mean = sum(odds * count for odds, count in zip(of_bins, counted, strict=True)) / max(known, 1)
    gain = (missing - mean) ** 2 * variance * known * without / max(known + without, 1)
    bins = list(zip(one.edges, of_bins, counted, strict=True))
    while len(bins) > 1:
        costs = [
            (low[1] - high[1]) ** 2 * low[2] * high[2] / max(low[2] + high[2], 1)
            for low, high in pairwise(bins)
        ]
        no = min(range(len(costs)), key=costs.__getitem__)
        if costs[no] > 0 and len(bins) <= MOST_BINS:
            break
        (edge, lower, few), (_, upper, others) = bins[no : no + 2]
        joined = (lower * few + upper * others) / max(few + others, 1)
        bins[no : no + 2] = [(edge, joined, few + others)]
    edges = tuple(edge for edge, _, _ in bins)
    no_evidence = (0.0,) * (len(edges) + 1)
    return replace(one, edges=edges, evidence=no_evidence, is_missing_apart=gain >= CUT_GAIN)


def fit_steps(bins: Sequence[FeatureBins], people: BinnedPeople) -> tuple[FeatureBins, ...]:
    """Return features with the log odds of each bin by one logistic model of being good.

    A weight of at least 0 for each step from a bin to its neighbour, so that risk goes the
    feature's way. A missing value is worth the mean of those who have one, and where it is apart,
    a weight of either sign more. Features that are not fitted stay as they are.
    """
    used = [no for no, one in enumerate(bins) if one.is_fitted]
    if not used:
        return tuple(bins)
    everyone = people.good + people.bad
    designs, lowest = [], [ANY_WEIGHT]
    for no in used:
        size = len(bins[no].edges)
        steps = np.tri(size, size - 1, -1)
        if bins[no].direction == "down":
            steps = steps[::-1]
        known = np.bincount(people.numbers[:, no], weights=everyone, minlength=size + 1)[:size]
        design = np.vstack([steps, known @ steps / max(known.sum(), 1)])
        lowest += [0.0] * (size - 1)
        if bins[no].is_missing_apart:
            design = np.column_stack([design, np.arange(size + 1) == size])
            lowest.append(ANY_WEIGHT)
        designs.append(design)
    weights = logistic_weights(
        designs, people._replace(numbers=people.numbers[:, used]), lowest, PENALTY
    )
    found = list(bins)
    start = 1
    for no, design in zip(used, designs, strict=True):
        end = start + design.shape[1]
        log_odds = np.round(design @ weights[start:end], EVIDENCE_DECIMALS)
        found[no] = replace(bins[no], evidence=tuple(log_odds.tolist()))
        start = end
    return tuple(found)


def log_odds_of(features: Sequence[FeatureBins], people: BinnedPeople) -> Floats:
    """Return the model's log odds of each combination of bins, up to a constant."""
    total = np.zeros(len(people.good))
    for no, one in enumerate(features):
        total += np.asarray(one.evidence)[people.numbers[:, no]]
    return total


def whole_points(features: Sequence[FeatureBins], cap: int) -> dict[str, tuple[int, ...]]:
    """Return feature -> points of each bin and of a missing value, whose maxima sum to ``cap``.

    Empty where there is no evidence. A unit of log odds is worth the same points in every bin of
    every feature, rounded half up. The maxima are rounded to fill the cap, by largest remainder
    (Hamilton's method); no bin exceeds its maximum.
    """
    spans = [Fraction(max(one.evidence)) - Fraction(min(one.evidence)) for one in features]
    whole = sum(spans, Fraction(0))
    if not whole:
        return {}
    shares = [cap * span / whole for span in spans]
    most = [math.floor(share) for share in shares]
    by_rest = sorted(range(len(most)), key=lambda i: (most[i] - shares[i], i))
    for place in by_rest[: cap - sum(most)]:
        most[place] += 1
    return {
        one.name: _points(one, cap / whole, most_here)
        for one, most_here in zip(features, most, strict=True)
    }


def _points(one: FeatureBins, points_per_evidence: Fraction, most: int) -> tuple[int, ...]:
    least, best = Fraction(min(one.evidence)), max(one.evidence)
    exact = [points_per_evidence * (Fraction(evidence) - least) for evidence in one.evidence]
    whole = [min(most, math.floor(points + Fraction(1, 2))) for points in exact]
    pairs = zip(whole, one.evidence, strict=True)
    return tuple(most if evidence == best else points for points, evidence in pairs)


@dataclass(frozen=True)
class Fitted:
    """A fitted card, and the bins it was made of, with the model's log odds as their evidence."""

    card: Scorecard
    bins: tuple[FeatureBins, ...]


def fit_card(card: Scorecard, people: People, *, is_keeping_caps: bool) -> Fitted:
    """Return ``card`` with own features fitted to people; bands and benefits stay.

    Features keep the card's direction, so that their reasons stay true: where the evidence goes
    against it they earn nothing. All own points are distributed freely, or within each factor's
    cap: a unit of log odds is then worth more points in one factor than in another, and a factor
    without evidence keeps its features as they are.
    """
    own = [feature for feature in card.features if feature.factor != card.late_factor]
    fitted_bins = fit_together([first_bins(one.name, people, one.direction) for one in own], people)
    bins = tuple(
        without_gain_by_withholding(one) if feature.can_be_withheld else one
        for feature, one in zip(own, fitted_bins, strict=True)
    )
    parts = [(list(range(len(own))), card.own_points_max)]
    if is_keeping_caps:
        parts = [
            ([no for no, feature in enumerate(own) if feature.factor == factor], cap)
            for factor, cap in card.factor_caps
            if factor != card.late_factor
        ]
    points: dict[str, tuple[int, ...]] = {}
    for part, cap in parts:
        points |= whole_points([bins[no] for no in part], cap)
    fitted = {
        before.name: _fitted_feature(before, one, points[before.name])
        for before, one in zip(own, bins, strict=True)
        if before.name in points
    }
    features = tuple(fitted.get(feature.name, feature) for feature in card.features)
    caps_after = tuple(
        (factor, sum(one.max_points for one in features if one.factor == factor))
        for factor, _ in card.factor_caps
    )
    return Fitted(replace(card, features=features, factor_caps=caps_after), bins)


def without_gain_by_withholding(one: FeatureBins) -> FeatureBins:
    """Return a feature whose missing value is worth no more than the best bin."""
    *of_bins, missing = one.evidence
    return replace(one, evidence=(*of_bins, min(missing, max(of_bins))))


def _fitted_feature(before: Feature, bins: FeatureBins, points: Sequence[int]) -> Feature:
    *by_bin, missing = points
    edges = (min(bins.edges[0], before.bins[0].at_least), *bins.edges[1:])
    steps = [Bin(*step) for step in zip(edges, by_bin, strict=True)]
    distinct = steps[:1] + [up for low, up in pairwise(steps) if up.points != low.points]
    is_above = missing > max(by_bin)
    return replace(
        before,
        bins=tuple(distinct),
        missing_points=missing,
        max_points=max(*by_bin, missing),
        can_be_withheld=False if is_above else before.can_be_withheld,
    )


def missing_above_the_best(card: Scorecard) -> Iterator[str]:
    """Yield a sentence for each feature in which no value earns more than the best one."""
    for one in card.features:
        best = max((step.points for step in one.bins), default=one.missing_points)
        if one.missing_points > best:
            yield (
                f"{one.name}: no value earns {one.missing_points} points, the best value {best}: "
                "where a person can withhold it, set can_be_withheld = true on the card and fit "
                "again"
            )
