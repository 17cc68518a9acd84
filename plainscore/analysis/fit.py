"""Fit a scorecard to outcomes: monotone bins, a logistic model, whole points, gates.

The own features are fitted; the social factor stays as it is, since the limit of what friends can
do is the card's decision and does not follow from data. scipy is imported where it is used.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from plainscore.scorecards.card import Band, Bin, Scorecard

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


class BinCount(NamedTuple):
    """Good and bad people of one bin, from ``at_least`` on."""

    at_least: Decimal
    good: int
    bad: int


def fine_bins(values: Floats, is_bad: Flags) -> list[BinCount]:
    """Return fine bins of the known values, ascending; none where no value is known.

    An edge may pass a few people to save digits.
    """
    is_known = ~np.isnan(values)
    known, is_bad = values[is_known], is_bad[is_known]
    distinct, people = np.unique(known, return_counts=True)
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
    place_of = np.searchsorted(np.array([float(edge) for edge in edges[1:]]), known, side="right")
    good, bad = (
        np.bincount(place_of[rows], minlength=len(edges)).tolist() for rows in (~is_bad, is_bad)
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


def bin_numbers(edges: Sequence[Decimal], values: Floats) -> Ints:
    """Return each value's bin from 0, and len(edges) for a missing one."""
    found = np.searchsorted(np.array([float(edge) for edge in edges[1:]]), values, side="right")
    return np.where(np.isnan(values), len(edges), found).astype(np.int64)


@dataclass(frozen=True)
class FeatureBins:
    """The bins of a feature and the evidence in each.

    ``evidence``: log odds of good in each bin against everyone's, and last those of a missing
    value, at most the best bin's, so that withholding a value never beats the best one.
    ``evidence_direction``: up, down or none, whatever direction the bins had to follow.
    """

    name: str
    direction: str
    evidence_direction: str
    edges: tuple[Decimal, ...]
    evidence: tuple[float, ...]

    def numbers(self, values: Floats) -> Ints:
        """Return each value's bin from 0, and len(edges) for a missing one."""
        return bin_numbers(self.edges, values)

    def points(self, by_bin: Sequence[int], sample: Sample) -> Ints:
        """Return the points of each row's value; ``by_bin``: as `whole_points` returns them."""
        return np.array(by_bin, dtype=np.int64)[self.numbers(sample.values[self.name])]


def evidence_of(features: Sequence[FeatureBins], sample: Sample) -> Floats:
    """Return the evidence of each row's values, a column per feature."""
    return np.column_stack(
        [np.array(one.evidence)[one.numbers(sample.values[one.name])] for one in features]
    )


def fit_bins(name: str, sample: Sample, direction: str | None) -> FeatureBins:
    """Return the bins of a feature; ``direction`` None: whichever the evidence has.

    Where the evidence goes against a given direction, one bin without evidence is left.
    """
    fine = fine_bins(sample.values[name], sample.is_bad)
    found = {way: _monotone(fine, way) for way in ("up", "down")}
    stronger = max(found, key=lambda way: _log_likelihood(found[way]))
    evidence_direction = stronger if len(found[stronger]) > 1 else "none"
    followed = direction or stronger
    is_with_evidence = evidence_direction == followed or not fine
    bins = found[followed] if is_with_evidence else [_joined(fine)]
    missing_bad = sample.is_bad[np.isnan(sample.values[name])]
    bad = int(np.count_nonzero(missing_bad))
    missing = BinCount(Decimal(0), len(missing_bad) - bad, bad)
    edges = tuple(one.at_least for one in bins) or (Decimal(0),)
    if not bins or (len(bins) == 1 and _cost_of_joining(bins[0], missing) < CUT_GAIN):
        return FeatureBins(name, followed, evidence_direction, edges, (0.0, 0.0))
    evidence = [_log_odds(one, sample) for one in bins]
    evidence.append(min(_log_odds(missing, sample), max(evidence)))
    return FeatureBins(name, followed, evidence_direction, edges, tuple(evidence))


def _log_odds(one: BinCount, sample: Sample) -> float:
    people, good, bad = len(sample.is_bad), sample.good, sample.bad
    odds = (one.good + PRIOR_PEOPLE * good / people) / (one.bad + PRIOR_PEOPLE * bad / people)
    return math.log(odds) - math.log(good / bad)


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
    bins = [_joined(fine[start:end]) for start, end in pairwise(pools.tolist())]
    while len(bins) > 1:
        costs = [_cost_of_joining(lower, upper) for lower, upper in pairwise(bins)]
        cheapest = min(range(len(costs)), key=costs.__getitem__)
        if costs[cheapest] >= CUT_GAIN and len(bins) <= MOST_BINS:
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


def fit_logistic(evidence: Floats, is_bad: Flags) -> Floats:
    """Return the coefficients of a logistic model of being good, a column of evidence each.

    None is below 0: more evidence never costs points. L-BFGS-B, then one Newton step on those
    above 0: what is left of the error is far below the decimals that are kept. The model has an
    intercept, which ranks no one.
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
    return np.array([round(max(float(one), 0.0), COEFFICIENT_DECIMALS) for one in weights[1:]])


def whole_points(
    features: Sequence[FeatureBins], coefficients: Sequence[float], cap: int
) -> dict[str, tuple[int, ...]]:
    """Return feature -> points of each bin and of a missing value, whose maxima sum to ``cap``.

    Empty where there is no evidence. A unit of log odds is worth the same points in every bin of
    every feature, rounded half up. The maxima are rounded to fill the cap, by largest remainder
    (Hamilton's method); no bin exceeds its maximum.
    """
    exact = [Fraction(coefficient) for coefficient in coefficients]
    spans = [
        coefficient * (Fraction(max(one.evidence)) - Fraction(min(one.evidence)))
        for one, coefficient in zip(features, exact, strict=True)
    ]
    whole = sum(spans, Fraction(0))
    if not whole:
        return {}
    shares = [cap * span / whole for span in spans]
    most = [math.floor(share) for share in shares]
    by_rest = sorted(range(len(most)), key=lambda i: (most[i] - shares[i], i))
    for place in by_rest[: cap - sum(most)]:
        most[place] += 1
    return {
        one.name: _points(one, cap * coefficient / whole, most_here)
        for one, coefficient, most_here in zip(features, exact, most, strict=True)
    }


def _points(one: FeatureBins, points_per_evidence: Fraction, most: int) -> tuple[int, ...]:
    least, best = Fraction(min(one.evidence)), max(one.evidence[:-1])
    exact = [points_per_evidence * (Fraction(evidence) - least) for evidence in one.evidence]
    *bins, missing = (min(most, math.floor(points + Fraction(1, 2))) for points in exact)
    known = zip(bins, one.evidence[:-1], strict=True)
    return *(most if evidence == best else points for points, evidence in known), missing


@dataclass(frozen=True)
class Fitted:
    """A fitted card, and the bins and coefficients it was made of."""

    card: Scorecard
    bins: tuple[FeatureBins, ...]
    coefficients: Floats


def fit_card(card: Scorecard, sample: Sample, *, is_keeping_caps: bool) -> Fitted:
    """Return ``card`` with own features fitted to a sample; bands and benefits stay.

    Features keep the card's direction, so that their reasons stay true: where the evidence goes
    against it they earn nothing. All own points are distributed freely, or within each factor's
    cap: a unit of log odds is then worth more points in one factor than in another, and a factor
    without evidence keeps its features as they are.
    """
    own = [feature for feature in card.features if feature.factor != card.late_factor]
    bins = tuple(fit_bins(feature.name, sample, feature.direction) for feature in own)
    coefficients = fit_logistic(evidence_of(bins, sample), sample.is_bad)
    parts = [(list(range(len(own))), card.own_points_max)]
    if is_keeping_caps:
        parts = [
            ([no for no, feature in enumerate(own) if feature.factor == factor], cap)
            for factor, cap in card.factor_caps
            if factor != card.late_factor
        ]
    points: dict[str, tuple[int, ...]] = {}
    for part, cap in parts:
        points |= whole_points([bins[no] for no in part], coefficients[part].tolist(), cap)
    fitted = {}
    for before, one in zip(own, bins, strict=True):
        if before.name in points:
            *by_bin, missing = points[before.name]
            edges = (min(one.edges[0], before.bins[0].at_least), *one.edges[1:])
            steps = [Bin(*step) for step in zip(edges, by_bin, strict=True)]
            distinct = steps[:1] + [up for low, up in pairwise(steps) if up.points != low.points]
            fitted[before.name] = replace(
                before,
                bins=tuple(distinct),
                missing_points=missing,
                max_points=max(*by_bin, missing),
            )
    features = tuple(fitted.get(feature.name, feature) for feature in card.features)
    caps_after = tuple(
        (factor, sum(one.max_points for one in features if one.factor == factor))
        for factor, _ in card.factor_caps
    )
    return Fitted(replace(card, features=features, factor_caps=caps_after), bins, coefficients)


def with_gates(card: Scorecard, before: Ints, after: Ints) -> Scorecard:
    """Return the card with bands, benefits and gate of reasons where as many pass as before.

    ``before``, ``after``: scores of the same people on the old card and on this one.
    """
    inner = [band.at_least for band in card.bands[1:]]
    descending = np.sort(after)[::-1]
    placed: dict[int, int] = {}
    last = int(descending[-1]) - 1
    of_reasons = [] if card.reasons.gate is None else [card.reasons.gate]
    for gate in sorted({*inner, *of_reasons, *(one.min_score for one in card.benefits)}):
        # The lowest score after that lets no more people pass, above that of a lower gate.
        passing = int(np.count_nonzero(before >= gate))
        at_least = int(descending[passing]) + 1 if passing < len(after) else int(descending[-1])
        placed[gate] = last = max(at_least, last + 1)
    # The highest gates leave room for each other below the end of the scale.
    for room, gate in enumerate(sorted(placed, reverse=True)):
        placed[gate] = min(placed[gate], card.max_score - room)
    starts = [card.bands[0].at_least, *(placed[gate] for gate in inner)]
    ends = [above - 1 for _, above in pairwise(starts)] + [card.max_score]
    bands = tuple(
        Band(band.name, start, end)
        for band, start, end in zip(card.bands, starts, ends, strict=True)
    )
    benefits = tuple(replace(one, min_score=placed[one.min_score]) for one in card.benefits)
    reasons = replace(card.reasons, gate=next((placed[gate] for gate in of_reasons), None))
    return replace(card, bands=bands, benefits=benefits, reasons=reasons)
