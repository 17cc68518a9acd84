"""What one person's score would be if features had other values, exact to the point."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from plainscore.common.text import printable
from plainscore.show.errors import QuestionError
from plainscore.show.record import FRIEND_MEAN, FeatureOfRecord, Record
from plainscore.show.snapshots import Snapshots

MISSING = "missing"


@dataclass(frozen=True)
class ChangedFeature:
    """One feature whose value or points differ; None: missing, or left to follow."""

    factor: str
    feature: str
    value_now: float | None
    value_then: float | None
    points_now: int
    points_then: int


@dataclass(frozen=True)
class WhatIf:
    """A score as it is and as it would be: ``score_then - score_now`` is the features' sum.

    ``opens`` and ``closes``: benefits by name.
    """

    person_id: str
    as_of_date: date
    known_on: date
    scorecard: str
    score_now: int
    score_then: int
    band_now: str
    band_then: str
    features: tuple[ChangedFeature, ...]
    opens: tuple[str, ...]
    closes: tuple[str, ...]


def read_values(settings: Sequence[str], record: Record) -> dict[str, float | None]:
    """Return feature -> value of settings like ``utilisation=0.2``, ``savings_months=missing``.

    Raises QuestionError where a feature is unknown or given twice, or cannot have such a value.
    """
    values: dict[str, float | None] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise QuestionError(f"--set {printable(setting)}: write feature=value")
        if name not in record.features:
            near = get_close_matches(name, record.features, n=1, cutoff=0)
            raise QuestionError(
                f"--set {printable(setting)}: there is no such feature; the nearest is {near[0]}"
            )
        if name in values:
            raise QuestionError(f"--set {printable(setting)}: {name} is set twice")
        values[name] = _value(setting, text, record.features[name])
    return values


def _value(setting: str, text: str, feature: FeatureOfRecord) -> float | None:
    where = f"--set {printable(setting)}"
    if text == MISSING:
        if feature.missing_points is None:
            raise QuestionError(f"{where}: {feature.feature} is never missing of who is scored")
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise QuestionError(f"{where}: write a number, or {feature.feature}={MISSING}")
    if feature.is_counted and value != int(value):
        raise QuestionError(f"{where}: {feature.feature} is a whole number of {feature.unit}")
    least, most = feature.least_value, feature.most_value
    if (least is not None and value < least) or (most is not None and value > most):
        limits = [f"at least {least:g}"] if least is not None else []
        limits += [f"at most {most:g}"] if most is not None else []
        raise QuestionError(f"{where}: {feature.feature} is {' and '.join(limits)}")
    return value


def what_if(snapshots: Snapshots, record: Record, values: Mapping[str, float | None]) -> WhatIf:
    """Return what the score would be with other values, all else equal.

    A better own record lets better friends count for more, so friend_reliability may follow; the
    friends' own scores, which would follow in turn, stay as they are.
    """
    points = {name: record.features[name].points_for(value) for name, value in values.items()}
    score = record.score_with(points)
    changed = [
        ChangedFeature(one.factor, one.feature, one.value, values[name], one.points, points[name])
        for name, one in record.features.items()
        if name in values
    ]
    rest = score - record.score - sum(one.points_then - one.points_now for one in changed)
    if rest:
        mean = record.features[FRIEND_MEAN]
        changed.append(
            ChangedFeature(
                mean.factor, FRIEND_MEAN, mean.value, None, mean.points, mean.points + rest
            )
        )
    open_now, open_then = (_open_benefits(snapshots, record, one) for one in (record.score, score))
    return WhatIf(
        person_id=record.person_id,
        as_of_date=record.as_of_date,
        known_on=record.known_on,
        scorecard=record.scorecard,
        score_now=record.score,
        score_then=score,
        band_now=record.band,
        band_then=_band(snapshots, record, score),
        features=tuple(changed),
        opens=tuple(one for one in open_then if one not in open_now),
        closes=tuple(one for one in open_now if one not in open_then),
    )


def _band(snapshots: Snapshots, record: Record, score: int) -> str:
    rows = snapshots.rows(
        "select band from band_card where scorecard_no = 1 and as_of_date = ? "
        "and ? between at_least and at_most",
        (record.as_of_date, score),
    )
    return str(rows[0][0])


def _open_benefits(snapshots: Snapshots, record: Record, score: int) -> list[str]:
    rows = snapshots.rows(
        "select benefit from benefit_card where scorecard_no = 1 and as_of_date = ? "
        "and min_score <= ? order by min_score, benefit",
        (record.as_of_date, score),
    )
    return [benefit for (benefit,) in rows]
