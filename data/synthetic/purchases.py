"""The purchase log: orders, refunds and chargeback events.

Targets (method.md): the top 20 % of people make at least half of all purchases (log-normal
rates: some buy every other day, some once a year), December runs at 1.6 to 2 times an ordinary
month, January and February at .75. A third of people shop at even intervals, the others at any
time. Most prices end as shops write them. About 90 purchases a person in 24 months.
"""

from typing import Final

import numpy as np

from plainscore.synthetic.chance import OCTAVE, Flags, Ints, Roll, likely, pick, power_of_two
from plainscore.synthetic.people import SPENDING, pressure
from plainscore.synthetic.rows import (
    NONE,
    SECONDS_PER_DAY,
    SHOPPING,
    Month,
    Rows,
    repeat,
    rows_of,
    stack,
)
from plainscore.synthetic.world import World

EVENT_TYPES: Final = ("purchase", "refund", "chargeback")
PURCHASE, REFUND, CHARGEBACK = range(3)
_PRICE_CENTS: Final = {
    "grocery": 2_600,
    "fashion": 4_200,
    "electronics": 11_000,
    "household": 3_400,
    "restaurant": 2_200,
    "transport": 1_500,
    "pharmacy": 1_800,
    "beauty": 2_400,
    "books": 1_900,
    "games": 2_900,
    "sports": 4_500,
    "travel": 16_000,
    "toys": 2_700,
    "garden": 3_900,
}
"""A typical price by category."""
CATEGORIES: Final = tuple(_PRICE_CENTS)
MERCHANT_COUNT: Final = 2_800
_SEASON_PERCENT: Final = (75, 75, 100, 100, 100, 100, 95, 95, 100, 105, 120, 185)
_TYPICAL_MONTHLY: Final = 2.0
_ACTIVITY_OCTAVES: Final = 1.7
_UNSTEADY_OCTAVES: Final = 0.55
_THIN_OCTAVES: Final = -4
_DORMANT_OCTAVES: Final = -12
_REGULAR_PPM: Final = 330_000
# The last two digits of a price, by the sixteenth that is drawn; the rest stay as they are.
_ENDINGS: Final = (99, 99, 99, 99, 95, 95, 49, 50, 90, 0, 0)
_MOST_PER_MONTH: Final = 900
_FAVOURITES: Final = 6
_OWN_NAME_PPM: Final = 930_000
_REFUND_STEP: Final = 1_000
"""Event numbers within a month: purchases below the step, what follows them in steps above."""


def purchase_rows(world: World, persons: Ints, month: Month) -> Rows:
    """Return every purchase of `month` with all that follows from it, later months included."""
    person, place = repeat(persons, _monthly_counts(world, persons, month))
    time = _times(world, person, place, month)
    bought = world.with_account(rows_of(person, month.label, place, PURCHASE, time))
    person, number = bought["person"], bought["event"]
    code = _code(person, number)
    merchant = _merchants(world, person, code, month)
    category = merchant % len(CATEGORIES)
    price = world.dice.roll("purchase.price", code, month.number)
    exponent = price.bell() * 920 // 1000 + world.population.capacity[person] * 500 // 1000
    base = np.array([*_PRICE_CENTS.values()], dtype=np.float64)[category]
    bits = world.dice.roll("purchase.name", code, month.number)
    cents = _as_priced(np.maximum((base * power_of_two(exponent)).astype(np.int64), 50), bits)
    truth = np.clip(_OWN_NAME_PPM + 50 * world.population.reliability[person], 300_000, 995_000)
    own_name = np.where(bits.likely(1, 80_000), NONE, bits.likely(0, truth))
    bought = bought.replaced(order=number, merchant=merchant, category=category)
    bought = bought.replaced(cents=cents, own_name=own_name)
    return stack([bought, *_sent_back(world, bought, month)])


def _times(world: World, person: Ints, place: Ints, month: Month) -> Ints:
    """Return when each purchase is made; the regular spread theirs evenly over the month."""
    bits = world.dice.roll("purchase.time", _code(person, place), month.number)
    is_regular = world.dice.roll("purchase.regular", person).likely(0, _REGULAR_PPM)
    # As repeat() leaves them, a person's purchases are together and the last place is the count.
    is_last = np.append(person[1:] != person[:-1], True)[: len(person)]
    last = np.flatnonzero(is_last)
    count = np.repeat(place[last] + 1, np.diff(last, prepend=-1))
    even = (place * 65_536 + bits.lane(0)) // count
    return SHOPPING.time(month, np.where(is_regular, even, bits.lane(0)), bits.lane(1))


def _as_priced(cents: Ints, bits: Roll) -> Ints:
    """Return prices as shops write them: most end in .99, .95, .49 or are round."""
    ending = np.array([*_ENDINGS, *(-1,) * (16 - len(_ENDINGS))])[bits.pick(2, 16)]
    whole = cents // 100 * 100
    return np.where((ending >= 0) & (cents >= 100), whole + ending, cents)


def _code(person: Ints, event: Ints) -> Ints:
    """Return a person and the place of a purchase in a month in one number, for draws."""
    return person * 1024 + event % _REFUND_STEP


def _monthly_counts(world: World, persons: Ints, month: Month) -> Ints:
    """Return how often each person buys: heavy-tailed rate, season, pressure, restlessness."""
    people = world.population
    bits = world.dice.roll("purchase.count", persons, month.number)
    restless = 1_000 - 350 * people.reliability[persons] // 1000
    exponent = (
        people.activity[persons] * int(_ACTIVITY_OCTAVES * OCTAVE) // 1000
        + bits.bell() * np.maximum(restless, 200) // 1000 * int(_UNSTEADY_OCTAVES * OCTAVE) // 1000
        + pressure(world.dice, persons, month, SPENDING)
        + people.is_thin[persons] * (_THIN_OCTAVES * OCTAVE)
        + world.are_dormant(persons, month) * (_DORMANT_OCTAVES * OCTAVE)
    )
    season = _SEASON_PERCENT[month.of_year - 1] / 100.0
    rate = _TYPICAL_MONTHLY * season * power_of_two(exponent)
    chance = world.dice.roll("purchase.round", persons, month.number).lane(0) / 65_536.0
    count = np.minimum(np.floor(rate + chance), _MOST_PER_MONTH).astype(np.int64)
    return np.where(people.are_fake(persons), 0, count)


def _merchants(world: World, person: Ints, code: Ints, month: Month) -> Ints:
    """Return favourites of the person's (the steadier, the more) or shops popular with all."""
    bits = world.dice.roll("purchase.shop", code, month.number)
    loyalty = np.clip(480_000 + 130 * world.population.reliability[person], 50_000, 900_000)
    slot = bits.pick_small(1, _FAVOURITES)
    liked = world.dice.roll("purchase.favourite", person * _FAVOURITES + slot)
    popular = np.where(bits.likely(0, loyalty), liked.lane(0), bits.lane(2))
    # Squaring makes small numbers likely: a few merchants are everyone's.
    return pick(popular * popular >> 16, MERCHANT_COUNT)


def _sent_back(world: World, bought: Rows, month: Month) -> list[Rows]:
    """Return refunds (one in three partial, some in two steps) and chargeback events."""
    person, order, cents = bought["person"], bought["order"], bought["cents"]
    bits = world.dice.roll("purchase.back", _code(person, order), month.number)
    more = world.dice.roll("purchase.back.how", _code(person, order), month.number)
    reliability = world.population.reliability[person]
    refunds = world.settings.shape.refunds
    is_back = bits.likely(0, np.clip(refunds * (1_000 - reliability // 2) // 1_000, 5_000, 400_000))
    is_part = more.likely(0, 330_000)
    share = np.where(is_part, 100 + more.pick(1, 400), 1_000)
    first = np.maximum(cents * share // 1_000, 1)
    second = np.minimum(cents - first, first)
    is_twice = is_back & is_part & more.likely(2, 200_000) & (second > 0)
    is_charged = bits.likely(1, np.clip(2_000 - 2 * reliability, 200, 15_000)) & ~is_back
    # Some shops take back without a receipt: the refund names them instead of the order.
    without_order = world.settings.shape.refunds_without_order
    has_order = ~likely(more.lane(3), without_order)
    named = {
        "order": np.where(has_order, order, NONE),
        "merchant": np.where(has_order, NONE, bought["merchant"]),
    }
    wait = 2 + bits.pick(2, 20)
    longer = wait + 1 + bits.pick(3, 15)

    def after(step: int, kind: int, chosen: Flags, days: Ints, **fields: Ints) -> Rows:
        time = bought["time"] + days * SECONDS_PER_DAY
        step *= _REFUND_STEP
        return bought.follow(chosen, step, kind=kind, time=time, **fields)

    return [
        after(1, REFUND, is_back, wait, cents=first, **named),
        after(2, REFUND, is_twice, longer, cents=second, **named),
        after(3, CHARGEBACK, is_charged, longer + 5, cents=cents, order=order),
    ]
