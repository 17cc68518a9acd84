"""Fit a scorecard: the features that are people's own anew, the social ones as they were."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from plainscore.analysis.fitting.binning import FeatureBins, fit_bins
from plainscore.analysis.fitting.logistic import LogisticModel, fit_logistic
from plainscore.analysis.fitting.points import (
    NO_POINTS,
    FeaturePoints,
    points_by_factor,
    whole_points,
)
from plainscore.analysis.fitting.samples import Floats, Sample
from plainscore.scorecards.card import SOCIAL_FACTOR, Bin, Feature, Scorecard


@dataclass(frozen=True)
class Fitted:
    """A fitted card, and the bins and the model it was made of."""

    card: Scorecard
    bins: tuple[FeatureBins, ...]
    model: LogisticModel

    def log_odds(self, sample: Sample) -> Floats:
        """Return the model's log odds of being good, before anything is rounded to points."""
        return self.model.log_odds(_evidence(self.bins, sample))


def fit_card(card: Scorecard, sample: Sample, *, is_keeping_caps: bool) -> Fitted:
    """Return ``card`` with own features fitted to a sample; bands and benefits stay for now.

    Features keep the card's direction, for their reasons to stay true: where the evidence goes
    against it they earn nothing. The social factor is left as it is, since its bound on what
    friends can do is the card's and not the data's. All other points are shared out freely, or
    within each factor's cap; a factor on which there is no evidence keeps its features as well.
    """
    own = [feature for feature in card.features if feature.factor != SOCIAL_FACTOR]
    bins = tuple(fit_bins(feature.name, sample, feature.direction) for feature in own)
    model = fit_logistic(_evidence(bins, sample), sample.is_bad)
    coefficients = model.coefficients.tolist()
    if is_keeping_caps:
        caps = {factor: cap for factor, cap in card.factor_caps if factor != SOCIAL_FACTOR}
        factor_of = {feature.name: feature.factor for feature in own}
        points = points_by_factor(bins, coefficients, factor_of, caps)
    else:
        points = whole_points(bins, coefficients, card.own_points_max)
    fitted = {one.name: _feature(card, one, points[one.name]) for one in bins if one.name in points}
    features = tuple(fitted.get(feature.name, feature) for feature in card.features)
    return Fitted(_with_features(card, features), bins, model)


def _evidence(bins: Sequence[FeatureBins], sample: Sample) -> Floats:
    return np.column_stack([one.evidence_of(sample.values[one.name]) for one in bins])


def _feature(card: Scorecard, bins: FeatureBins, points: FeaturePoints) -> Feature:
    before = next(feature for feature in card.features if feature.name == bins.name)
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


def _with_features(card: Scorecard, features: tuple[Feature, ...]) -> Scorecard:
    caps = tuple(
        (factor, sum(one.max_points for one in features if one.factor == factor))
        for factor, _ in card.factor_caps
    )
    return replace(card, features=features, factor_caps=caps)
