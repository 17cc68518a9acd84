"""The points that a card gives the people of a past snapshot: what a run would publish."""

from collections.abc import Mapping

import numpy as np

from plainscore.analysis.fitting.past import PastSnapshot
from plainscore.analysis.fitting.samples import Floats, Ints
from plainscore.scorecards.card import NEIGHBOUR_MEAN, SOCIAL_FACTOR, Feature, Scorecard

MILLION = 1_000_000


def points_of(card: Scorecard, past: PastSnapshot) -> dict[str, Ints]:
    """Return feature -> points of everyone, in the card's order."""
    points = {
        feature.name: binned_points(feature, past.values[feature.name])
        for feature in card.features
        if feature.bins
    }
    own = own_points(card, points)
    return {
        feature.name: points[feature.name] if feature.bins else _friend_points(card, past, own)
        for feature in card.features
    }


def own_points(card: Scorecard, points: Mapping[str, Ints]) -> Ints:
    """Return everyone's points without the social factor."""
    own = [points[f.name] for f in card.features if f.factor != SOCIAL_FACTOR]
    return np.asarray(np.sum(own, axis=0))


def scores(card: Scorecard, points: Mapping[str, Ints]) -> Ints:
    """Return everyone's score."""
    return np.asarray(card.base + np.sum(list(points.values()), axis=0))


def binned_points(feature: Feature, values: Floats) -> Ints:
    """Return the points of each value of a feature that has bins."""
    inner = np.array([float(one.at_least) for one in feature.bins[1:]])
    by_bin = np.array([one.points for one in feature.bins], dtype=np.int64)
    found = by_bin[np.searchsorted(inner, values, side="right").clip(max=len(by_bin) - 1)]
    return np.where(np.isnan(values), feature.missing_points, found)


def _friend_points(card: Scorecard, past: PastSnapshot, own: Ints) -> Ints:
    """Return the points of the bounded-influence neighbour mean (docs/method.md), in integers."""
    rule, most = card.friends, next(f for f in card.features if f.name == NEIGHBOUR_MEAN).max_points
    record = own * MILLION // card.own_points_max
    low, high = record - rule.max_distance_ppm, record + rule.max_distance_ppm
    numerator = rule.prior_weight * np.clip(rule.prior_ppm, low, high)
    denominator = np.full(len(record), rule.prior_weight, dtype=np.int64)
    person, friend, months = past.ties.person, past.ties.friend, past.ties.months
    np.add.at(numerator, person, months * np.clip(record[friend], low[person], high[person]))
    np.add.at(denominator, person, months)
    return np.asarray((2 * most * numerator + MILLION * denominator) // (2 * MILLION * denominator))
