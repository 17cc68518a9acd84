"""Rows as columns of whole numbers, and months and days as numbers.

Days count from 1970-01-01, times are seconds since then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from plainscore.synthetic.chance import Flags, Ints

NONE: Final = -1
"""What a column holds where the event has no such field."""

EPOCH: Final = date(1970, 1, 1)
SECONDS_PER_DAY: Final = 86_400


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Month:
    """One calendar month; `number` is 12 * year + month - 1, so months count on across years.

    `of_year` is 1 for January to 12; the days are day numbers; `label` is yymm, such as 2503.
    """

    number: int

    @property
    def of_year(self) -> int:
        return self.number % 12 + 1

    @property
    def first_day(self) -> int:
        return day_number(date(self.number // 12, self.of_year, 1))

    @property
    def last_day(self) -> int:
        return Month(self.number + 1).first_day - 1

    @property
    def day_count(self) -> int:
        return self.last_day - self.first_day + 1

    @property
    def label(self) -> int:
        return self.number // 12 % 100 * 100 + self.of_year

    @staticmethod
    def of(day: date) -> "Month":
        """Return the month that `day` lies in."""
        return Month(day.year * 12 + day.month - 1)


def month_end(days: Ints) -> Ints:
    """Return the day number of the last day of each day's month."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return (months + 1).astype("datetime64[D]").astype(np.int64) - 1


@dataclass(frozen=True)
class Rows:
    """A table of whole numbers; every column is int64 of shape (rows,).

    Events of a log have the columns `event` (the number behind event_id), `person`, `kind` (a
    place in the log's event types), `time` (seconds since 1970) and the log's own; delivery adds
    `arrival` (day number) and `mark` (clean, late, ... as in delivery.py).
    """

    columns: Mapping[str, Ints]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def take(self, chosen: Flags | Ints) -> "Rows":
        """Return the chosen rows, by flag or by place."""
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return Rows({name: column[places] for name, column in self.columns.items()})

    def replaced(self, **columns: Ints | int) -> "Rows":
        """Return the same rows with some columns replaced or added; a number fills its column."""
        wide = {name: np.broadcast_to(value, len(self)) for name, value in columns.items()}
        return Rows({**self.columns, **wide})

    def follow(self, chosen: Flags, step: int, **columns: Ints | int) -> "Rows":
        """Return events that follow from the chosen ones, `step` event numbers later.

        They have the same persons; `columns` are given for all rows, not only for the chosen.
        """
        events = Rows({"event": self["event"] + step, "person": self["person"]})
        return events.replaced(**columns).take(chosen)


def rows_of(
    person: Ints,
    month_label: int,
    within_month: Ints | int,
    kind: int,
    time: Ints | int,
    **columns: Ints | int,
) -> Rows:
    """Make events of one kind; a single number fills its column.

    Their numbers, which no other event of the log has, are person, yymm and five digits: what they
    are `within_month`.
    """
    event = (person * 10_000 + month_label) * 100_000 + within_month
    return Rows({"event": event}).replaced(person=person, kind=kind, time=time, **columns)


def repeat(persons: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Return each person as often as counted, and the place of each repeat, from 0."""
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(persons, counts), place


def stack(parts: Sequence[Rows]) -> Rows:
    """Put rows under each other; a column that some parts lack is NONE there."""
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    return Rows(
        {
            name: np.concatenate(
                [part.columns.get(name, np.full(len(part), NONE, np.int64)) for part in parts]
            )
            for name in names
        }
    )
