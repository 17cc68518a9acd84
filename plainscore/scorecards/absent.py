"""What a card is where whole logs are absent: it does without their features, by name.

The points of the others are scaled to the range of the card, in whole points: every score still
is the base and the sum of its points, and every bin can be read in the published tables.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.scorecards.card import Feature, Scorecard

FEATURES_BY_LOG = "transforms/features_by_log.toml"


def read_missing(method: Method = STANDARD_METHOD) -> dict[str, list[str]]:
    """Return log, log.event_type or log.field -> the features that have no value without it."""
    read = _read(method)
    parts = {name: one for name, one in read.items() if isinstance(one, list)}
    return {**parts, **read.get("event_types", {}), **read.get("fields", {})}


def _read(method: Method) -> dict[str, Any]:
    """Return the lists of a method, which may have none."""
    file = method.find(FEATURES_BY_LOG)
    return {} if file is None else tomllib.loads(file.read_text("utf-8"))


def log_of_features(method: Method = STANDARD_METHOD) -> dict[str, str]:
    """Return feature -> the log without which it says nothing, of those that the method lists."""
    read = _read(method)
    lists = [read, read.get("says_nothing", {})]
    return {
        feature: log
        for by_log in lists
        for log, features in by_log.items()
        if isinstance(features, list)
        for feature in features
    }


def without_features(card: Scorecard, absent: Mapping[str, str]) -> Scorecard:
    """Return a card without features whose log is absent, the others scaled to its range.

    Scaled points have no known odds.

    ``absent``: feature -> its log. A card that has none of them, or that keeps them with their
    missing points, is returned as it is. Raises UsageError where no feature of a person's own
    record would be left.
    """
    kept = [feature for feature in card.features if feature.name not in absent]
    if card.absent_logs != "rescale" or len(kept) == len(card.features):
        return card
    own = [one for one in kept if one.factor != card.late_factor]
    if not any(one.max_points for one in own):
        logs = ", ".join(sorted({absent[f.name] for f in card.features if f.name in absent}))
        raise UsageError(
            f"scorecard {card.name}: none of its points are left without the logs {logs}, of "
            'which no event has arrived: deliver one of them, or set absent_logs = "missing"'
        )
    most = _shared_out(card.max_score - card.base, [feature.max_points for feature in kept])
    features = tuple(_scaled(one, points) for one, points in zip(kept, most, strict=True))
    caps = {
        factor: sum(feature.max_points for feature in features if feature.factor == factor)
        for factor, _ in card.factor_caps
        if any(feature.factor == factor for feature in features)
    }
    absent_logs = sorted({absent[name] for name in absent if card.feature(name)})
    return replace(
        card, features=features, factor_caps=tuple(caps.items()), without_logs=tuple(absent_logs),
        declared=card, points_to_odds=None,
    )  # fmt: skip


def _shared_out(total: int, weights: Collection[int]) -> list[int]:
    """Return whole parts of a total in proportion to weights, by largest remainder, then order."""
    parts = [divmod(total * weight, sum(weights)) for weight in weights]
    left = total - sum(whole for whole, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda place: -parts[place][1])
    more = set(by_remainder[:left])
    return [whole + (place in more) for place, (whole, _) in enumerate(parts)]


def _scaled(feature: Feature, most: int) -> Feature:
    """Return a feature with other most points, its bins in proportion, half points up."""

    def points(before: int) -> int:
        if feature.max_points == 0:
            return 0
        return (2 * before * most + feature.max_points) // (2 * feature.max_points)

    bins = tuple(replace(one, points=points(one.points)) for one in feature.bins)
    return replace(
        feature, bins=bins, max_points=most, missing_points=points(feature.missing_points)
    )
