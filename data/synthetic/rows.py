"""Rows as columns of whole numbers, months and days as numbers, and when things happen.

Days count from 1970-01-01, times are seconds since then. Shops sell by day, friends meet in the
evening: each rhythm is a table of 24 hours and one of seven weekdays. A 16-bit draw is looked up in
them, so that a time costs two look-ups. A month's draws may be spread evenly (a regular shopper's):
equal steps of the draw are equal parts of the month's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import numpy as np

from plainscore.synthetic.chance import Flags, Ints, SmallInts

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


# When in a day, a week and a month


_DRAWS: Final = 1 << 16
_DAY_DRAWS: Final = 1 << 12
_MONDAY: Final = 4  # the weekday of day number 4, 1970-01-05, is 0


@dataclass(frozen=True)
class Rhythm:
    """Weights of the hours 0 to 23 (UTC) and of the weekdays, Monday first."""

    hours: tuple[int, ...]
    weekdays: tuple[int, ...] = (1, 1, 1, 1, 1, 1, 1)

    def second(self, draw: Ints) -> Ints:
        """Return the second of the day behind each 16-bit draw."""
        return np.asarray(_seconds(self)[draw], np.int64)

    def day(self, month: Month, draw: Ints) -> Ints:
        """Return the day number within `month` behind each 16-bit draw, later draws later."""
        return np.asarray(month.first_day + _days(self, month)[draw >> 4], np.int64)

    def time(self, month: Month, day_draw: Ints, second_draw: Ints) -> Ints:
        """Return a time within `month`."""
        return self.day(month, day_draw) * SECONDS_PER_DAY + self.second(second_draw)


SHOPPING: Final = Rhythm(
    (4, 2, 1, 1, 1, 2, 6, 18, 36, 52, 58, 57, 56, 56, 57, 57, 55, 52, 46, 38, 30, 22, 14, 8),
    (153, 147, 141, 143, 135, 137, 145),  # the purchases of CDNOW
)
BANKING: Final = Rhythm(
    (3, 1, 1, 1, 2, 12, 30, 40, 52, 60, 58, 54, 50, 48, 48, 46, 44, 42, 38, 32, 26, 18, 10, 6),
    (18, 17, 16, 16, 17, 9, 7),
)
MEETING: Final = Rhythm(
    (14, 7, 4, 2, 2, 3, 8, 18, 26, 30, 34, 38, 44, 42, 40, 42, 46, 52, 58, 62, 64, 58, 44, 27),
    (13, 13, 14, 14, 16, 17, 15),
)


@cache
def _seconds(rhythm: Rhythm) -> SmallInts:
    """Return the second of the day for each of 65,536 draws."""
    edges = np.concatenate([[0], np.cumsum(rhythm.hours)])
    place = np.arange(_DRAWS, dtype=np.int64) * int(edges[-1])  # in 1/65536 of a weight
    hour = np.searchsorted(edges * _DRAWS, place, side="right") - 1
    into = (place - edges[hour] * _DRAWS) * 3_600 // (np.array(rhythm.hours)[hour] * _DRAWS)
    return np.asarray(hour * 3_600 + into, np.int32)


@cache
def _days(rhythm: Rhythm, month: Month) -> SmallInts:
    """Return the place of the day in the month for each of 4,096 draws."""
    weekday = (month.first_day - _MONDAY + np.arange(month.day_count)) % 7
    edges = np.cumsum(np.array(rhythm.weekdays)[weekday])
    place = np.arange(_DAY_DRAWS) * int(edges[-1]) // _DAY_DRAWS
    return np.asarray(np.searchsorted(edges, place, side="right"), np.int32)
