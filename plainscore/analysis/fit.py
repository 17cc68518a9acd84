"""Fit a scorecard to outcomes: monotone bins, a logistic model, whole points, gates.

The own features are fitted; the social factor stays as it is, since the limit of what friends can
do is the card's decision and does not follow from data. scipy is imported where it is used.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from plainscore.scorecards.card import Band, Bin, Feature, Scorecard

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FEWEST_SHARE = 0.01
"""A fine bin holds at least this share of the known values; later steps only join bins."""

MOVED_SHARE = 0.0025
"""This share of the known values may change their bin for an edge of fewer digits."""

MOST_BINS = 6
"""As many as the widest feature of the standard card has: people have to read them."""

CUT_GAIN = 6.635
"""Twice the gain in log likelihood at which a cut is kept: chi-square, one degree, 1 %."""

PRIOR_PEOPLE = 20
"""People of average risk added to every bin, so that small bins carry little evidence."""

COEFFICIENT_DECIMALS = 6
"""Coefficients are rounded: the last digits of a float sum depend on the machine."""

PENALTY = 1.0
"""On half the sum of squared coefficients, as scikit-learn's default (C = 1): it keeps correlated
features from cancelling each other."""


@dataclass(frozen=True)
class Sample:
    """Rows of people; ``values``: feature -> its values, NaN where missing."""

    values: Mapping[str, Floats]
    is_bad: Flags

    @property
    def good(self) -> int:
        return int(np.count_nonzero(~self.is_bad))

    @property
    def bad(self) -> int:
        return int(np.count_nonzero(self.is_bad))

    def where(self, rows: Flags) -> "Sample":
        """Return the rows that are flagged."""
        return Sample(
            {name: column[rows] for name, column in self.values.items()}, self.is_bad[rows]
        )


@dataclass(frozen=True)
class BinCount:
    """Good and bad people of one bin, from ``at_least`` on."""

    at_least: Decimal
    good: int
    bad: int

    def joined(self, above: "BinCount") -> "BinCount":
        """Return this bin and the one above it as one."""
        return BinCount(self.at_least, self.good + above.good, self.bad + above.bad)


def fine_bins(values: Floats, is_bad: Flags) -> list[BinCount]:
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
    return [BinCount(*one) for one in zip(edges, good, bad, strict=True)]


def _edges(distinct: Floats, people: Ints) -> list[Decimal]:
    """Return the edges of fine bins; an edge may pass a few people to save digits."""
    below = np.concatenate([[0], np.cumsum(people)])
    slack = MOVED_SHARE * below[-1]
    edges = [_plain(Decimal(repr(float(distinct[0]))).to_integral_value(ROUND_FLOOR))]
    for start in _starts(people.tolist(), FEWEST_SHARE * below[-1])[1:]:
        passed = int(np.searchsorted(below, below[start] - slack))
        edges.append(edge_between(distinct[passed - 1], distinct[start]))
    return edges


def edge_between(below: float, value: float) -> Decimal:
    """Return the number with the fewest decimals that is above ``below`` and at most ``value``."""
    exact = Decimal(repr(float(value)))
    for decimals in range(-6, 20):
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR)
        if float(rounded) > below:
            return _plain(rounded)
    return exact


def _starts(people: Sequence[int], fewest: float) -> list[int]:
    """Return where bins of at least ``fewest`` people start; the remainder joins the last."""
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


@dataclass(frozen=True)
class FeatureBins:
    """The bins of a feature and the evidence in each.

    ``evidence``: log odds of good in each bin against everyone's; ``missing_evidence`` likewise,
    at most the best bin's, so that withholding a value never beats the best one.
    ``evidence_direction``: up, down or none, whatever direction the bins had to follow.
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

    def bin_numbers(self, values: Floats) -> Ints:
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

    Where the evidence goes against a given direction, one bin without evidence is left.
    """
    values = sample.values[name]
    fine = fine_bins(values, sample.is_bad)
    found = {way: _monotone(fine, way) for way in ("up", "down")}
    whole = _log_likelihood(_as_one(fine))
    stronger = max(found, key=lambda way: _log_likelihood(found[way]) - whole)
    evidence_direction = stronger if len(found[stronger]) > 1 else "none"
    followed = direction or stronger
    bins = found[followed] if evidence_direction == followed else _as_one(fine)
    return _with_evidence(name, followed, evidence_direction, bins, sample, np.isnan(values))


def _with_evidence(
    name: str,
    direction: str,
    evidence_direction: str,
    bins: Sequence[BinCount],
    sample: Sample,
    is_missing: Flags,
) -> FeatureBins:
    bad = int(np.count_nonzero(is_missing & sample.is_bad))
    missing = BinCount(Decimal(0), int(np.count_nonzero(is_missing)) - bad, bad)
    edges = tuple(one.at_least for one in bins) or (Decimal(0),)
    if not bins or (len(bins) == 1 and _cost_of_joining(bins[0], missing) < CUT_GAIN):
        return FeatureBins(name, direction, evidence_direction, edges, (0.0,), 0.0)
    log_odds = _log_odds_against(sample)
    evidence = tuple(log_odds(one) for one in bins)
    at_missing = min(log_odds(missing), max(evidence))
    return FeatureBins(name, direction, evidence_direction, edges, evidence, at_missing)


def _log_odds_against(sample: Sample) -> Callable[[BinCount], float]:
    people = len(sample.is_bad)
    good_prior = PRIOR_PEOPLE * sample.good / people
    bad_prior = PRIOR_PEOPLE * sample.bad / people
    everyone = math.log(sample.good / sample.bad)
    return lambda one: math.log((one.good + good_prior) / (one.bad + bad_prior)) - everyone


def _monotone(fine: Sequence[BinCount], direction: str) -> list[BinCount]:
    """Return bins whose share of good people rises (``up``) or falls.

    Isotonic regression (pool adjacent violators: Ayer et al., Ann. Math. Stat. 26, 1955); then
    neighbours are joined while the cut between them is not significant, or bins are too many.
    """
    if not fine:
        return []
    from scipy.optimize import isotonic_regression

    good, bad = (np.array([getattr(one, name) for one in fine]) for name in ("good", "bad"))
    pools = isotonic_regression(
        good / (good + bad), weights=good + bad, increasing=direction == "up"
    ).blocks
    starts = [int(start) for start in pools[:-1]]
    bins = [
        BinCount(fine[start].at_least, *counts)
        for start, *counts in zip(
            starts,
            np.add.reduceat(good, starts).tolist(),
            np.add.reduceat(bad, starts).tolist(),
            strict=True,
        )
    ]
    while len(bins) > 1:
        costs = [_cost_of_joining(lower, upper) for lower, upper in pairwise(bins)]
        cheapest = min(range(len(costs)), key=costs.__getitem__)
        if costs[cheapest] >= CUT_GAIN and len(bins) <= MOST_BINS:
            break
        bins[cheapest : cheapest + 2] = [bins[cheapest].joined(bins[cheapest + 1])]
    return bins


def _cost_of_joining(lower: BinCount, upper: BinCount) -> float:
    return 2 * (_log_likelihood([lower, upper]) - _log_likelihood([lower.joined(upper)]))


def _log_likelihood(bins: Sequence[BinCount]) -> float:
    return math.fsum(
        count * math.log(count / (one.good + one.bad))
        for one in bins
        for count in (one.good, one.bad)
        if count
    )


def _as_one(fine: Sequence[BinCount]) -> list[BinCount]:
    if not fine:
        return []
    return [BinCount(fine[0].at_least, sum(b.good for b in fine), sum(b.bad for b in fine))]


@dataclass(frozen=True)
class LogisticModel:
    """Log odds of good = intercept + coefficients x evidence."""

    intercept: float
    coefficients: Floats

    def log_odds(self, evidence: Floats) -> Floats:
        """Return the linear predictor of each row of ``evidence`` (rows x features)."""
        return np.asarray(self.intercept + evidence @ self.coefficients)


def fit_logistic(evidence: Floats, is_bad: Flags) -> LogisticModel:
    """Fit a logistic model whose coefficients are at least 0: more evidence never costs points.

    L-BFGS-B, then one Newton step on the coefficients above 0: what is left of the error is far
    below the decimals that are kept.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    is_good = np.asarray(~is_bad, dtype=np.float64)
    design = np.column_stack([np.ones(len(is_good)), evidence])
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 0

    def loss(weights: Floats) -> tuple[float, Floats]:
        log_odds = design @ weights
        unlikely = np.logaddexp(0, np.where(is_good > 0, -log_odds, log_odds)).sum()
        gradient = penalty * weights - design.T @ (is_good - expit(log_odds))
        return float(unlikely + (penalty * weights**2).sum() / 2), gradient

    start = np.zeros(design.shape[1])
    start[0] = math.log(is_good.mean() / (1 - is_good.mean()))
    is_usable = np.ptp(evidence, axis=0) > 0
    bounds = [(None, None), *((0, None) if usable else (0, 0) for usable in is_usable)]
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 10_000, "maxfun": 100_000}
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    is_free = weights > 0
    is_free[0] = True
    own, chance = design[:, is_free], expit(design @ weights)
    curvature = (own * (chance * (1 - chance))[:, None]).T @ own + np.diag(penalty[is_free])
    weights[is_free] -= np.linalg.solve(curvature, loss(weights)[1][is_free])
    rounded = [round(max(float(weight), 0.0), COEFFICIENT_DECIMALS) for weight in weights[1:]]
    return LogisticModel(round(float(weights[0]), COEFFICIENT_DECIMALS), np.array(rounded))


@dataclass(frozen=True)
class FeaturePoints:
    """Points of each bin, and of a missing value."""

    bins: tuple[int, ...]
    missing: int

    @property
    def most(self) -> int:
        return max(self.bins)

    def of(self, feature: FeatureBins, sample: Sample) -> Ints:
        """Return the points of each row's value."""
        by_number = np.array([*self.bins, self.missing], dtype=np.int64)
        return np.asarray(by_number[feature.bin_numbers(sample.values[feature.name])])


NO_POINTS = FeaturePoints((0,), 0)


def whole_points(
    features: Sequence[FeatureBins], coefficients: Sequence[float], cap: int
) -> dict[str, FeaturePoints]:
    """Return feature -> points, whose maxima sum to ``cap``; empty where there is no evidence.

    A unit of log odds is worth the same points in every bin of every feature, rounded half up. The
    maxima are rounded to fill the cap, by largest remainder; no bin exceeds its maximum.
    """
    exact = [Fraction(coefficient) for coefficient in coefficients]
    spans = [
        coefficient * (Fraction(max(one.evidence)) - Fraction(one.least))
        for one, coefficient in zip(features, exact, strict=True)
    ]
    whole = sum(spans, Fraction(0))
    if not whole:
        return {}
    most = _rounded_to([cap * span / whole for span in spans], cap)
    return {
        one.name: _points(one, cap * coefficient / whole, most_here)
        for one, coefficient, most_here in zip(features, exact, most, strict=True)
    }


def _points(one: FeatureBins, points_per_evidence: Fraction, most: int) -> FeaturePoints:
    def points(evidence: float) -> int:
        above_least = Fraction(evidence) - Fraction(one.least)
        return min(most, math.floor(points_per_evidence * above_least + Fraction(1, 2)))

    best = max(one.evidence)
    bins = tuple(most if evidence == best else points(evidence) for evidence in one.evidence)
    return FeaturePoints(bins, points(one.missing_evidence))


def _rounded_to(shares: Sequence[Fraction], whole: int) -> list[int]:
    """Return whole numbers next to the shares that sum to ``whole`` (Hamilton's method)."""
    floors = [math.floor(share) for share in shares]
    by_rest = sorted(range(len(shares)), key=lambda i: (floors[i] - shares[i], i))
    for place in by_rest[: whole - sum(floors)]:
        floors[place] += 1
    return floors


def points_by_factor(
    features: Sequence[FeatureBins],
    coefficients: Sequence[float],
    factor_of: Mapping[str, str],
    caps: Mapping[str, int],
) -> dict[str, FeaturePoints]:
    """Return points whose maxima fill each factor's own cap.

    A unit of log odds is then worth more points in one factor than in another.
    """
    filled: dict[str, FeaturePoints] = {}
    for factor, cap in caps.items():
        own = [i for i, one in enumerate(features) if factor_of[one.name] == factor]
        filled |= whole_points([features[i] for i in own], [coefficients[i] for i in own], cap)
    return filled


@dataclass(frozen=True)
class Fitted:
    """A fitted card, and the bins and the model it was made of."""

    card: Scorecard
    bins: tuple[FeatureBins, ...]
    model: LogisticModel

    def log_odds(self, sample: Sample) -> Floats:
        """Return the model's log odds of being good, before rounding to points."""
        return self.model.log_odds(_evidence(self.bins, sample))


def fit_card(card: Scorecard, sample: Sample, *, is_keeping_caps: bool) -> Fitted:
    """Return ``card`` with own features fitted to a sample; bands and benefits stay.

    Features keep the card's direction, so that their reasons stay true: where the evidence goes
    against it they earn nothing. All own points are distributed freely, or within each factor's
    cap; a factor without evidence keeps its features as they are.
    """
    own = [feature for feature in card.features if feature.factor != card.late_factor]
    bins = tuple(fit_bins(feature.name, sample, feature.direction) for feature in own)
    model = fit_logistic(_evidence(bins, sample), sample.is_bad)
    coefficients = model.coefficients.tolist()
    if is_keeping_caps:
        caps = {factor: cap for factor, cap in card.factor_caps if factor != card.late_factor}
        factor_of = {feature.name: feature.factor for feature in own}
        points = points_by_factor(bins, coefficients, factor_of, caps)
    else:
        points = whole_points(bins, coefficients, card.own_points_max)
    fitted = {
        feature.name: _fitted_feature(feature, one, points[feature.name])
        for feature, one in zip(own, bins, strict=True)
        if feature.name in points
    }
    features = tuple(fitted.get(feature.name, feature) for feature in card.features)
    caps_after = tuple(
        (factor, sum(one.max_points for one in features if one.factor == factor))
        for factor, _ in card.factor_caps
    )
    return Fitted(replace(card, features=features, factor_caps=caps_after), bins, model)


def _evidence(bins: Sequence[FeatureBins], sample: Sample) -> Floats:
    return np.column_stack([one.evidence_of(sample.values[one.name]) for one in bins])


def _fitted_feature(before: Feature, bins: FeatureBins, points: FeaturePoints) -> Feature:
    kept = points if points.most else NO_POINTS
    edges = (min(bins.edges[0], before.bins[0].at_least), *bins.edges[1:])
    steps = list(zip(edges, kept.bins, strict=False))
    distinct = steps[:1] + [high for low, high in pairwise(steps) if high[1] != low[1]]
    return replace(
        before,
        bins=tuple(Bin(edge, earned) for edge, earned in distinct),
        missing_points=kept.missing,
        max_points=kept.most,
    )


def with_gates(card: Scorecard, before: Ints, after: Ints) -> Scorecard:
    """Return the card with bands and benefits where as many people pass as before.

    ``before``, ``after``: scores of the same people on the old card and on this one.
    """
    inner = [band.at_least for band in card.bands[1:]]
    wanted = [*inner, *(benefit.min_score for benefit in card.benefits)]
    placed = _same_share_gates(wanted, before, after, card.max_score)
    starts = [card.bands[0].at_least, *(placed[gate] for gate in inner)]
    ends = [above - 1 for _, above in pairwise(starts)] + [card.max_score]
    bands = tuple(
        Band(band.name, start, end)
        for band, start, end in zip(card.bands, starts, ends, strict=True)
    )
    benefits = tuple(replace(one, min_score=placed[one.min_score]) for one in card.benefits)
    return replace(card, bands=bands, benefits=benefits)


def _same_share_gates(
    gates: Sequence[int], before: Ints, after: Ints, highest: int
) -> dict[int, int]:
    """Return gate -> the lowest score after that lets no more people pass than the gate did.

    Higher gates stay above lower ones, and none exceeds ``highest``.
    """
    descending = np.sort(after)[::-1]
    placed: dict[int, int] = {}
    last = -math.inf
    for gate in sorted(set(gates)):
        passing = int(np.count_nonzero(before >= gate))
        at_least = int(descending[passing]) + 1 if passing < len(after) else int(descending[-1])
        last = max(at_least, last + 1)
        placed[gate] = int(last)
    # The highest gates leave room for each other below the end of the scale.
    for room, gate in enumerate(sorted(placed, reverse=True)):
        placed[gate] = min(placed[gate], highest - room)
    return placed
