"""Rows as columns of whole numbers, and months and days as numbers.

Days count from 1970-01-01, times are seconds since then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Self

import numpy as np

from plainscore.synthetic.chance import Flags, Ints

NONE: Final = -1
"""What a column holds where the event has no such field."""

EPOCH: Final = date(1970, 1, 1)
SECONDS_PER_DAY: Final = 86_400
EVENTS_PER_MONTH: Final = 100_000
"""Room for event numbers of one person, month and log."""


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Month:
    """One calendar month; `number` is 12 * year + month - 1, so months count on across years."""

    number: int

    @property
    def of_year(self) -> int:
        """1 for January to 12 for December."""
        return self.number % 12 + 1

    @property
    def first_day(self) -> int:
        """Day number of the first."""
        return day_number(date(self.number // 12, self.of_year, 1))

    @property
    def last_day(self) -> int:
        """Day number of the last."""
        return Month(self.number + 1).first_day - 1

    @property
    def day_count(self) -> int:
        """28 to 31."""
        return self.last_day - self.first_day + 1

    @property
    def label(self) -> int:
        """The month as yymm, such as 2503."""
        return self.number // 12 % 100 * 100 + self.of_year

    @staticmethod
    def of(day: date) -> "Month":
        """Return the month that `day` lies in."""
        return Month(day.year * 12 + day.month - 1)

    @staticmethod
    def between(first: date, last: date) -> list["Month"]:
        """Return every month that `first`..`last` touches."""
        return [Month(n) for n in range(Month.of(first).number, Month.of(last).number + 1)]


def last_day_of_month(days: Ints) -> Ints:
    """Return the day number of the last day of each day's month."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return (months + 1).astype("datetime64[D]").astype(np.int64) - 1


def _chosen(columns: Mapping[str, Ints], chosen: Flags | Ints) -> dict[str, Ints]:
    places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    return {name: column[places] for name, column in columns.items()}


@dataclass(frozen=True)
class Columns:
    """Base of records that are kept as columns of one length: each field is an array."""

    def take(self, chosen: Flags | Ints) -> Self:
        """Return the chosen records, by flag or by place."""
        return replace(self, **_chosen(vars(self), chosen))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the records of all parts under each other."""
        names = vars(parts[0])
        return cls(**{name: np.concatenate([vars(p)[name] for p in parts]) for name in names})


@dataclass(frozen=True)
class Rows:
    """Events of one log; every column is int64 of shape (rows,).

    Always there: `event` (the number behind event_id), `person`, `kind` (a place in the log's
    event types), `time` (seconds since 1970); a log's own fields follow. Delivery adds `arrival`
    (day number) and `mark` (clean, late, ... as in delivery.py).
    """

    columns: Mapping[str, Ints]

    def __len__(self) -> int:
        return len(self.columns["event"])

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def take(self, chosen: Flags | Ints) -> "Rows":
        """Return the chosen rows, by flag or by place."""
        return Rows(_chosen(self.columns, chosen))

    def replaced(self, **columns: Ints | int) -> "Rows":
        """Return the same rows with some columns replaced or added; a number fills its column."""
        wide = {name: np.broadcast_to(value, len(self)) for name, value in columns.items()}
        return Rows({**self.columns, **wide})


def event_numbers(persons: Ints, month_label: Ints | int, within_month: Ints | int) -> Ints:
    """Return numbers that no other event of the log has: person, yymm, five digits."""
    return np.asarray((persons * 10_000 + month_label) * EVENTS_PER_MONTH + within_month)


def rows_of(
    event: Ints, person: Ints, kind: int, day: Ints, second: Ints | int, **columns: Ints | int
) -> Rows:
    """Make rows that happen at a second of a day; a single number fills its column."""
    time = day * SECONDS_PER_DAY + second
    return Rows({"event": event}).replaced(person=person, kind=kind, time=time, **columns)


def stack(parts: Sequence[Rows]) -> Rows:
    """Put rows under each other; a field that some parts lack is NONE there."""
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    return Rows(
        {
            name: np.concatenate(
                [part.columns.get(name, np.full(len(part), NONE, np.int64)) for part in parts]
            )
            for name in names
        }
    )
