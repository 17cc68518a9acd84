"""Fit a scorecard to outcomes: monotone bins, a logistic model, whole points, gates.

The own features are fitted; the social factor stays as it is, since the limit of what friends can
do is the card's decision and does not follow from data. scipy is imported where it is used.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from plainscore.analysis.fit_people import BinnedPeople, Floats, Ints, People, ValueCounts
from plainscore.scorecards.card import Bin, Feature, Scorecard

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


ROWS_AT_ONCE = 65_536
"""Combinations of bins whose evidence is in memory together while a model is fitted."""


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

    ``evidence``: log odds of good in each bin against everyone's, and last those of a missing
    value. ``evidence_direction``: up, down or none, whatever direction the bins had to follow.
    """

    name: str
    direction: str
    evidence_direction: str
    edges: tuple[Decimal, ...]
    evidence: tuple[float, ...]


def binned(people: People, features: Sequence[FeatureBins]) -> BinnedPeople:
    """Return how many good and bad people are in each combination of bins of features."""
    return people.binned([(one.name, [float(edge) for edge in one.edges]) for one in features])


def fit_bins(
    name: str, people: People, direction: str | None, *, can_be_withheld: bool = False
) -> FeatureBins:
    """Return the bins of a feature; ``direction`` None: whichever the evidence has.

    Where the evidence goes against a given direction, one bin without evidence is left.
    ``can_be_withheld``: whether a person can bring it about that a value is missing; missing is
    then worth no more than the best bin.
    """
    counts = people.counts(name)
    fine = fine_bins(counts)
    found = {way: _monotone(fine, way) for way in ("up", "down")}
    stronger = max(found, key=lambda way: _log_likelihood(found[way]))
    evidence_direction = stronger if len(found[stronger]) > 1 else "none"
    followed = direction or stronger
    is_with_evidence = evidence_direction == followed or not fine
    bins = found[followed] if is_with_evidence else [_joined(fine)]
    missing = BinCount(Decimal(0), counts.missing_good, counts.missing_bad)
    edges = tuple(one.at_least for one in bins) or (Decimal(0),)
    if not bins or (len(bins) == 1 and _cost_of_joining(bins[0], missing) < CUT_GAIN):
        return FeatureBins(name, followed, evidence_direction, edges, (0.0, 0.0))
    evidence = [_log_odds(one, people) for one in bins]
    of_missing = _log_odds(missing, people)
    evidence.append(min(of_missing, max(evidence)) if can_be_withheld else of_missing)
    return FeatureBins(name, followed, evidence_direction, edges, tuple(evidence))


def _log_odds(one: BinCount, people: People) -> float:
    count, good, bad = people.count, people.good, people.bad
    odds = (one.good + PRIOR_PEOPLE * good / count) / (one.bad + PRIOR_PEOPLE * bad / count)
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


def fit_logistic(evidence: Sequence[Sequence[float]], people: BinnedPeople) -> Floats:
    """Return the coefficients of a logistic model of being good, one of each feature's evidence.

    None is below 0: more evidence never costs points. ``evidence``: of each bin of each feature.
    """
    weights = logistic_weights(evidence, people, PENALTY)
    return np.array([round(max(float(one), 0.0), COEFFICIENT_DECIMALS) for one in weights[1:]])


def logistic_weights(
    evidence: Sequence[Sequence[float]], people: BinnedPeople, penalty: float
) -> Floats:
    """Return the intercept and the coefficients, at least 0, of a logistic model of being good.

    L-BFGS-B, then one Newton step on those above 0: what is left of the error is far below the
    decimals that are kept.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    tables = [np.asarray(one, dtype=np.float64) for one in evidence]
    penalties = np.array([0.0, *(penalty for _ in tables)])
    good, bad = int(people.good.sum()), int(people.bad.sum())

    def loss(weights: Floats) -> tuple[float, Floats]:
        unlikely, gradient = float((penalties * weights**2).sum()) / 2, penalties * weights
        for design, good, bad in _designs(tables, people):
            log_odds = design @ weights
            unlikely += float(good @ np.logaddexp(0, -log_odds) + bad @ np.logaddexp(0, log_odds))
            gradient = gradient - design.T @ (good - (good + bad) * expit(log_odds))
        return unlikely, gradient

    start = np.zeros(len(tables) + 1)
    start[0] = math.log(good / bad)
    usable = [
        np.ptp(table[np.unique(people.numbers[:, no])]) > 0 for no, table in enumerate(tables)
    ]
    bounds = [(None, None), *((0, None) if one else (0, 0) for one in usable)]
    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 10_000, "maxfun": 100_000}
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    is_free = weights > 0
    is_free[0] = True
    curvature = np.diag(penalties[is_free])
    for design, good_here, bad_here in _designs(tables, people):
        own, chance = design[:, is_free], expit(design @ weights)
        weight = (good_here + bad_here) * chance * (1 - chance)
        curvature = curvature + (own * weight[:, None]).T @ own
    weights[is_free] -= np.linalg.solve(curvature, loss(weights)[1][is_free])
    return np.asarray(weights)


def _designs(tables: Sequence[Floats], people: BinnedPeople) -> Iterator[tuple[Floats, Ints, Ints]]:
    """Yield ones and each feature's evidence in columns, and good and bad people, by rows."""
    for start in range(0, len(people.good), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        numbers = people.numbers[part]
        columns = [table[numbers[:, no]] for no, table in enumerate(tables)]
        yield (
            np.column_stack([np.ones(len(numbers)), *columns]),
            people.good[part],
            people.bad[part],
        )


def log_odds_of(
    evidence: Sequence[Sequence[float]], people: BinnedPeople, coefficients: Floats
) -> Floats:
    """Return the model's log odds of each combination of bins, up to a constant."""
    total = np.zeros(len(people.good))
    for no, (of_feature, coefficient) in enumerate(zip(evidence, coefficients, strict=True)):
        total += (coefficient * np.asarray(of_feature))[people.numbers[:, no]]
    return total


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
    least, best = Fraction(min(one.evidence)), max(one.evidence)
    exact = [points_per_evidence * (Fraction(evidence) - least) for evidence in one.evidence]
    whole = [min(most, math.floor(points + Fraction(1, 2))) for points in exact]
    pairs = zip(whole, one.evidence, strict=True)
    return tuple(most if evidence == best else points for points, evidence in pairs)


@dataclass(frozen=True)
class Fitted:
    """A fitted card, and the bins and coefficients it was made of."""

    card: Scorecard
    bins: tuple[FeatureBins, ...]
    coefficients: Floats


def fit_card(card: Scorecard, people: People, *, is_keeping_caps: bool) -> Fitted:
    """Return ``card`` with own features fitted to people; bands and benefits stay.

    Features keep the card's direction, so that their reasons stay true: where the evidence goes
    against it they earn nothing. All own points are distributed freely, or within each factor's
    cap: a unit of log odds is then worth more points in one factor than in another, and a factor
    without evidence keeps its features as they are.
    """
    own = [feature for feature in card.features if feature.factor != card.late_factor]
    bins = tuple(
        fit_bins(one.name, people, one.direction, can_be_withheld=one.can_be_withheld is True)
        for one in own
    )
    coefficients = fit_logistic([one.evidence for one in bins], binned(people, bins))
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
    return Fitted(replace(card, features=features, factor_caps=caps_after), bins, coefficients)


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
