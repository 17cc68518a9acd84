"""What the cells of a worked example mean.

``-`` or an empty cell is null. Dates are ``2026-01-31`` or counted from the day of the snapshot:
``D``, ``D-365``, ``D+3``. Times are a date, or a date and ``09:30``. Shares are ``3/4`` or
``0.75``, roots ``√(6/5)``. Flags are ``yes`` or ``no``.
"""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from plainscore.contracts import SnapshotDates

Value = str | int | float | bool | date | datetime | None
RELATIVE_DAY = re.compile(r"D(?:([+-])(\d+))?")
ROOT = re.compile(r"√\(?([\d/.]+)\)?")


@dataclass(frozen=True)
class Days:
    """The clocks of an example; each is as_of_date unless the example says otherwise."""

    as_of_date: date
    known_on: date
    events_until: date

    @property
    def parameters(self) -> dict[str, date]:
        return SnapshotDates(self.as_of_date, self.known_on, self.events_until).parameters


def read_value(cell: str, column_type: str, days: Days) -> Value:
    """Return the value of a cell in a column of a type; ValueError where it cannot be meant."""
    if cell in ("", "-"):
        return None
    match column_type:
        case "BIGINT" | "INTEGER":
            return int(cell)
        case "DOUBLE":
            return _number(cell)
        case "BOOLEAN":
            return {"yes": True, "no": False}[cell]
        case "DATE":
            return _day(cell, days)
        case "TIMESTAMP":
            day, _, clock = cell.partition(" ")
            return datetime.combine(_day(day, days), time.fromisoformat(clock or "00:00"))
        case _:
            return cell


def shown(row: tuple[Value, ...]) -> str:
    """Return a row as an example would write it."""
    return " | ".join("-" if value is None else str(value) for value in row)


def _number(cell: str) -> float:
    if root := ROOT.fullmatch(cell):
        return math.sqrt(_number(root[1]))
    exact = Fraction(cell)
    # One division of two whole numbers, as the transforms do it: equal to the last digit.
    return exact.numerator / exact.denominator


def _day(cell: str, days: Days) -> date:
    relative = RELATIVE_DAY.fullmatch(cell)
    if not relative:
        return date.fromisoformat(cell)
    distance = timedelta(days=int(relative[2] or 0))
    return days.as_of_date - distance if relative[1] == "-" else days.as_of_date + distance
