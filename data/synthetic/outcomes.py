"""How bills really end, delivered or not: the truth that a score has to guess."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.bills import INSTALMENT, Bills, bills_of_month
from plainscore.synthetic.months import Month
from plainscore.synthetic.payments import bill_event
from plainscore.synthetic.randomness import Flags, Ints
from plainscore.synthetic.rows import NONE
from plainscore.synthetic.society import Society

TROUBLE_DAYS: Final = 30
_OUTLOOK_DAYS: Final = 90
_PERSONS_AT_ONCE: Final = 100_000


@dataclass(frozen=True)
class Troubles:
    """Bills that became 30 or more days late, shape (bills,); `days_late` NONE: never paid."""

    person: Ints
    bill: Ints
    bill_type: Ints
    due_day: Ints
    days_late: Ints


@dataclass(frozen=True)
class Outcomes:
    """The ends of all bills due within the world's days.

    Attributes
    ----------
    instalments, late_instalments, unpaid_instalments
        Counts; late ones are paid after their due date, unpaid ones never.
    had_bill, had_trouble
        Who had any bill due in the last 90 days of the world, and who any that became 30 or more
        days late; of shape (people,).
    troubles
        All bills that became 30 or more days late.
    """

    instalments: int
    late_instalments: int
    unpaid_instalments: int
    had_bill: Flags
    had_trouble: Flags
    troubles: Troubles


def find_outcomes(society: Society) -> Outcomes:
    """Go through all bills of a world and see how they end."""
    people, last_day = society.population.count, society.settings.last_day
    had_bill, had_trouble = np.zeros(people, dtype=bool), np.zeros(people, dtype=bool)
    ends = np.zeros(3, dtype=np.int64)
    troubles: list[Troubles] = []
    for first in range(0, people, _PERSONS_AT_ONCE):
        persons = np.arange(first, min(first + _PERSONS_AT_ONCE, people))
        for month in society.settings.months:
            bills = bills_of_month(society, persons, month)
            bills = bills.take((bills.due_day <= last_day) & (bills.cents > 0))
            found = _troubles(bills, month)
            troubles.append(found)
            ends += _instalment_ends(bills)
            had_bill[bills.person[bills.due_day > last_day - _OUTLOOK_DAYS]] = True
            had_trouble[found.person[found.due_day > last_day - _OUTLOOK_DAYS]] = True
    whole = Troubles(
        *(np.concatenate([getattr(t, n) for t in troubles]) for n in Troubles.__dataclass_fields__)
    )
    instalments, late, unpaid = (int(end) for end in ends)
    return Outcomes(instalments, late, unpaid, had_bill, had_trouble, whole)


def _instalment_ends(bills: Bills) -> Ints:
    """Return the numbers of instalments, late ones and unpaid ones."""
    instalments = bills.take(bills.bill_type == INSTALMENT)
    unpaid = instalments.settled_day == NONE
    late = ~unpaid & (instalments.settled_day > instalments.due_day)
    return np.array([len(unpaid), late.sum(), unpaid.sum()], dtype=np.int64)


def _troubles(bills: Bills, month: Month) -> Troubles:
    unpaid = bills.settled_day == NONE
    days_late = np.where(unpaid, NONE, bills.settled_day - bills.due_day)
    is_trouble = unpaid | (days_late >= TROUBLE_DAYS)
    return Troubles(
        person=bills.person[is_trouble],
        bill=bill_event(bills, month, 0)[is_trouble],
        bill_type=bills.bill_type[is_trouble],
        due_day=bills.due_day[is_trouble],
        days_late=days_late[is_trouble],
    )
