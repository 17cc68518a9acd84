"""Writes the events of a nasty world: odd ids, clocks that tie, arrivals that are late."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import count
from typing import Any, TypeAlias, TypeVar

from tests.oracle.events import Event

Option = TypeVar("Option")

NOON = time(12, 0)
CLOCKS = (time(0, 0), NOON, NOON, time(12, 0, 0, 1), time(23, 59, 59, 999_999))

# Prefixes whose order differs between UTF-8 bytes, UTF-16 units, letters and numbers.
ID_PREFIXES = (
    "", "0", "10-", "9-", "a", "Z", "\u00e9", "e\u0301", "\uff5e", "\U0001f600", "_", "~",
)  # fmt: skip
NASTY_PEOPLE = (
    "7", "007", "7.0", "NA", "null", "nan", "true", "1e2", "p1", "P1", " p1", "\u00c5sa",
    "A\u030asa", "stra\u00dfe", "\U0001f600", "\uff5e", "a,b", 'quo"te', "two\nlines",
    "semi;colon", "back\\slash", "{}", "$1", "' or 1=1 --", "x" * 200,
)  # fmt: skip
SERVICE_TYPES = ("hotel", "car_rental", "bike", "power_bank", "rent", "other")


@cache
def arrival_days(as_of_date: date, known_on: date) -> list[date]:
    """The days on which something can arrive, in order."""
    days = {as_of_date - timedelta(days=ago) for ago in (1500, 800, *range(720, 0, -60))}
    for around in (as_of_date, known_on):
        days |= {around + timedelta(days=k) for k in (-1, 0, 1)}
    end = max(as_of_date, known_on)
    return sorted(days | {end + timedelta(days=k) for k in (30, 200)})


@dataclass(frozen=True)
class Writer:
    """Adds the events of one person to a world; the same seed writes the same events.

    ``late_share`` is the share of events that arrive on a later day than they could; a plot that
    wants exact figures is written with 0.
    """

    rng: random.Random
    as_of_date: date
    known_on: date
    who: str = ""
    late_share: float = 0.0
    events: list[Event] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    turns: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def of(self, who: str, late_share: float | None = None) -> "Writer":
        """A writer of another person's events in the same world."""
        share = self.late_share if late_share is None else late_share
        return replace(self, who=who, late_share=share)

    def happen(
        self,
        event_type: str,
        ago: int,
        *,
        clock: time | None = None,
        event_id: str | None = None,
        arrived: date | None = None,
        **fields: Any,
    ) -> None:
        """One event ``ago`` days before D (negative: after D) with the fields of method.md."""
        name, day = event_id or self.new_id("e"), self.day_ago(ago)
        moment = datetime.combine(day, clock or self.rng.choice(CLOCKS))
        arrived = arrived or self._arrival(day)
        self.events.append(Event(name, moment, self.who, event_type, arrived, fields))

    # --- what happens most, with the fields it needs ---

    def bill(
        self,
        bill_type: str,
        amount: int | None,
        due_ago: int,
        *,
        issued_ago: int | None = None,
        bill_id: str | None = None,
        **card: int | None,
    ) -> str:
        """Issued 20 days before it is due, or at D if that were later. Returns bill_id."""
        bill_id = bill_id or self.new_id("b")
        issued_ago = max(0, due_ago + 20) if issued_ago is None else issued_ago
        due_date, kind = self.day_ago(due_ago), {"bill_id": bill_id, "bill_type": bill_type}
        self.happen("bill", issued_ago, **kind, amount_cents=amount, due_date=due_date, **card)
        return bill_id

    def pay(self, bill_id: str, amount: int, ago: int) -> None:
        self.happen("payment", ago, bill_id=bill_id, amount_cents=amount)

    def bounce(self, bill_id: str, amount: int, ago: int) -> None:
        self.happen("reversal", ago, bill_id=bill_id, amount_cents=amount)

    def paid_bill(self, bill_type: str, due_ago: int, days_late: int) -> None:
        """A bill of 50.00 paid in full, ``days_late`` days after (negative: before) it was due."""
        self.pay(self.bill(bill_type, 5000, due_ago), 5000, due_ago - days_late)

    def buy(self, ago: int, amount: int, *, order_id: str | None = None, **fields: Any) -> str:
        """One purchase. Returns order_id."""
        order_id = order_id or self.new_id("o")
        where = {"merchant_id": "corner shop", "category": "food"} | fields
        is_own_name = where.pop("is_own_name", None)
        paid = {"amount_cents": amount, "is_own_name": is_own_name}
        self.happen("purchase", ago, order_id=order_id, **where, **paid)
        return order_id

    def send_back(self, order_id: str, amount: int, ago: int) -> None:
        self.happen("refund", ago, order_id=order_id, amount_cents=amount)

    def charge_back(self, order_id: str, amount: int, ago: int) -> None:
        self.happen("chargeback", ago, order_id=order_id, amount_cents=amount)

    def start(self, due_ago: int, *, agreement_id: str | None = None) -> str:
        """One agreement, started 10 days before it is due. Returns agreement_id."""
        agreement_id = agreement_id or self.new_id("a")
        kind, due_date = self.rng.choice(SERVICE_TYPES), self.day_ago(due_ago)
        fields = {"agreement_id": agreement_id, "service_type": kind, "due_date": due_date}
        self.happen("started", due_ago + 10, **fields)
        return agreement_id

    def end(self, agreement_id: str, ago: int) -> None:
        self.happen("ended", ago, agreement_id=agreement_id)

    def breach(self, agreement_id: str, ago: int) -> None:
        self.happen("breached", ago, agreement_id=agreement_id)

    def befriend(self, other: str, ago: int) -> None:
        self.happen("added", ago, friend_id=other)

    def reach_out(self, other: str, ago: int) -> None:
        self.happen("contact", ago, friend_id=other)

    def talk(self, other: str, months: int) -> None:
        """Contact both ways in so many of the last 12 months, on the first or last day of each."""
        for month in self.rng.sample(range(12), months):
            self.reach_out(other, 30 * month + self.rng.choice((0, 29)))
            self.of(other).reach_out(self.who, 30 * month + self.rng.choice((0, 29)))

    def friend_of(self, other: str, months: int, age: int) -> None:
        """A plain tie with so many two-way months."""
        self.befriend(other, age)
        self.talk(other, months)

    # --- chance ---

    def new_id(self, kind: str) -> str:
        """An id that is new to the world and sorts unlike its age."""
        number = next(self.numbers)
        return f"{self.rng.choice(ID_PREFIXES)}{kind}{number}"

    def tied_ids(self, number: int) -> Sequence[str]:
        """New event ids in ascending order of their UTF-8 bytes, for events of one instant."""
        return sorted((self.new_id("e") for _ in range(number)), key=lambda name: name.encode())

    def near(self, *days: int) -> int:
        """One of the days, or the day before or after it."""
        return self.rng.choice(days) + self.rng.choice((-1, 0, 0, 1))

    def in_turn(self, options: Sequence[Option]) -> Option:
        """The options one after the other, beginning anywhere: none is left out for long."""
        turn = self.turns.setdefault(tuple(options), self.rng.randrange(len(options)))
        self.turns[tuple(options)] = turn + 1
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
        """The date ``ago`` days before D."""
        return self.as_of_date - timedelta(days=ago)

    def _arrival(self, day: date) -> date:
        days = arrival_days(self.as_of_date, self.known_on)
        possible = [arrival for arrival in days if arrival >= day]
        return self.rng.choice(possible) if self.chance(self.late_share) else possible[0]


Plot: TypeAlias = Callable[[Writer], None]
