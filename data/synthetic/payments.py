"""The payment log: bills and what is paid on them, bounced payments, transfers, deposits.

Few rows make most of the mess of a real feed: payments in two parts, parts that are all that ever
comes, payments that bounce and are made again, a little overpayment.
"""

from typing import Final

import numpy as np

from plainscore.synthetic.bills import Bills, bills_of_month
from plainscore.synthetic.months import SECONDS_PER_DAY, Month
from plainscore.synthetic.randomness import (
    OCTAVE,
    Flags,
    Ints,
    bell,
    lane,
    likely,
    pick,
    power_of_two,
)
from plainscore.synthetic.rows import NONE, Rows, event_numbers, rows_of, stack
from plainscore.synthetic.society import Society

EVENT_TYPES: Final = ("bill", "payment", "reversal", "transfer", "deposit")
BILL, PAYMENT, REVERSAL, TRANSFER, DEPOSIT = range(5)
_BILL_ROOM: Final = 10
"""Event numbers of one bill: itself and up to nine rows after it."""
_TRANSFER_STEP: Final = 1_000
_DEPOSIT_STEP: Final = 2_000


def payment_rows(society: Society, persons: Ints, month: Month) -> Rows:
    """Return the bills of `month`, all that is ever paid on them, transfers and deposits."""
    bills = bills_of_month(society, persons, month)
    return stack(
        [
            _issued(bills, month),
            *_paid(society, bills, month),
            _transfers(society, persons, month),
            _deposits(society, persons, month),
        ]
    )


def _issued(bills: Bills, month: Month) -> Rows:
    return rows_of(
        bill_event(bills, month, 0),
        person=bills.person,
        kind=BILL,
        # Bills go out between six and seven in the morning.
        time=bills.day * SECONDS_PER_DAY + 21_600 + bills.code % 3_600,
        bill=bill_event(bills, month, 0),
        bill_type=bills.bill_type,
        cents=bills.cents,
        due=bills.due_day,
        balance=bills.balance_cents,
        limit=bills.limit_cents,
    )


def bill_event(bills: Bills, month: Month, place: int) -> Ints:
    """Return the number of the bill's own event (place 0) or of one that follows it."""
    return event_numbers(bills.person, month.label, bills.bill_type * _BILL_ROOM + place)


def _paid(society: Society, bills: Bills, month: Month) -> list[Rows]:
    """Return the payments and reversals on the bills."""
    bits = society.dice.roll("payment.way", bills.code, month.number)
    second = 25_200 + pick(lane(bits, 0), 57_600)
    is_owed = bills.cents > 0
    is_paid = is_owed & (bills.settled_day != NONE)
    in_parts = likely(lane(bits, 1), 30_000) & (bills.cents > 1)
    rounded_up = (bills.cents + 999) // 1_000 * 1_000
    overpays = likely(lane(bits, 3), 6_000)
    part = np.where(in_parts, bills.cents * 2 // 5, 0)
    rest = np.where(overpays, rounded_up, bills.cents) - part
    wait = 2 + pick(lane(bits, 3), 9)
    settled = bills.settled_day
    # What bounces was paid some days before, comes back the next day, and is made good when
    # settled.
    bounces = is_paid & ~in_parts & likely(lane(bits, 2), 12_000) & (settled - wait >= bills.day)
    is_never = is_owed & (settled == NONE)
    early_part = np.where(is_paid, np.maximum(settled - wait, bills.day), bills.due_day + wait)
    has_part = in_parts & (is_paid | (is_never & likely(lane(bits, 0), 500_000)))
    only_part = is_never & ~has_part & likely(lane(bits, 0), 200_000)
    return [
        _on_bill(bills, month, has_part | only_part, 1, PAYMENT, early_part, second,
                 np.where(only_part, (bills.cents + 2) // 3, part)),
        _on_bill(bills, month, bounces, 2, PAYMENT, settled - wait, second, rest),
        _on_bill(bills, month, bounces, 3, REVERSAL, settled - wait + 1, second, rest),
        _on_bill(bills, month, is_paid, 4, PAYMENT, settled, second, rest),
    ]  # fmt: skip


def _on_bill(
    bills: Bills,
    month: Month,
    chosen: Flags,
    place: int,
    kind: int,
    day: Ints,
    second: Ints,
    cents: Ints,
) -> Rows:
    """Return one event each for the chosen bills."""
    some = bills.take(chosen)
    return rows_of(
        bill_event(some, month, place),
        person=some.person,
        kind=kind,
        time=(day * SECONDS_PER_DAY + second)[chosen],
        bill=bill_event(some, month, 0),
        cents=cents[chosen],
    )


def _transfers(society: Society, persons: Ints, month: Month) -> Rows:
    """Return money sent to people: mostly the same few friends, at times a stranger."""
    people, around = society.population, society.neighbourhoods
    bits = society.dice.roll("transfer", persons, month.number)
    sends = likely(lane(bits, 0), np.clip(170_000 + 40 * people.activity[persons], 10_000, 600_000))
    sends &= people.are_ordinary(persons)
    sender, bits = persons[sends], bits[sends]
    loyalty = np.clip(600_000 + 120 * people.reliability[sender], 100_000, 950_000)
    degree = around.start[sender + 1] - around.start[sender]
    usual = pick(lane(society.dice.roll("transfer.usual", sender, lane(bits, 1) & 1), 0), degree)
    other = pick(lane(bits, 2), degree)
    place = around.start[sender] + np.where(likely(lane(bits, 1), loyalty), usual, other)
    stranger = (sender + 1 + pick(lane(bits, 2), people.count - 1)) % people.count
    has_friends = degree > 0
    payee = stranger
    payee[has_friends] = around.friend[place[has_friends]]
    when = society.dice.roll("transfer.day", sender, month.number)
    day = month.first_day + pick(lane(when, 0), month.day_count)
    kept = society.has_account(sender, day) & (payee != sender)
    level = people.capacity[sender] * 450 // 1000 + bell(when) * 900 // 1000
    return rows_of(
        event_numbers(sender, month.label, _TRANSFER_STEP),
        person=sender,
        kind=TRANSFER,
        time=day * SECONDS_PER_DAY + pick(lane(when, 1), SECONDS_PER_DAY),
        cents=np.maximum((8_000 * power_of_two(level)).astype(np.int64), 100),
        counterparty=payee,
    ).take(kept)


def _deposits(society: Society, persons: Ints, month: Month) -> Rows:
    """Return what savers put aside on their usual day."""
    people = society.population
    habit = society.dice.roll("deposit.habit", persons)
    wants = np.clip(260_000 + 110 * people.reliability[persons], 20_000, 800_000)
    bits = society.dice.roll("deposit", persons, month.number)
    saves = likely(lane(habit, 0), wants) & likely(lane(bits, 0), 650_000)
    saves &= people.are_ordinary(persons)
    saver, habit, bits = persons[saves], habit[saves], bits[saves]
    day = month.first_day + pick(lane(habit, 1), 28)
    level = people.capacity[saver] * OCTAVE // 1000 + bell(bits) * 300 // 1000
    return rows_of(
        event_numbers(saver, month.label, _DEPOSIT_STEP),
        person=saver,
        kind=DEPOSIT,
        time=day * SECONDS_PER_DAY + 36_000 + pick(lane(bits, 1), 3_600),
        cents=(15_000 * power_of_two(level)).astype(np.int64) // 500 * 500 + 500,
    ).take(society.has_account(saver, day))
