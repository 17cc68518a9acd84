"""Money that comes in and what is left of it: income, account statements, and how short people are.

What is in an account follows from a lasting habit, from chance that fades over four months and from
life events. A monthly statement shows it; who is short in one month pays late, or not at all, in
the next. So low and negative balances come before unpaid bills, and cause them.

Most earn a salary from one employer; some live from jobs of irregular size, some from benefits. A
job loss stops a salary for as long as it lasts; benefits take its place from the second month.
"""

from functools import cache
from typing import Final

import numpy as np

from plainscore.synthetic.chance import OCTAVE, Dice, Ints, Roll, power_of_two
from plainscore.synthetic.people import JOB_LOSS, MONEY, Population, onsets, populate, pressure
from plainscore.synthetic.rows import BANKING, SECONDS_PER_DAY, Month, Rows, repeat, rows_of, stack
from plainscore.synthetic.world import World

INCOME, BALANCE = 5, 6
"""Places among the event types of the payment log."""
NOTHING_LEFT: Final = 1 << 44
"""What stands for a balance of 0, so that what is below it is no NONE."""
SALARY, IRREGULAR, BENEFITS, UNSEEN = range(4)
INCOME_KINDS: Final = ("salary", "irregular", "benefits", "unseen")
_BENEFITS_PPM: Final = 180_000
_UNSEEN_PPM: Final = 100_000
"""Share of people whose income the log does not show."""
_EMPLOYERS: Final = 900
_PLATFORMS: Final = 40
_BENEFITS_OFFICE: Final = _EMPLOYERS + _PLATFORMS
_SPELL_MONTHS: Final = 40
_TYPICAL_CENTS: Final = 210_000
_HAS_STATEMENTS_PPM: Final = 800_000
_FADING: Final = (520, 400, 300, 200)
"""Weights of this month's chance and of that of the three months before, per mille."""
_SHORT_BELOW: Final = -700
_MOST_SHORT: Final = 2_500
_INCOMES_KEPT: Final = 2.0
"""Month's incomes in an ordinary account, before what is taken off for overdrafts."""
_INCOME_STEP, _BALANCE_STEP = 3_000, 4_000


def income_kinds(world: World, persons: Ints) -> Ints:
    """Return how each person earns, a place in INCOME_KINDS; fakes earn nothing."""
    draw = world.dice.roll("income.kind", persons).lane(0)
    irregular = world.settings.shape.irregular_income
    edges = np.cumsum([_UNSEEN_PPM, irregular, _BENEFITS_PPM]) * 65_536 // 1_000_000
    place = np.searchsorted(edges, draw, side="right")
    kinds = np.array([UNSEEN, IRREGULAR, BENEFITS, SALARY])[place]
    return np.where(world.population.are_fake(persons), UNSEEN, kinds)


def _habit(dice: Dice, population: Population, persons: Ints) -> Ints:
    """Return what people usually have left, per mille of a deviation."""
    own = dice.roll("account.habit", persons).bell()
    traits = 420 * population.capacity[persons] + 480 * population.reliability[persons]
    return np.asarray((traits + 500 * own) // 1000)


def _money_left(dice: Dice, population: Population, persons: Ints, month: Month) -> Ints:
    """Return how well off people are in `month`, per mille: mean 0, deviation 1200."""
    level = _habit(dice, population, persons)
    for months_ago, weight in enumerate(_FADING):
        chance = dice.roll("account.chance", persons, month.number - months_ago).bell()
        level = level + chance * weight // 1000
    return level + pressure(dice, persons, month, MONEY) * 1000 // OCTAVE


def _lowest_of_month(level: Ints, bits: Roll) -> Ints:
    """Return how low an account gets in a month whose statement shows a level."""
    return level - 250 + bits.bell() * 200 // 1000


@cache
def _overdrawn_below(share_ppm: int) -> int:
    """Return below what level accounts are overdrawn, so that they are in a share of months."""
    people = populate(Dice(0), 1 << 12, 0)
    level = _money_left(Dice(0), people, people.everyone, Month(24_000))
    lowest = np.minimum(level, _lowest_of_month(level, Dice(0).roll("lowest", people.everyone)))
    return int(np.sort(lowest)[len(level) * share_ppm // 1_000_000])


def shortage(world: World, persons: Ints, month: Month) -> Ints:
    """Return how short people are when `month` begins, per mille: 0 for three in four."""
    before = _money_left(world.dice, world.population, persons, Month(month.number - 1))
    return np.clip(_SHORT_BELOW - before, 0, _MOST_SHORT)


def _monthly_cents(world: World, persons: Ints) -> Ints:
    """Return a usual month's income."""
    own = world.dice.roll("income.level", persons).bell()
    level = world.population.capacity[persons] * 600 // 1000 + own * 250 // 1000
    return (_TYPICAL_CENTS * power_of_two(level)).astype(np.int64)


def account_rows(world: World, persons: Ints, month: Month) -> Rows:
    """Return income and account statements of `month`."""
    kinds = income_kinds(world, persons)
    is_out = _out_of_work(world, persons, month)
    works = (kinds == SALARY) & (is_out == 0)
    on_benefits = (kinds == BENEFITS) | ((kinds == SALARY) & (is_out > 1))
    parts = [
        _salaries(world, persons[works], month),
        _benefits(world, persons[on_benefits], kinds[on_benefits], month),
        _irregular(world, persons[kinds == IRREGULAR], month),
        *_statements(world, persons, month),
    ]
    return world.with_account(stack(parts))


def _out_of_work(world: World, persons: Ints, month: Month) -> Ints:
    """Return for how many months, this one included, people have had no work; 0 if they do."""
    out = np.zeros(len(persons), dtype=np.int64)
    for months_ago in range(4):
        lost = onsets(world.dice, persons, Month(month.number - months_ago))
        is_out = (lost["kind"] == JOB_LOSS) & (lost["months"] > months_ago)
        out = np.where(is_out, months_ago + 1, out)
    return out


def _income(
    month: Month, person: Ints, within: Ints | int, day: Ints, cents: Ints, source: Ints | int
) -> Rows:
    """Return income events, paid in the early morning."""
    time = day * SECONDS_PER_DAY + 14_400 + person % 7_200
    step = _INCOME_STEP + within
    rows = rows_of(person, month.label, step, INCOME, time, cents=cents, source=source)
    return rows.take(cents > 0)


def _on_workday(month: Month, day: Ints) -> Ints:
    """Return days of a month; for those of a weekend the Friday before, or the Monday after it."""
    weekday = (day - 4) % 7
    friday = day - np.maximum(weekday - 4, 0)
    return np.where(friday < month.first_day, friday + 3, friday)


def _salaries(world: World, person: Ints, month: Month) -> Rows:
    """Return salaries: the same day, an amount as even as the hours are, more in December."""
    habit = world.dice.roll("income.habit", person)
    bits = world.dice.roll("income.month", person, month.number)
    spell = (month.number + habit.pick(1, _SPELL_MONTHS)) // _SPELL_MONTHS
    employer = world.dice.roll("income.employer", person, spell)
    # Hours vary by nothing to a third of a month's pay.
    unevenness = habit.pick_small(2, 330)
    hours = np.maximum(1_000_000 + bits.bell() * unevenness, 200_000)
    cents = _monthly_cents(world, person) * hours // 1_000_000
    if month.of_year == 12:
        cents = np.where(employer.likely(1, 300_000), cents * 3 // 2, cents)
    # Half are paid in the last third of the month, the others on any day of it.
    late = 19 + habit.pick(0, month.day_count - 19)
    payday = np.where(habit.likely(3, 500_000), late, habit.pick(0, month.day_count))
    day = _on_workday(month, month.first_day + payday)
    return _income(month, person, 0, day, cents, employer.pick_small(0, _EMPLOYERS))


def _benefits(world: World, person: Ints, kind: Ints, month: Month) -> Rows:
    """Return benefits: less than a salary, always the same, from one office."""
    cents = _monthly_cents(world, person) * 13 // 20 // 100 * 100
    cents = np.where(kind == SALARY, np.minimum(cents, 150_000), cents)
    day = month.first_day + person % 30 * month.day_count // 30
    return _income(month, person, 1, _on_workday(month, day), cents, _BENEFITS_OFFICE)


def _irregular(world: World, persons: Ints, month: Month) -> Rows:
    """Return none to four payments of uneven size on any day, from one to three platforms."""
    draw = world.dice.roll("income.jobs", persons, month.number)
    person, place = repeat(persons, draw.pick(0, 5))
    bits = world.dice.roll("income.job", person * 8 + place, month.number)
    level = bits.bell() * 700 // 1000
    cents = (_monthly_cents(world, person) * 2 // 5 * power_of_two(level)).astype(np.int64)
    platform = world.dice.roll("income.platform", person, bits.pick_small(0, 3))
    # Spread evenly, so that no two draws are of the same lane.
    day = BANKING.day(month, (place * 16_384 + bits.lane(1) // 4) & 0xFFFF)
    source = _EMPLOYERS + platform.pick(0, _PLATFORMS)
    return _income(month, person, 2 + place, day, cents, source)


def _statements(world: World, persons: Ints, month: Month) -> tuple[Rows, Rows]:
    """Return the statement of each one's day, and one more of a day on which it is overdrawn."""
    people = world.population
    seen = world.dice.roll("account.seen", persons)
    has_statements = seen.likely(0, _HAS_STATEMENTS_PPM) & ~people.are_fake(persons)
    person, seen = persons[has_statements], seen[has_statements]
    income = _monthly_cents(world, person)
    level = _money_left(world.dice, people, person, month)
    bits = world.dice.roll("account.day", person, month.number)
    debt = power_of_two(np.array([_overdrawn_below(world.settings.shape.overdraft) * 900 // 1000]))

    def statement(place: int, day: Ints, level: Ints) -> Rows:
        kept = _INCOMES_KEPT * (power_of_two(level * 900 // 1000) - debt)
        account = NOTHING_LEFT + np.floor(income * kept).astype(np.int64)
        time = day * SECONDS_PER_DAY + 75_600 + person % 7_200
        step = _BALANCE_STEP + place
        return rows_of(person, month.label, step, BALANCE, time, account=account)

    lowest = statement(
        0, month.first_day + bits.pick(0, month.day_count), _lowest_of_month(level, bits)
    )
    usual = statement(1, month.first_day + seen.pick(1, month.day_count), level)
    return lowest.take(lowest["account"] < NOTHING_LEFT), usual
