"""method.md "Score" and "Reasons": points from features.csv, bands, reasons."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.oracle.events import Value

BASE = 350
BANDS = ((350, "poor"), (550, "fair"), (600, "good"), (650, "excellent"), (700, "outstanding"))
FRIEND_RELIABILITY = "friend_reliability"


@dataclass(frozen=True)
class CardRow:
    """One line of features.csv. ``bins`` ascend; empty for friend_reliability, which has none."""

    factor: str
    feature: str
    max_points: int
    direction: str
    unit: str
    bins: tuple[tuple[float, int], ...]
    missing_points: int
    definition: str
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class Reason:
    """One line of why a person does not have full points."""

    rank: int
    code: str
    value: Value
    points: int
    max_points: int
    points_lost: int
    reason: str
    what_to_do: str


def _card_row(row: Mapping[str, str]) -> CardRow:
    steps = [] if row["feature"] == FRIEND_RELIABILITY else row["bins"].split(";")
    bins = tuple((float(at_least), int(p)) for at_least, p in (step.split(":") for step in steps))
    points = {"max_points": int(row["max_points"]), "bins": bins}
    return CardRow(**row | points | {"missing_points": int(row["missing_points"] or 0)})


with Path(__file__).with_name("features.csv").open(encoding="utf-8", newline="") as lines:
    CARD = tuple(_card_row(row) for row in csv.DictReader(lines))
FEATURES = tuple(row.feature for row in CARD)
FACTORS = tuple(dict.fromkeys(row.factor for row in CARD))


def binned_points(row: CardRow, value: Value) -> int:
    """Bins are half-open from below; a value below the first bin takes the first bin."""
    if value is None:
        return row.missing_points
    reached = [points for at_least, points in row.bins if value >= at_least]
    return reached[-1] if reached else row.bins[0][1]


def friend_points(x: Fraction) -> int:
    """16*x rounded half up."""
    return (32 * x.numerator + x.denominator) // (2 * x.denominator)


def own_points(features: Mapping[str, Value]) -> int:
    """The points of the 27 features that are not social."""
    own = [row for row in CARD if row.factor != "social_connections"]
    return sum(binned_points(row, features[row.feature]) for row in own)


def all_points(features: Mapping[str, Value], x: Fraction) -> dict[str, int]:
    """The 32 points of a scored person, in the order of the card."""
    binned = [row for row in CARD if row.feature != FRIEND_RELIABILITY]
    points = {row.feature: binned_points(row, features[row.feature]) for row in binned}
    points[FRIEND_RELIABILITY] = friend_points(x)
    return {feature: points[feature] for feature in FEATURES}


def factor_points(points: Mapping[str, int]) -> dict[str, int]:
    """The five factors: sums of their features' points."""
    sums = dict.fromkeys(FACTORS, 0)
    for row in CARD:
        sums[row.factor] += points[row.feature]
    return sums


def band_of(score: int) -> tuple[int, str]:
    """(band_no 1..5, band)."""
    band_no = len([at_least for at_least, _name in BANDS if score >= at_least])
    return band_no, BANDS[band_no - 1][1]


def reasons_of(features: Mapping[str, Value], points: Mapping[str, int]) -> tuple[Reason, ...]:
    """Up to four, by points lost; ties keep the order of features.csv."""
    lost = [(row.max_points - points[row.feature], row) for row in CARD]
    losing = sorted((one for one in lost if one[0] > 0), key=lambda one: -one[0])
    return tuple(
        Reason(
            rank, row.feature, features[row.feature], points[row.feature], row.max_points, loss,
            row.reason, row.what_to_do,
        )
        for rank, (loss, row) in enumerate(losing[:4], start=1)
    )  # fmt: skip
