"""Rows of one log as columns of whole numbers, before they get their written form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from plainscore.synthetic.randomness import Flags, Ints

NONE = -1
"""What a column holds where the event has no such field."""

EVENTS_PER_MONTH = 100_000
"""Room for event numbers of one person, month and log."""


@dataclass(frozen=True)
class Rows:
    """Events of one log; every column is int64 of shape (rows,).

    Always there: `event` (the number behind event_id), `person`, `kind` (a place in the log's
    event types), `time` (seconds since 1970); a log's own fields follow. Delivery adds `arrival`
    (day number) and `mark` (disorder.py: clean, late, ...).
    """

    columns: Mapping[str, Ints]

    def __len__(self) -> int:
        return len(self.columns["event"])

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def take(self, chosen: Flags | Ints) -> "Rows":
        """Return the chosen rows, by flag or by place."""
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return Rows({name: column[places] for name, column in self.columns.items()})

    def replaced(self, **columns: Ints) -> "Rows":
        """Return the same rows with some columns put in place of others, or added."""
        return Rows({**self.columns, **columns})


def rows_of(event: Ints, **columns: Ints | int) -> Rows:
    """Make rows; a single number stands for a whole column."""
    wide = {name: _column(value, len(event)) for name, value in columns.items()}
    return Rows({"event": event, **wide})


def _column(value: Ints | int, count: int) -> Ints:
    if isinstance(value, np.ndarray):
        return value
    return np.full(count, value, dtype=np.int64)


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


def event_numbers(persons: Ints, month_label: Ints | int, within_month: Ints | int) -> Ints:
    """Return numbers that no other event of the log has: person, yymm, five digits."""
    return np.asarray((persons * 10_000 + month_label) * EVENTS_PER_MONTH + within_month)
