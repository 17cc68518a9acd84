"""The purchase log: orders, refunds and chargebacks.

Targets (docs/method.md): the top 20 % of people make at least half of all purchases (log-normal
rates, deviation one), December runs at 1.6 to 2 times an ordinary month, January and February at
.75. About 100 purchases a person in 24 months.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.life_events import pressure
from plainscore.synthetic.months import SECONDS_PER_DAY, Month
from plainscore.synthetic.randomness import (
    OCTAVE,
    Flags,
    Ints,
    bell,
    high_half,
    lane,
    likely,
    pick,
    power_of_two,
)
from plainscore.synthetic.rows import NONE, Rows, event_numbers, rows_of, stack
from plainscore.synthetic.society import Society

EVENT_TYPES: Final = ("purchase", "refund", "chargeback")
PURCHASE, REFUND, CHARGEBACK = range(3)
CATEGORIES: Final = (
    "grocery",
    "fashion",
    "electronics",
    "household",
    "restaurant",
    "transport",
    "pharmacy",
    "beauty",
    "books",
    "games",
    "sports",
    "travel",
    "toys",
    "garden",
)
_PRICE_CENTS: Final = (
    2_600, 4_200, 11_000, 3_400, 2_200, 1_500, 1_800, 2_400, 1_900, 2_900, 4_500, 16_000, 2_700,
    3_900,
)  # fmt: skip
MERCHANT_COUNT: Final = 2_800
_SEASON_PERCENT: Final = (75, 75, 100, 100, 100, 100, 95, 95, 100, 105, 120, 185)
_TYPICAL_MONTHLY: Final = 3.0
_ACTIVITY_OCTAVES: Final = 1.45
_UNSTEADY_OCTAVES: Final = 0.55
_THIN_OCTAVES: Final = -4
_MOST_PER_MONTH: Final = 900
_FAVOURITES: Final = 6
_OWN_NAME_PPM: Final = 930_000
_REFUND_STEP: Final = 1_000
"""Event numbers within a month: purchases below the step, what follows them in steps above."""


@dataclass(frozen=True)
class _Orders:
    """Purchases of one month, of shape (orders,)."""

    person: Ints
    place: Ints
    day: Ints
    second: Ints
    merchant: Ints
    cents: Ints


def purchase_rows(society: Society, persons: Ints, month: Month) -> Rows:
    """Return every purchase of `month` with all that follows from it, later months included."""
    orders = _orders(society, persons, month)
    own_name = _own_name(society, orders, month)
    bought = rows_of(
        event_numbers(orders.person, month.label, orders.place),
        person=orders.person,
        kind=PURCHASE,
        time=orders.day * SECONDS_PER_DAY + orders.second,
        order=event_numbers(orders.person, month.label, orders.place),
        merchant=orders.merchant,
        category=orders.merchant % len(CATEGORIES),
        cents=orders.cents,
        own_name=own_name,
    )
    return stack([bought, *_sent_back(society, orders, month)])


def _monthly_counts(society: Society, persons: Ints, month: Month) -> Ints:
    """Return how often each person buys: heavy-tailed rate, season, pressure, restlessness."""
    people = society.population
    bits = society.dice.roll("purchase.count", persons, month.number)
    restless = 1_000 - 350 * people.reliability[persons] // 1000
    exponent = (
        people.activity[persons] * int(_ACTIVITY_OCTAVES * OCTAVE) // 1000
        + bell(bits) * np.maximum(restless, 200) // 1000 * int(_UNSTEADY_OCTAVES * OCTAVE) // 1000
        + pressure(society.dice, persons, month).spending
        + people.is_thin[persons] * (_THIN_OCTAVES * OCTAVE)
    )
    season = _SEASON_PERCENT[month.of_year - 1] / 100.0
    rate = _TYPICAL_MONTHLY * season * power_of_two(exponent)
    chance = lane(society.dice.roll("purchase.round", persons, month.number), 0) / 65_536.0
    count = np.minimum(np.floor(rate + chance), _MOST_PER_MONTH).astype(np.int64)
    return np.where(people.are_fake(persons), 0, count)


def _orders(society: Society, persons: Ints, month: Month) -> _Orders:
    count = _monthly_counts(society, persons, month)
    person = np.repeat(persons, count)
    place = np.arange(len(person)) - np.repeat(np.cumsum(count) - count, count)
    code = person * 1024 + place
    second = high_half(society.dice.roll("purchase.time", code, month.number))
    second = second * (month.day_count * SECONDS_PER_DAY) >> 32
    day = month.first_day + second // SECONDS_PER_DAY
    held = society.has_account(person, day)
    person, place, code = person[held], place[held], code[held]
    merchant = _merchants(society, person, code, month)
    price = society.dice.roll("purchase.price", code, month.number)
    exponent = bell(price) * 920 // 1000 + society.population.capacity[person] * 500 // 1000
    base = np.array(_PRICE_CENTS, dtype=np.float64)[merchant % len(CATEGORIES)]
    return _Orders(
        person=person,
        place=place,
        day=day[held],
        second=second[held] % SECONDS_PER_DAY,
        merchant=merchant,
        cents=np.maximum((base * power_of_two(exponent)).astype(np.int64), 50),
    )


def _merchants(society: Society, person: Ints, code: Ints, month: Month) -> Ints:
    """Return favourites of the person's (the steadier, the more) or shops popular with all."""
    bits = society.dice.roll("purchase.shop", code, month.number)
    loyalty = np.clip(480_000 + 130 * society.population.reliability[person], 50_000, 900_000)
    slot = pick(lane(bits, 1) * lane(bits, 1) >> 16, _FAVOURITES)
    liked = society.dice.roll("purchase.favourite", person * _FAVOURITES + slot)
    popular = np.where(likely(lane(bits, 0), loyalty), lane(liked, 0), lane(bits, 2))
    # Squaring makes small numbers likely: a few merchants are everyone's.
    return pick(popular * popular >> 16, MERCHANT_COUNT)


def _own_name(society: Society, orders: _Orders, month: Month) -> Ints:
    """Return 1 or 0, and NONE where the shop does not tell."""
    bits = society.dice.roll("purchase.name", orders.person * 1024 + orders.place, month.number)
    truth = np.clip(
        _OWN_NAME_PPM + 50 * society.population.reliability[orders.person], 300_000, 995_000
    )
    return np.where(likely(lane(bits, 1), 80_000), NONE, likely(lane(bits, 0), truth))


def _sent_back(society: Society, orders: _Orders, month: Month) -> list[Rows]:
    """Return refunds (one in three partial, some in two steps) and chargebacks."""
    code = orders.person * 1024 + orders.place
    bits = society.dice.roll("purchase.back", code, month.number)
    reliability = society.population.reliability[orders.person]
    more = society.dice.roll("purchase.back.how", code, month.number)
    is_back = likely(lane(bits, 0), np.clip(38_000 - 18 * reliability, 5_000, 200_000))
    is_part = likely(lane(more, 0), 330_000)
    share = np.where(is_part, 100 + pick(lane(more, 1), 400), 1_000)
    first = np.maximum(orders.cents * share // 1_000, 1)
    is_twice = is_back & is_part & likely(lane(more, 2), 200_000)
    second = np.minimum(orders.cents - first, first)
    is_charged = likely(lane(bits, 1), np.clip(2_000 - 2 * reliability, 200, 15_000)) & ~is_back
    wait = 2 + pick(lane(bits, 2), 20)
    longer = wait + 1 + pick(lane(bits, 3), 15)
    return [
        _after(orders, month, is_back, REFUND, first, wait, 1),
        _after(orders, month, is_twice & (second > 0), REFUND, second, longer, 2),
        _after(orders, month, is_charged, CHARGEBACK, orders.cents, longer + 5, 3),
    ]


def _after(
    orders: _Orders, month: Month, chosen: Flags, kind: int, cents: Ints, days: Ints, step: int
) -> Rows:
    """Return events that come `days` after the chosen orders, at the same time of day."""
    person, place = orders.person[chosen], orders.place[chosen]
    return rows_of(
        event_numbers(person, month.label, step * _REFUND_STEP + place),
        person=person,
        kind=kind,
        time=(orders.day + days)[chosen] * SECONDS_PER_DAY + orders.second[chosen],
        order=event_numbers(person, month.label, place),
        cents=cents[chosen],
    )
