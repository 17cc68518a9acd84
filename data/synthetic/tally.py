"""Counts taken while a world is written: enough to hold it against its targets."""

from collections import Counter
from typing import Final

import numpy as np

from plainscore.synthetic import payments, purchases
from plainscore.synthetic.disorder import LATE
from plainscore.synthetic.faults import FAULTS
from plainscore.synthetic.months import month_numbers
from plainscore.synthetic.randomness import Ints
from plainscore.synthetic.rows import Rows

_MARKS: Final = ("clean", "late", "duplicate", "conflict", *(f"corrupt: {f.name}" for f in FAULTS))
"""Names of the marks of rows (disorder.py), in their order."""


class Tally:
    """Counts of one world or of a part of it.

    Attributes
    ----------
    counts
        By (log, what): all rows, the marks of delivery, and the kinds of payment events.
    purchases_by_month
        By month number.
    purchases_by_person
        By the first person of each group that was counted, the purchases of its people.
    """

    def __init__(self, persons: Ints) -> None:
        """Count for `persons`, who follow on each other; none for a whole to merge parts into."""
        self._persons = persons
        self.counts: Counter[tuple[str, str]] = Counter()
        self.purchases_by_month: Counter[int] = Counter()
        self.purchases_by_person: dict[int, Ints] = {}

    def add_rows(self, log: str, rows: Rows) -> None:
        """Count delivered rows of one log."""
        self.counts[log, "rows"] += len(rows)
        marks = np.bincount(rows["mark"], minlength=len(_MARKS))
        for name, number in zip(_MARKS, marks, strict=True):
            self.counts[log, name] += int(number)
        is_whole = rows["mark"] <= LATE
        if log == "payment":
            kinds = np.bincount(rows["kind"][is_whole], minlength=len(payments.EVENT_TYPES))
            for name, number in zip(payments.EVENT_TYPES, kinds, strict=True):
                self.counts[log, name] += int(number)
        if log == "purchase":
            bought = np.flatnonzero(is_whole & (rows["kind"] == purchases.PURCHASE))
            self._add_purchases(rows["person"][bought], rows["time"][bought])

    def _add_purchases(self, person: Ints, time: Ints) -> None:
        if not len(person):
            return
        first = int(self._persons[0])
        before = self.purchases_by_person.get(first, 0)
        bought = np.bincount(person - first, minlength=len(self._persons))
        self.purchases_by_person[first] = bought + before
        months = month_numbers(time)
        earliest = int(months.min())
        by_month = np.bincount(months - earliest).tolist()
        for number, count in enumerate(by_month, start=earliest):
            self.purchases_by_month[number] += count

    def merge(self, other: "Tally") -> None:
        """Take in the counts of another part of the same world."""
        self.counts.update(other.counts)
        self.purchases_by_month.update(other.purchases_by_month)
        self.purchases_by_person |= other.purchases_by_person
