"""The payment log: bills, how each ends, what is paid on it, transfers and deposits.

Two things make bills late. Habit: some pay a few days after the due date as a rule, most often
cards and invoices (targets.toml). Trouble: for up to three months on end a person pays hardly any
bill in time, half of them never. The odds of trouble follow reliability, life events, an account
that was low at the end of the month before, and a pause from all shopping; who has no card and no
loan to fall back on is in trouble a little more easily. Targets (method.md): 3 to 5 % of
instalments paid late, about 2 % never paid.

Few rows make most of the disorder of a real feed: payments in two parts, parts that are all that
ever comes, payments that bounce and are made again, a little overpayment.
"""

from typing import Final, NamedTuple

import numpy as np

from plainscore.synthetic.accounts import account_rows, shortage
from plainscore.synthetic.chance import (
    OCTAVE,
    Flags,
    Ints,
    likely,
    odds_for,
    odds_to_ppm,
    pick,
    power_of_two,
)
from plainscore.synthetic.people import LATENESS, pressure
from plainscore.synthetic.rows import BANKING, NONE, SECONDS_PER_DAY, Month, Rows, rows_of, stack
from plainscore.synthetic.world import World

EVENT_TYPES: Final = ("bill", "payment", "reversal", "transfer", "deposit", "income", "balance")
BILL, PAYMENT, REVERSAL, TRANSFER, DEPOSIT = range(5)
BILL_TYPES: Final = ("card", "loan", "instalment", "utility", "telecom", "rent", "invoice")
CARD, LOAN, INSTALMENT, UTILITY, TELECOM, RENT, INVOICE = range(7)


class _Product(NamedTuple):
    """What is behind one type of bill."""

    held_ppm: int  # share of ordinary people who have it
    held_slope: int  # ppm more per 1000 of capacity
    every_months: int
    due_days: int  # from the bill to its due date
    typical_cents: int  # amount of a person of medium capacity


_PRODUCTS: Final = {
    CARD: _Product(520_000, 90_000, 1, 20, 42_000),
    LOAN: _Product(150_000, 20_000, 1, 12, 21_000),
    INSTALMENT: _Product(380_000, 0, 1, 14, 6_500),
    UTILITY: _Product(640_000, 20_000, 3, 18, 14_000),
    TELECOM: _Product(500_000, 0, 1, 14, 3_200),
    RENT: _Product(130_000, -40_000, 1, 6, 68_000),
    INVOICE: _Product(160_000, 20_000, 2, 30, 19_000),
}
_PLAN_MONTHS: Final = (3, 6)
_PLAN_START_PPM: Final = 110_000
_HABIT_SPREAD: Final = 3 * OCTAVE
"""1/1024 octaves of the odds to pay late, from one deviation of people to the next."""
_TROUBLE_SPREAD: Final = 3 * OCTAVE
_TROUBLE_LEVEL: Final = -1_400
_RELIABILITY_OCTAVES: Final = 2.7
_SHORTAGE_OCTAVES: Final = 2.0
_DORMANT_OCTAVES: Final = 1.0
_BARE_OCTAVES: Final = 0.3
_THIN_OCTAVES: Final = 0.4
_TROUBLE_MONTHS: Final = 3
_NEVER_PPM, _LONG_LATE_PPM = 500_000, 430_000
"""Shares of the bills in trouble that are never paid, and paid 30 days late or later."""
_LATE_DAYS: Final = ((1, 0), (4, 450_000), (8, 720_000), (15, 900_000), (30, 1_000_000))
_LONG_LATE_DAYS: Final = ((30, 0), (45, 500_000), (60, 750_000), (91, 1_000_000))
"""Bounds of the days past due, each with the share of payments below it, in ppm."""
_BILL_ROOM: Final = 10
"""Event numbers of one bill: its own and up to nine of rows that follow."""
_TRANSFER_STEP: Final = 1_000
_DEPOSIT_STEP: Final = 2_000


def bills_of_month(world: World, persons: Ints, month: Month) -> Rows:
    """Return all bills issued to the persons in `month`, with how they end.

    They are events of the log; `settled` is the day number on which the last of a bill is paid,
    NONE if that never happens. A person has at most one bill of a type in a month.
    """
    payers = _payers(world, persons, month)
    bills = [_bills_of_type(world, payers, month, bill_type) for bill_type in _PRODUCTS]
    return world.with_account(stack(bills))


def _payers(world: World, persons: Ints, month: Month) -> Rows:
    """Return how the persons pay in `month`.

    `strain` is by how much circumstances raise the odds of trouble, in 1/1024 octaves; `trouble`
    is 1 for who can hardly pay any bill, where one draw decides three months on end; `habit` is how
    late they pay as a rule, per mille of a deviation.
    """
    reliability = world.population.reliability[persons]
    strain = pressure(world.dice, persons, month, LATENESS)
    strain += shortage(world, persons, month) * int(_SHORTAGE_OCTAVES * OCTAVE) // 1000
    strain += world.are_dormant(persons, month) * int(_DORMANT_OCTAVES * OCTAVE)
    share = world.settings.shape.never_paid * 1_000_000 // _NEVER_PPM
    odds = odds_for(share, _TROUBLE_SPREAD) + _TROUBLE_LEVEL + strain
    odds -= reliability * int(_RELIABILITY_OCTAVES * OCTAVE) // 1000
    is_bare = ~(_holders(world, persons, CARD) | _holders(world, persons, LOAN))
    odds += is_bare * int(_BARE_OCTAVES * OCTAVE)
    odds += world.population.is_thin[persons] * int(_THIN_OCTAVES * OCTAVE)
    block = (month.number + persons) // _TROUBLE_MONTHS
    trouble = world.dice.roll("bill.trouble", persons, block).likely(0, odds_to_ppm(odds))
    own = world.dice.roll("late.habit", persons).bell()
    return Rows({"person": persons, "strain": strain}).replaced(
        trouble=trouble.astype(np.int64), habit=(560 * own - 600 * reliability) // 1000
    )


def _holders(world: World, persons: Ints, bill_type: int) -> Flags:
    """Return who has the product; thin files have a telephone at most."""
    people, product = world.population, _PRODUCTS[bill_type]
    bits = world.dice.roll("bill.held", persons, bill_type)
    wanted = product.held_ppm + product.held_slope * people.capacity[persons] // 1000
    ordinary = people.are_ordinary(persons) & bits.likely(0, np.maximum(wanted, 0))
    if bill_type != TELECOM:
        return np.asarray(ordinary)
    # Who has neither utility nor credit has at least a telephone.
    thin = people.is_thin[persons] & bits.likely(1, 500_000)
    credit = _holders(world, persons, CARD) | _holders(world, persons, LOAN)
    return np.asarray(ordinary | thin | (people.are_ordinary(persons) & ~credit))


def _is_billed(world: World, persons: Ints, month: Month, bill_type: int) -> Flags:
    """Return who of the holders gets a bill this month."""
    if bill_type != INSTALMENT:
        every = np.where(world.population.is_thin[persons], 2, _PRODUCTS[bill_type].every_months)
        turn = world.dice.roll("bill.turn", persons, bill_type).lane(0)
        return np.asarray((month.number + turn) % every == 0)
    # Purchases are paid off in plans of three or six months.
    running = np.zeros(len(persons), dtype=bool)
    for months_ago in range(max(_PLAN_MONTHS)):
        bits = world.dice.roll("bill.plan", persons, month.number - months_ago)
        length = np.array(_PLAN_MONTHS)[bits.lane(1) & 1]
        running |= bits.likely(0, _PLAN_START_PPM) & (length > months_ago)
    return running


def _bills_of_type(world: World, payers: Rows, month: Month, bill_type: int) -> Rows:
    product, persons = _PRODUCTS[bill_type], payers["person"]
    billed = _holders(world, persons, bill_type) & _is_billed(world, persons, month, bill_type)
    payers = payers.take(billed)
    person = payers["person"]
    code = _code(person, bill_type)
    habit = world.dice.roll("bill.habit", code)
    day = month.first_day + habit.pick(0, month.day_count)
    due = day + product.due_days
    level = world.population.capacity[person] * 450 // 1000 + habit.bell() * 400 // 1000
    if bill_type not in (LOAN, RENT):
        level += world.dice.roll("bill.amount", code, month.number).bell() * 250 // 1000
    cents = np.maximum((product.typical_cents * power_of_two(level)).astype(np.int64), 100)
    amounts: dict[str, Ints | int] = {"cents": cents, "balance": NONE, "limit": NONE}
    if bill_type == CARD:
        amounts = _card_statement(world, person, payers["strain"], month)
    morning = 21_600 + code % 3_600  # between six and seven
    settled = _settled_days(world, payers, month, bill_type, due)
    time, within = day * SECONDS_PER_DAY + morning, bill_type * _BILL_ROOM
    bills = rows_of(person, month.label, within, BILL, time, bill_type=bill_type, **amounts)
    return bills.replaced(bill=bills["event"], due=due, settled=settled)


def _code(person: Ints, bill_type: Ints | int) -> Ints:
    """Return person and type in one number, for draws."""
    return person * len(BILL_TYPES) + bill_type


def _card_statement(
    world: World, person: Ints, strain: Ints, month: Month
) -> dict[str, Ints | int]:
    """Return amount due, balance and limit: the less reliable use more of a smaller limit."""
    people = world.population
    habit = world.dice.roll("card.habit", person)
    bits = world.dice.roll("card.month", person, month.number)
    level = people.capacity[person] * 700 // 1000 + habit.bell() * 300 // 1000
    limit = (2_400 * power_of_two(level)).astype(np.int64) * 10_000 // 100
    usage = 280_000 - 130 * people.reliability[person] + 120 * habit.bell() + 90 * bits.bell()
    usage = np.clip(usage + 40 * strain, 0, 1_250_000)
    balance = limit * usage // 1_000_000
    in_full_ppm = np.clip(450_000 + 120 * people.reliability[person], 0, 10**6)
    cents = np.where(habit.likely(2, in_full_ppm), balance, balance // 10)
    is_unstated = bits.likely(1, 50_000)
    stated = {"balance": balance, "limit": limit}
    return {"cents": cents} | {n: np.where(is_unstated, NONE, x) for n, x in stated.items()}


def _settled_days(world: World, payers: Rows, month: Month, bill_type: int, due: Ints) -> Ints:
    """Return when each bill is paid: by habit, in trouble very late or never (NONE)."""
    shape, person = world.settings.shape, payers["person"]
    code = _code(person, bill_type)
    bits = world.dice.roll("bill.paid", code, month.number)
    in_trouble = payers["trouble"] > 0
    is_never = in_trouble & bits.likely(0, _NEVER_PPM)
    is_long_late = in_trouble & likely(65_535 - bits.lane(0), _LONG_LATE_PPM)
    late_ppm, on_day_ppm = shape.instalment_late, shape.on_day
    if bill_type == INVOICE:
        late_ppm, on_day_ppm = shape.invoice_late, shape.invoice_on_day
    elif bill_type in (CARD, UTILITY, TELECOM):
        late_ppm = shape.card_late if bill_type == CARD else shape.utility_late
    own = world.dice.roll("late.bill", code)
    habit = payers["habit"] + 560 * own.bell() // 1000
    usual_odds = odds_for(late_ppm * 1_000 // (1_000 - on_day_ppm // 1_000), _HABIT_SPREAD)
    # Who is short pays late more often, too.
    odds = usual_odds + _HABIT_SPREAD * habit // 1000 + payers["strain"] // 4
    is_late = bits.likely(1, odds_to_ppm(odds))
    early = _days_early(world, person, bits.lane(2), _PRODUCTS[bill_type].due_days)
    usual = due + np.where(is_late, _spread(_LATE_DAYS, bits.lane(3)), -early)
    # A standing order is for good; an invoice is paid on its day by chance.
    order = bits.lane(3) ^ 0x3C3C if bill_type == INVOICE else own.lane(0)
    usual = np.where(likely(order, on_day_ppm), due, usual)
    settled = np.where(is_long_late, due + _spread(_LONG_LATE_DAYS, bits.lane(3)), usual)
    return np.where(is_never, NONE, settled)


def _spread(bounds: tuple[tuple[int, int], ...], draw: Ints) -> Ints:
    """Spread 16-bit draws over days, by shares below bounds."""
    days, shares = np.array(bounds).T
    shares = shares * 65_536 // 1_000_000
    step = np.searchsorted(shares[1:], draw, side="right")
    low, high = days[step], days[step + 1]
    return np.asarray(
        low + (draw - shares[step]) * (high - low) // (shares[step + 1] - shares[step])
    )


def _days_early(world: World, person: Ints, draw: Ints, due_days: int) -> Ints:
    """Return how many days before the due date people pay, at least one, by habit."""
    habit = world.dice.roll("bill.early", person)
    usual = 3 + world.population.reliability[person] * 2 // 1000 + habit.bell() * 2 // 1000
    return np.asarray(np.clip(usual + pick(draw, 4) - 1, 1, due_days - 1))


def payment_rows(world: World, persons: Ints, month: Month) -> Rows:
    """Return the bills of `month`, all that is ever paid on them, transfers and deposits."""
    bills = bills_of_month(world, persons, month)
    paid = _paid(world, bills, month)
    others = [make(world, persons, month) for make in (_transfers, _deposits, account_rows)]
    issued = Rows({name: bills[name] for name in bills.columns if name != "settled"})
    return stack([issued, *paid, *others])


def _paid(world: World, bills: Rows, month: Month) -> list[Rows]:
    """Return the payments and reversals on the bills."""
    code = _code(bills["person"], bills["bill_type"])
    bits = world.dice.roll("payment.way", code, month.number)
    second = BANKING.second(bits.lane(0))
    cents, settled, day = bills["cents"], bills["settled"], bills["time"] // SECONDS_PER_DAY
    is_owed = cents > 0
    is_paid = is_owed & (settled != NONE)
    in_parts = bits.likely(1, 30_000) & (cents > 1)
    rounded_up = (cents + 999) // 1_000 * 1_000
    part = np.where(in_parts, cents * 2 // 5, 0)
    # Half of those who owe a part of a card's balance pay more than that part.
    more = world.dice.roll("payment.more", code, month.number)
    beyond = np.minimum(cents * more.pick_small(1, 400) // 100, bills["balance"] - cents)
    beyond = np.where(more.likely(0, 500_000), np.maximum(beyond, 0), 0)
    rest = np.where(bits.likely(3, 6_000), rounded_up, cents) + beyond - part
    wait = 2 + bits.pick(3, 9)
    # What bounces was paid some days earlier, comes back the next day, and is paid when settled.
    bounces = is_paid & ~in_parts & bits.likely(2, 12_000) & (settled - wait >= day)
    is_never = is_owed & (settled == NONE)
    early_part = np.where(is_paid, np.maximum(settled - wait, day), bills["due"] + wait)
    has_part = in_parts & (is_paid | (is_never & bits.likely(0, 500_000)))
    only_part = is_never & ~has_part & bits.likely(0, 200_000)
    part = np.where(only_part, (cents + 2) // 3, part)

    def on_bill(place: int, kind: int, chosen: Flags, day: Ints, cents: Ints) -> Rows:
        time = day * SECONDS_PER_DAY + second
        return bills.follow(chosen, place, kind=kind, time=time, bill=bills["bill"], cents=cents)

    return [
        on_bill(1, PAYMENT, has_part | only_part, early_part, part),
        on_bill(2, PAYMENT, bounces, settled - wait, rest),
        on_bill(3, REVERSAL, bounces, settled - wait + 1, rest),
        on_bill(4, PAYMENT, is_paid, settled, rest),
    ]


def _transfers(world: World, persons: Ints, month: Month) -> Rows:
    """Return money sent to people: mostly the same few friends, at times a stranger."""
    people, around = world.population, world.neighbourhoods
    bits = world.dice.roll("transfer", persons, month.number)
    sends = bits.likely(0, np.clip(170_000 + 40 * people.activity[persons], 10_000, 600_000))
    sends &= people.are_ordinary(persons)
    sender, bits = persons[sends], bits[sends]
    loyalty = np.clip(450_000 + 120 * people.reliability[sender], 100_000, 950_000)
    degree = around.start[sender + 1] - around.start[sender]
    usual = world.dice.roll("transfer.usual", sender, bits.lane(1) & 1).pick(0, degree)
    other = bits.pick(2, degree)
    place = around.start[sender] + np.where(bits.likely(1, loyalty), usual, other)
    stranger = (sender + 1 + bits.pick(2, people.count - 1)) % people.count
    has_friends = degree > 0
    payee = stranger
    payee[has_friends] = around.friend[place[has_friends]]
    when = world.dice.roll("transfer.day", sender, month.number)
    day = BANKING.day(month, when.lane(0))
    level = people.capacity[sender] * 450 // 1000 + when.bell() * 900 // 1000
    cents = np.maximum((8_000 * power_of_two(level)).astype(np.int64), 100)
    time = day * SECONDS_PER_DAY + BANKING.second(when.lane(1))
    rows = rows_of(sender, month.label, _TRANSFER_STEP, TRANSFER, time, cents=cents)
    rows = rows.replaced(counterparty=payee).take(payee != sender)
    return world.with_account(rows)


def _deposits(world: World, persons: Ints, month: Month) -> Rows:
    """Return what savers put aside on their usual day."""
    people = world.population
    habit = world.dice.roll("deposit.habit", persons)
    wants = np.clip(260_000 + 110 * people.reliability[persons], 20_000, 800_000)
    bits = world.dice.roll("deposit", persons, month.number)
    saves = habit.likely(0, wants) & bits.likely(0, 650_000)
    saves &= people.are_ordinary(persons)
    saver, habit, bits = persons[saves], habit[saves], bits[saves]
    day = month.first_day + habit.pick(1, month.day_count)
    level = people.capacity[saver] * OCTAVE // 1000 + bits.bell() * 300 // 1000
    cents = (15_000 * power_of_two(level)).astype(np.int64) // 500 * 500 + 500
    time = day * SECONDS_PER_DAY + 36_000 + bits.pick(1, 3_600)
    rows = rows_of(saver, month.label, _DEPOSIT_STEP, DEPOSIT, time, cents=cents)
    return world.with_account(rows)
