"""method.md "Score" and "Reasons": points from features.csv, bands, reasons."""

import csv
import math
from collections.abc import Collection, Mapping
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
    missing_reason: str
    missing_what_to_do: str
    family: str
    context: str


@dataclass(frozen=True)
class BenefitRow:
    """One line of benefits.csv: what opens at a score, and which contexts may open it."""

    benefit: str
    min_score: int
    is_harm_sensitive: bool
    context: str
    accepts: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """What a benefit is to a scored person, by the score and by that of accepted contexts."""

    benefit: str
    accepts: str
    is_wall_enforced: bool
    is_open: bool
    points_short: int
    is_open_in_context: bool
    score_in_context: int


@dataclass(frozen=True)
class RangeWords:
    """One line of reason_words.csv: what a reason says of some values of a feature."""

    feature: str
    at_least: float
    below: float
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class Reason:
    """One line of why a person does not have full points."""

    rank: int
    code: str
    family: str
    value: Value
    is_missing: bool
    points: int
    max_points: int
    points_lost: int
    method: str
    benchmark_points: float
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class ReasonChoice:
    """What a card says of its reasons; ``gate`` and ``within`` are of ``passing`` alone."""

    method: str = "maximum"
    gate: int = 0
    within: int = 0
    count: int = 4
    one_per_family: bool = True


def _card_row(row: Mapping[str, str]) -> CardRow:
    steps = [] if row["feature"] == FRIEND_RELIABILITY else row["bins"].split(";")
    bins = tuple((float(at_least), int(p)) for at_least, p in (step.split(":") for step in steps))
    points = {"max_points": int(row["max_points"]), "bins": bins}
    return CardRow(**row | points | {"missing_points": int(row["missing_points"] or 0)})


with Path(__file__).with_name("features.csv").open(encoding="utf-8", newline="") as lines:
    CARD = tuple(_card_row(row) for row in csv.DictReader(lines))
with Path(__file__).with_name("reason_words.csv").open(encoding="utf-8", newline="") as lines:
    WORDS = tuple(
        RangeWords(
            row["feature"], float(row["at_least"] or "-inf"), float(row["below"] or "inf"),
            row["reason"], row["what_to_do"],
        )
        for row in csv.DictReader(lines)
    )  # fmt: skip
with Path(__file__).with_name("benefits.csv").open(encoding="utf-8", newline="") as lines:
    BENEFITS = tuple(
        BenefitRow(
            row["benefit"], int(row["min_score"]), row["is_harm_sensitive"] == "true",
            row["context"], tuple(row["accepts"].split(";")),
        )
        for row in csv.DictReader(lines)
    )  # fmt: skip
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


def score_in_context(points: Mapping[str, int], accepts: Collection[str]) -> int:
    """Points of accepted contexts alone, stretched to the range of the card, rounded down."""
    accepted = [row for row in CARD if row.context in accepts]
    most, all_points = (sum(row.max_points for row in rows) for rows in (accepted, CARD))
    had = sum(points[row.feature] for row in accepted)
    return BASE + math.floor(Fraction(had * all_points, most)) if most else BASE


def openings(points: Mapping[str, int], is_enforcing: bool) -> tuple[Opening, ...]:
    """Every benefit of the card, in its order; a wall is enforced of harm-sensitive ones alone."""
    score = BASE + sum(points.values())
    found = []
    for one in BENEFITS:
        in_context = score_in_context(points, one.accepts)
        is_enforced = is_enforcing and one.is_harm_sensitive
        short = one.min_score - (in_context if is_enforced else score)
        found.append(Opening(
            one.benefit, ", ".join(one.accepts), is_enforced, short <= 0, max(short, 0),
            in_context >= one.min_score, in_context,
        ))  # fmt: skip
    return tuple(found)


def benchmarks(
    everyone: Mapping[str, Mapping[str, int]], choice: ReasonChoice
) -> tuple[str, dict[str, Fraction]]:
    """The method in force, and the points of each feature that reasons compare with.

    ``everyone``: the points of each scored person. Where no one scores near the gate, ``passing``
    has no one to compare with and the average is taken.
    """
    if choice.method == "maximum":
        return "maximum", {row.feature: Fraction(row.max_points) for row in CARD}
    near = [
        points
        for points in everyone.values()
        if choice.gate <= BASE + sum(points.values()) <= choice.gate + choice.within
    ]
    is_passing = choice.method == "passing" and bool(near)
    compared = near if is_passing else list(everyone.values())
    means = {
        name: Fraction(sum(points[name] for points in compared), len(compared))
        for name in (FEATURES if compared else ())
    }
    return "passing" if is_passing else "average", means


def reasons_of(
    features: Mapping[str, Value],
    points: Mapping[str, int],
    compared: tuple[str, Mapping[str, Fraction]],
    choice: ReasonChoice,
) -> tuple[Reason, ...]:
    """The greatest losses against the benchmark; ties keep the order of features.csv."""
    method, benchmark = compared
    losing = [row for row in CARD if benchmark[row.feature] > points[row.feature]]
    losing.sort(key=lambda row: points[row.feature] - benchmark[row.feature])
    if choice.one_per_family:
        first_of = {row.family: row for row in reversed(losing)}
        losing = [row for row in losing if first_of[row.family] is row]
    reasons = []
    for rank, row in enumerate(losing[: choice.count], start=1):
        value, earned = features[row.feature], points[row.feature]
        reason, what_to_do = words_of(row, value)
        reasons.append(Reason(
            rank, row.feature, row.family, value, value is None, earned, row.max_points,
            row.max_points - earned, method, float(benchmark[row.feature]), reason, what_to_do,
        ))  # fmt: skip
    return tuple(reasons)


def words_of(row: CardRow, value: Value) -> tuple[str, str]:
    """What a reason of a value says, and what to do; of no value it says that there is none."""
    if value is None:
        return row.missing_reason, row.missing_what_to_do
    for words in WORDS:
        if words.feature == row.feature and words.at_least <= value < words.below:
            return words.reason, words.what_to_do
    return row.reason, row.what_to_do
