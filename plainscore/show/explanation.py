"""One person's score, explained: every point, what was lost, and what the next band takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plainscore.show.method_of_day import SOCIAL_FACTOR, MethodOfDay, read_method
from plainscore.show.next_band import NextBand, Step, next_band
from plainscore.show.person_rows import PersonRows, read_person
from plainscore.show.snapshots import Snapshots

Row = dict[str, Any]


@dataclass(frozen=True)
class PointRow:
    """One feature: its value (None: missing) and points (None: the person is not scored)."""

    factor: str
    feature: str
    value: float | int | None
    unit: str
    points: int | None
    max_points: int


@dataclass(frozen=True)
class Reason:
    """One of up to four features that lost most points."""

    rank: int
    code: str
    value: float | int | None
    points: int
    max_points: int
    points_lost: int
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class NotScored:
    """Why a person has no score."""

    code: str
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class Explanation:
    """A score that adds up: ``score == base + sum(row.points for row in points)``.

    Of someone who is not scored, score and band are None, and ``not_scored`` says why.
    ``next_band`` is None in the highest band too.
    """

    person_id: str
    as_of_date: date
    known_on: date
    scorecard: str
    score: int | None
    band: str | None
    base: int
    points: tuple[PointRow, ...]
    reasons: tuple[Reason, ...]
    next_band: NextBand | None
    not_scored: NotScored | None


def explain(snapshots: Snapshots, person_id: str, day: date) -> Explanation:
    """Explain one person's score on a published day, on the champion scorecard.

    Raises UnknownPersonError where the snapshot of that day has nobody of that id.
    """
    person = read_person(snapshots, person_id, day)
    return explanation_of(person, read_method(snapshots, day))


def explanation_of(person: PersonRows, method: MethodOfDay) -> Explanation:
    """Explain what is published about somebody; ``method``: that of the same day."""
    score = person.score
    return Explanation(
        person_id=score["person_id"],
        as_of_date=score["as_of_date"],
        known_on=score["known_on"],
        scorecard=score["scorecard"],
        score=score["score"],
        band=score["band"],
        base=method.card["base"],
        points=tuple(_point_row(row, method.counted) for row in person.points),
        reasons=tuple(_reason(row, method.counted) for row in person.reasons),
        next_band=_next_band(person, method),
        not_scored=_not_scored(score, method),
    )


def _whole(value: float | None, is_counted: bool) -> float | int | None:
    return int(value) if is_counted and value is not None else value


def _point_row(row: Row, counted: frozenset[str]) -> PointRow:
    return PointRow(
        factor=row["factor"],
        feature=row["feature"],
        value=_whole(row["value"], row["feature"] in counted),
        unit=row["unit"],
        points=row["points"],
        max_points=row["max_points"],
    )


def _reason(row: Row, counted: frozenset[str]) -> Reason:
    names = ("rank", "code", "points", "max_points", "points_lost", "reason", "what_to_do")
    return Reason(
        **{name: row[name] for name in names}, value=_whole(row["value"], row["code"] in counted)
    )


def _not_scored(score: Row, method: MethodOfDay) -> NotScored | None:
    if score["score"] is not None:
        return None
    rule = method.rules[score["not_scored_code"]]
    return NotScored(rule["not_scored_code"], rule["reason"], rule["what_to_do"])


def _next_band(person: PersonRows, method: MethodOfDay) -> NextBand | None:
    score = person.score
    if score["score"] is None:
        return None
    band = method.band_above(score["band_no"])
    if band is None:
        return None
    own_points = sum(row["points"] for row in person.points if row["factor"] != SOCIAL_FACTOR)
    points = {row["feature"]: row["points"] for row in person.points}
    steps = better_steps(method.advised_bins(), points)
    friends = person.friend_mean(method)
    return next_band(band["band"], band["at_least"], score["score"], own_points, steps, friends)


def better_steps(bins: Sequence[Row], points: Mapping[str, Any]) -> list[list[Step]]:
    """Return, feature by feature, the bins that are worth more than a person's points."""
    steps: dict[str, list[Step]] = {}
    for bin_row in bins:
        gain = bin_row["points"] - points[bin_row["feature"]]
        if gain > 0:
            step = Step(bin_row["feature"], goal_of(bin_row), gain)
            steps.setdefault(bin_row["feature"], []).append(step)
    return list(steps.values())


def goal_of(bin_row: Row) -> str:
    """Return what a value must be to fall into a bin, in words."""
    if bin_row["direction"] == "up":
        return f"at least {bin_row['at_least']:g}"
    return "any value at last" if bin_row["below"] is None else f"below {bin_row['below']:g}"
