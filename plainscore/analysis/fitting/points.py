"""From log odds to whole points that fill their caps exactly."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from plainscore.analysis.fitting.binning import FeatureBins
from plainscore.analysis.fitting.samples import Ints, Sample


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
    """Return feature -> points, whose maxima sum to ``cap``; empty where nothing says anything.

    A log odd is worth the same points in every bin of every feature, rounded half up. The maxima
    are rounded so that they fill the cap, by largest remainder; no bin passes its maximum.
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

    A log odd is then worth more points in one factor than in another: that is what caps do.
    """
    filled: dict[str, FeaturePoints] = {}
    for factor, cap in caps.items():
        own = [i for i, one in enumerate(features) if factor_of[one.name] == factor]
        filled |= whole_points([features[i] for i in own], [coefficients[i] for i in own], cap)
    return filled
