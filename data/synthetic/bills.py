"""The bills of a month: who owes what, when, and how it is paid in the end.

Targets (docs/method.md): 3 to 5 % of instalments paid late, about 2 % never paid.
Both come from one persistent trait: the odds to be late halve about every 280 per mille of
reliability, and life events multiply them. A lender would call the result an ordinary unsecured
book.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.life_events import Pressure, pressure
from plainscore.synthetic.months import Month
from plainscore.synthetic.randomness import (
    OCTAVE,
    Flags,
    Ints,
    bell,
    lane,
    likely,
    odds_to_ppm,
    pick,
    power_of_two,
)
from plainscore.synthetic.rows import NONE
from plainscore.synthetic.society import Society

BILL_TYPES: Final = ("card", "loan", "instalment", "utility", "telecom", "rent")
CARD, LOAN, INSTALMENT, UTILITY, TELECOM, RENT = range(6)


@dataclass(frozen=True)
class _Product:
    """How one type of bill goes round.

    Attributes
    ----------
    held_ppm
        Share of ordinary people who have it; `held_slope` adds ppm per 1000 of capacity.
    every_months
        Months between bills.
    due_days
        Days from the bill to its due date.
    typical_cents
        Amount of a person of middling capacity.
    """

    held_ppm: int
    held_slope: int
    every_months: int
    due_days: int
    typical_cents: int


_PRODUCTS: Final = (
    _Product(520_000, 90_000, 1, 20, 42_000),
    _Product(150_000, 20_000, 1, 12, 21_000),
    _Product(380_000, 0, 1, 14, 6_500),
    _Product(640_000, 20_000, 3, 18, 14_000),
    _Product(600_000, 0, 2, 14, 4_200),
    _Product(130_000, -40_000, 1, 6, 68_000),
)
_PLAN_MONTHS: Final = (3, 6)
_PLAN_START_PPM: Final = 110_000
_LATE_EXPONENT: Final = -7.3
_NEVER_EXPONENT: Final = -9.2
_RELIABILITY_OCTAVES: Final = 3.6
# Days past due of a late payment: each bound with the share of late payments below it, in ppm.
_LATE_BOUNDS: Final = (1, 7, 15, 30, 60, 91)
_LATE_SHARES: Final = (0, 480_000, 660_000, 820_000, 930_000, 1_000_000)


@dataclass(frozen=True)
class Bills:
    """Bills issued in one month, of shape (bills,).

    Attributes
    ----------
    person, bill_type
        Whose, and a place in BILL_TYPES. A person has at most one bill of a type in a month.
    day, due_day
        Day numbers of issue and due date.
    cents, balance_cents, limit_cents
        Amount due; card bills also balance and credit limit, else (and sometimes) NONE.
    settled_day
        Day number on which the last of it is paid, NONE if that never happens.
    """

    person: Ints
    bill_type: Ints
    day: Ints
    due_day: Ints
    cents: Ints
    balance_cents: Ints
    limit_cents: Ints
    settled_day: Ints

    @property
    def code(self) -> Ints:
        """Person and type in one number, for draws and for event numbers."""
        return self.person * len(BILL_TYPES) + self.bill_type

    def take(self, chosen: Flags) -> "Bills":
        """Return the chosen bills."""
        return Bills(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def bills_of_month(society: Society, persons: Ints, month: Month) -> Bills:
    """Return all bills issued to the persons in `month`, with how they end."""
    weight = pressure(society.dice, persons, month)
    kinds = [
        _bills_of_type(society, persons, weight, month, bill_type)
        for bill_type in range(len(BILL_TYPES))
    ]
    bills = Bills(
        *(np.concatenate([getattr(k, name) for k in kinds]) for name in Bills.__dataclass_fields__)
    )
    return bills.take(society.has_account(bills.person, bills.day))


def _holders(society: Society, persons: Ints, bill_type: int) -> Flags:
    """Return who has the product; thin files have a telephone at most."""
    people, product = society.population, _PRODUCTS[bill_type]
    bits = society.dice.roll("bill.held", persons, bill_type)
    wanted = product.held_ppm + product.held_slope * people.capacity[persons] // 1000
    ordinary = people.are_ordinary(persons) & likely(lane(bits, 0), np.maximum(wanted, 0))
    if bill_type != TELECOM:
        return np.asarray(ordinary)
    # Whoever has neither utility nor credit in the house has at least a telephone.
    thin = people.is_thin[persons] & likely(lane(bits, 1), 250_000)
    others = [_holders(society, persons, other) for other in (CARD, LOAN, UTILITY)]
    bare = people.are_ordinary(persons) & ~np.logical_or.reduce(others)
    return np.asarray(ordinary | thin | bare)


def _is_billed(society: Society, persons: Ints, month: Month, bill_type: int) -> Flags:
    """Return who of the holders gets a bill this month."""
    if bill_type == INSTALMENT:
        return _has_running_plan(society, persons, month)
    every = _PRODUCTS[bill_type].every_months
    thin_too = np.where(society.population.is_thin[persons], 6, every)
    turn = lane(society.dice.roll("bill.turn", persons, bill_type), 0)
    return np.asarray((month.number + turn) % thin_too == 0)


def _has_running_plan(society: Society, persons: Ints, month: Month) -> Flags:
    """Return who is paying off a purchase in instalments: plans of three or six months."""
    running = np.zeros(len(persons), dtype=bool)
    for months_ago in range(max(_PLAN_MONTHS)):
        bits = society.dice.roll("bill.plan", persons, month.number - months_ago)
        length = np.array(_PLAN_MONTHS)[lane(bits, 1) & 1]
        running |= likely(lane(bits, 0), _PLAN_START_PPM) & (length > months_ago)
    return running


def _bills_of_type(
    society: Society, persons: Ints, weight: Pressure, month: Month, bill_type: int
) -> Bills:
    product = _PRODUCTS[bill_type]
    billed = _holders(society, persons, bill_type) & _is_billed(society, persons, month, bill_type)
    person = persons[billed]
    code = person * len(BILL_TYPES) + bill_type
    habit = society.dice.roll("bill.habit", code)
    day = month.first_day + pick(lane(habit, 0), 28)
    level = society.population.capacity[person] * 450 // 1000 + bell(habit) * 400 // 1000
    if bill_type not in (LOAN, RENT):
        level += bell(society.dice.roll("bill.amount", code, month.number)) * 250 // 1000
    cents = np.maximum((product.typical_cents * power_of_two(level)).astype(np.int64), 100)
    balance, limit = np.full(len(person), NONE), np.full(len(person), NONE)
    if bill_type == CARD:
        cents, balance, limit = _card_statement(society, person, weight.lateness[billed], month)
    return Bills(
        person=person,
        bill_type=np.full(len(person), bill_type),
        day=day,
        due_day=day + product.due_days,
        cents=cents,
        balance_cents=balance,
        limit_cents=limit,
        settled_day=_settled_days(
            society, code, person, weight.lateness[billed], month, day, product.due_days
        ),
    )


def _card_statement(
    society: Society, person: Ints, strain: Ints, month: Month
) -> tuple[Ints, Ints, Ints]:
    """Return amount due, balance and limit: the less reliable use more of a smaller limit."""
    people = society.population
    habit = society.dice.roll("card.habit", person)
    bits = society.dice.roll("card.month", person, month.number)
    level = people.capacity[person] * 700 // 1000 + bell(habit) * 300 // 1000
    limit = (2_400 * power_of_two(level)).astype(np.int64) * 10_000 // 100
    usage = 280_000 - 130 * people.reliability[person] + 120 * bell(habit) + 90 * bell(bits)
    usage = np.clip(usage + 40 * strain, 0, 1_250_000)
    balance = limit * usage // 1_000_000
    pays_in_full = likely(
        lane(habit, 2), np.clip(600_000 + 120 * people.reliability[person], 0, 10**6)
    )
    due = np.where(pays_in_full, balance, balance // 10)
    is_told = ~likely(lane(bits, 1), 50_000)
    return due, np.where(is_told, balance, NONE), np.where(is_told, limit, NONE)


def _settled_days(
    society: Society,
    code: Ints,
    person: Ints,
    strain: Ints,
    month: Month,
    day: Ints,
    due_days: int,
) -> Ints:
    """Return when each bill is paid: early by habit, late by bad luck, or never (NONE)."""
    reliability = society.population.reliability[person]
    bits = society.dice.roll("bill.paid", code, month.number)
    odds = strain - (reliability * int(_RELIABILITY_OCTAVES * OCTAVE)) // 1000
    is_never = likely(lane(bits, 0), odds_to_ppm(odds + int(_NEVER_EXPONENT * OCTAVE)))
    is_late = likely(lane(bits, 1), odds_to_ppm(odds + int(_LATE_EXPONENT * OCTAVE)))
    early = _days_early(society, person, lane(bits, 2), due_days)
    settled = day + due_days + np.where(is_late, _days_late(lane(bits, 3)), -early)
    return np.where(is_never, NONE, settled)


def _days_late(draw: Ints) -> Ints:
    """Spread late payments over 1 to 90 days, most of them within two weeks."""
    shares = np.array(_LATE_SHARES) * 65_536 // 1_000_000
    step = np.searchsorted(shares[1:], draw, side="right")
    low, high = np.array(_LATE_BOUNDS)[step], np.array(_LATE_BOUNDS)[step + 1]
    return np.asarray(
        low + (draw - shares[step]) * (high - low) // (shares[step + 1] - shares[step])
    )


def _days_early(society: Society, person: Ints, draw: Ints, due_days: int) -> Ints:
    """Two in five pay on the due date by standing order, others some days before."""
    habit = society.dice.roll("bill.early", person)
    usual = 3 + society.population.reliability[person] * 2 // 1000 + bell(habit) * 2 // 1000
    early = np.clip(usual + pick(draw, 4) - 1, 0, due_days - 1)
    return np.where(likely(lane(habit, 0), 400_000), 0, early)
