"""Accepted events as the oracle sees them, and method.md "Two clocks": what counts when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

LOGS = {
    "profile": ("opened", "verified", "changed", "frozen", "unfrozen"),
    "purchase": ("purchase", "refund", "chargeback"),
    "payment": ("bill", "payment", "reversal", "deposit", "transfer", "income", "balance"),
    "service": ("started", "ended", "breached"),
    "friendship": ("added", "removed", "contact"),
}
LOG_OF = {event_type: log for log, event_types in LOGS.items() for event_type in event_types}

Value: TypeAlias = int | float | None
"""What a feature can be: a count or days, a share or ratio, or missing."""


@dataclass(frozen=True, eq=False)
class Event:
    """One accepted row of the log of its ``event_type``.

    ``event_time`` is naive UTC. ``fields`` holds what method.md defines for the event_type, as
    amount_cents, balance_cents, credit_limit_cents (integer cents) and else as named there; an
    optional field may be absent or None, which ``event[name]`` gives for both.
    """

    event_id: str
    event_time: datetime
    person_id: str
    event_type: str
    arrived: date
    fields: dict[str, Any]

    @property
    def log(self) -> str:
        return LOG_OF[self.event_type]

    @property
    def event_date(self) -> date:
        """The UTC day on which the event happened."""
        return self.event_time.date()

    def __getitem__(self, name: str) -> Any:
        return self.fields.get(name)


def known_events(events: Iterable[Event], as_of_date: date, known_on: date) -> list[Event]:
    """The events that count at (as_of_date, known_on), in the order of method.md.

    Both must hold: dated before the end of day D, and arrived on or before K. Wherever order
    matters, it is that of (event_time, event_id as UTF-8 bytes).
    """
    known = [e for e in events if e.event_date <= as_of_date and e.arrived <= known_on]
    return sorted(known, key=lambda e: (e.event_time, e.event_id.encode()))


def events_by_person(known: Iterable[Event]) -> dict[str, dict[str, list[Event]]]:
    """person_id -> log -> that person's own known events, in the order they were given.

    Only people with at least one known event of their own are persons (method.md).
    """
    persons: dict[str, dict[str, list[Event]]] = {}
    for event in known:
        logs = persons.setdefault(event.person_id, {log: [] for log in LOGS})
        logs[event.log].append(event)
    return persons


def first_by_id(events: Iterable[Event], event_type: str, id_name: str) -> dict[str, Event]:
    """The creating event of each id of ONE person; a second one with the same id is ignored.

    ``events`` must be in the order of method.md.
    """
    first: dict[str, Event] = {}
    for event in of_type(events, event_type):
        first.setdefault(event[id_name], event)
    return first


def of_type(events: Iterable[Event], *event_types: str) -> list[Event]:
    """The events of some types, in the order they were given."""
    return [event for event in events if event.event_type in event_types]


def days_between(earlier: date, later: date) -> int:
    """Later - earlier in days; negative if the two are the other way round."""
    return (later - earlier).days


def in_last_days(day: date, as_of_date: date, days: int) -> bool:
    """method.md: "the last n days" is (D-n, D]."""
    return 0 <= days_between(day, as_of_date) < days


def in_days_before_those(day: date, as_of_date: date, days: int, before: int) -> bool:
    """The ``before`` days before the last ``days``: (D-days-before, D-days]."""
    return days <= days_between(day, as_of_date) < days + before


def month_back(day: date, as_of_date: date) -> int:
    """method.md: month k back is (D-30(k+1), D-30k]; k = 0 is the newest."""
    return days_between(day, as_of_date) // 30


def months_touched(days: Iterable[date], as_of_date: date, months: int) -> int:
    """How many of the last ``months`` 30-day months hold at least one of the days."""
    return len({month_back(d, as_of_date) for d in days} & set(range(months)))


def lower_median(values: Iterable[int]) -> int | None:
    """method.md: position (n-1)//2 of the ascending order; None where there are no values."""
    ascending = sorted(values)
    return ascending[(len(ascending) - 1) // 2] if ascending else None


def share(numerator: int, denominator: int) -> float | None:
    """One correctly rounded division of two integers; None where the base is empty."""
    return None if denominator == 0 else numerator / denominator
