"""The standard scorecard as features.csv publishes it, read without any code of ours."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

CSV = Path(__file__).parents[1] / "oracle" / "features.csv"


@dataclass(frozen=True)
class Line:
    """One line of features.csv; ``bins`` empty for the neighbour mean."""

    factor: str
    feature: str
    max_points: int
    direction: str
    unit: str
    bins: tuple[tuple[Decimal, int], ...]
    missing_points: int
    definition: str
    reason: str
    what_to_do: str


@cache
def published_lines() -> tuple[Line, ...]:
    """Return the 32 lines in their order."""
    with CSV.open(newline="", encoding="utf-8") as file:
        return tuple(
            Line(
                row["factor"], row["feature"], int(row["max_points"]), row["direction"],
                row["unit"], _bins(row["bins"]), int(row["missing_points"] or 0),
                row["definition"], row["reason"], row["what_to_do"],
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def points_of(line: Line, value: Decimal | None) -> int:
    """Return the points of a value by the published bins: half-open from below."""
    if value is None:
        return line.missing_points
    reached = [points for at_least, points in line.bins if value >= at_least]
    return reached[-1] if reached else line.bins[0][1]


def _bins(text: str) -> tuple[tuple[Decimal, int], ...]:
    if text == "16*x half up":
        return ()
    pairs = (pair.split(":") for pair in text.split(";"))
    return tuple((Decimal(at_least), int(points)) for at_least, points in pairs)
