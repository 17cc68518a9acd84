"""Writes the events of a nasty world: odd ids, clocks that tie, arrivals that are late."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from tests.oracle.events import Event, FieldValue

Option = TypeVar("Option")

CLOCKS = (time(0, 0), time(12, 0), time(12, 0), time(12, 0, 0, 1), time(23, 59, 59, 999_999))
NOON = time(12, 0)

# Prefixes whose order differs between UTF-8 bytes, UTF-16 units, letters and numbers.
ID_PREFIXES = (
    "",
    "0",
    "10-",
    "9-",
    "a",
    "Z",
    "\u00e9",
    "e\u0301",
    "\uff5e",
    "\U0001f600",
    "_",
    "~",
)

NASTY_PEOPLE = (
    "7",
    "007",
    "7.0",
    "NA",
    "null",
    "nan",
    "true",
    "1e2",
    "p1",
    "P1",
    " p1",
    "\u00c5sa",
    "A\u030asa",
    "stra\u00dfe",
    "\U0001f600",
    "\uff5e",
    "a,b",
    'quo"te',
    "two\nlines",
    "semi;colon",
    "back\\slash",
    "{}",
    "$1",
    "' or 1=1 --",
    "x" * 200,
)


class WorldWriter:
    """Collects the events of one world; the same seed writes the same events.

    `late_share` is the share of events that arrive on a later day than they could; a plot that
    wants exact figures sets it to 0.
    """

    def __init__(self, rng: random.Random, as_of_date: date, known_on: date) -> None:
        self.rng = rng
        self.as_of_date = as_of_date
        self.known_on = known_on
        self.late_share = 0.0
        self.events: list[Event] = []
        self.arrival_days = _arrival_days(as_of_date, known_on)
        self._id_count = 0
        self._turns: dict[tuple[object, ...], int] = {}

    def happen(
        self,
        log: str,
        event_type: str,
        person_id: str,
        ago: int,
        *,
        clock: time | None = None,
        event_id: str | None = None,
        arrived: date | None = None,
        **fields: FieldValue,
    ) -> Event:
        """One event `ago` days before D (negative: after D) with the fields of method.md."""
        day = self.as_of_date - timedelta(days=ago)
        event = Event(
            log=log,
            event_id=event_id or self.new_id("e"),
            event_time=datetime.combine(day, clock or self.rng.choice(CLOCKS)),
            person_id=person_id,
            event_type=event_type,
            arrived=arrived or self._arrival(day),
            fields=fields,
        )
        self.events.append(event)
        return event

    def new_id(self, kind: str) -> str:
        """An id that is new to the world and sorts unlike its age."""
        self._id_count += 1
        return f"{self.rng.choice(ID_PREFIXES)}{kind}{self._id_count}"

    def near(self, *days: int) -> int:
        """One of the days, or the day before or after it."""
        return self.rng.choice(days) + self.rng.choice((-1, 0, 0, 1))

    def in_turn(self, options: Sequence[Option]) -> Option:
        """The options one after the other, beginning anywhere: none is left out for long."""
        turn = self._turns.setdefault(tuple(options), self.rng.randrange(len(options)))
        self._turns[tuple(options)] = turn + 1
        return options[turn % len(options)]

    def chance(self, share: float) -> bool:
        """True in about this share of calls."""
        return self.rng.random() < share

    def cents(self) -> int:
        """An amount: mostly ordinary, at times nothing, one cent or the most that is accepted."""
        if self.chance(0.12):
            return self.rng.choice((0, 1, 2, 10**12 - 1, 10**12))
        return self.rng.randint(1, 50) * self.rng.choice((100, 333, 1000, 9999))

    def day_ago(self, ago: int) -> date:
        """The date `ago` days before D."""
        return self.as_of_date - timedelta(days=ago)

    def tied_ids(self, count: int) -> Sequence[str]:
        """New event ids in ascending order of their UTF-8 bytes, for events of one instant."""
        return sorted((self.new_id("e") for _ in range(count)), key=lambda i: i.encode("utf-8"))

    def _arrival(self, day: date) -> date:
        possible = [arrival for arrival in self.arrival_days if arrival >= day]
        return self.rng.choice(possible) if self.chance(self.late_share) else possible[0]


def _arrival_days(as_of_date: date, known_on: date) -> list[date]:
    end = max(as_of_date, known_on)
    days = {as_of_date - timedelta(days=ago) for ago in (1500, 800, *range(720, 0, -60))}
    days |= {d + timedelta(days=k) for d in (as_of_date, known_on) for k in (-1, 0, 1)}
    days |= {end + timedelta(days=k) for k in (30, 200)}
    return sorted(days)
