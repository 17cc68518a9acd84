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
    """One line of features.csv. `bins` ascend; empty for friend_reliability, which has none."""

    factor: str
    feature: str
    max_points: int
    bins: tuple[tuple[float, int], ...]
    missing_points: int
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


def read_card(path: Path) -> tuple[CardRow, ...]:
    """The scorecard in the order of the file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(_card_row(row) for row in csv.DictReader(lines))


def _card_row(row: Mapping[str, str]) -> CardRow:
    has_bins = row["feature"] != FRIEND_RELIABILITY
    return CardRow(
        factor=row["factor"],
        feature=row["feature"],
        max_points=int(row["max_points"]),
        bins=tuple(_bin(text) for text in row["bins"].split(";")) if has_bins else (),
        missing_points=int(row["missing_points"]) if has_bins else 0,
        reason=row["reason"],
        what_to_do=row["what_to_do"],
    )


def _bin(text: str) -> tuple[float, int]:
    at_least, points = text.split(":")
    return float(at_least), int(points)


CARD = read_card(Path(__file__).with_name("features.csv"))
FEATURES = tuple(row.feature for row in CARD)
FACTORS = tuple(dict.fromkeys(row.factor for row in CARD))


def binned_points(row: CardRow, value: Value) -> int:
    """Bins are half-open from below; a value below the first bin takes the first bin."""
    if value is None:
        return row.missing_points
    points = row.bins[0][1]
    for at_least, bin_points in row.bins:
        if value >= at_least:
            points = bin_points
    return points


def friend_points(x: Fraction) -> int:
    """16*x rounded half up."""
    return (32 * x.numerator + x.denominator) // (2 * x.denominator)


def own_points(features: Mapping[str, Value]) -> int:
    """The points of the 27 features that are not social."""
    return sum(
        binned_points(row, features[row.feature])
        for row in CARD
        if row.factor != "social_connections"
    )


def all_points(features: Mapping[str, Value], x: Fraction) -> dict[str, int]:
    """The 32 points of a scored person, in the order of the card."""
    return {
        row.feature: (
            friend_points(x)
            if row.feature == FRIEND_RELIABILITY
            else binned_points(row, features[row.feature])
        )
        for row in CARD
    }


def factor_points(points: Mapping[str, int]) -> dict[str, int]:
    """The five factors: sums of their features' points."""
    return {
        factor: sum(points[row.feature] for row in CARD if row.factor == factor)
        for factor in FACTORS
    }


def band_of(score: int) -> tuple[int, str]:
    """(band_no 1..5, band)."""
    band_no = len([at_least for at_least, _name in BANDS if score >= at_least])
    return band_no, BANDS[band_no - 1][1]


def reasons_of(features: Mapping[str, Value], points: Mapping[str, int]) -> tuple[Reason, ...]:
    """Up to four, by points lost; ties keep the order of features.csv."""
    losing = [row for row in CARD if points[row.feature] < row.max_points]
    losing.sort(key=lambda row: points[row.feature] - row.max_points)
    return tuple(
        Reason(
            rank=rank,
            code=row.feature,
            value=features[row.feature],
            points=points[row.feature],
            max_points=row.max_points,
            points_lost=row.max_points - points[row.feature],
            reason=row.reason,
            what_to_do=row.what_to_do,
        )
        for rank, row in enumerate(losing[:4], start=1)
    )
