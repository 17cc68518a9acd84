"""The seven features of the factor credit_history, of one person."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

from tests.oracle.bills import CREDIT_TYPES, Bill, obligations
from tests.oracle.events import Event, Value, days_between, in_last_days, share


def credit_history(payment_log: Sequence[Event], as_of_date: date) -> dict[str, Value]:
    """Features by name; `payment_log` is the person's own known events, in order."""
    bills = [b for b in obligations(payment_log) if b.bill_type in CREDIT_TYPES]
    return {
        "on_time_share": on_time_share(bills, as_of_date),
        "worst_days_late": _worst_days_late(bills, as_of_date),
        "months_since_late": _months_since_late(bills, as_of_date),
        "decayed_lateness": _decayed_lateness(bills, as_of_date),
        "history_months": _history_months(bills, as_of_date),
        "paid_bills": _paid_bills(bills, as_of_date) if payment_log else None,
        "overdue_share": _overdue_share(bills, as_of_date),
    }


def on_time_share(bills: Sequence[Bill], as_of_date: date) -> float | None:
    """Due in the last 365 days and by D-3: share paid by due_date+3."""
    ripe = [
        b
        for b in bills
        if in_last_days(b.due_date, as_of_date, 365)
        and b.due_date <= as_of_date - timedelta(days=3)
    ]
    on_time = [
        b for b in ripe if b.paid_date is not None and b.paid_date <= b.due_date + timedelta(days=3)
    ]
    return share(len(on_time), len(ripe))


def _worst_days_late(bills: Sequence[Bill], as_of_date: date) -> int | None:
    late = [b.days_late(as_of_date) for b in bills if in_last_days(b.due_date, as_of_date, 365)]
    return max(late) if late else None


def _months_since_late(bills: Sequence[Bill], as_of_date: date) -> int | None:
    if not bills:
        return None
    last_late_days = [
        as_of_date if b.paid_date is None else b.paid_date
        for b in bills
        if b.days_late(as_of_date) >= 7
    ]
    if not last_late_days:
        return 999
    return days_between(max(last_late_days), as_of_date) // 30


@cache
def decay_weight(age_days: int) -> int:
    """1e6 * 0.5^(age/180), rounded half up, by integers alone.

    The largest w with w - 1/2 <= 1e6 * 2^(-age/180); both sides doubled, raised to the power 180
    and multiplied by 2^age, no root is left.
    """
    low, high = 0, 10**6
    while low < high:
        w = (low + high + 1) // 2
        if (2 * w - 1) ** 180 * 2**age_days <= (2 * 10**6) ** 180:
            low = w
        else:
            high = w - 1
    return low


def _decayed_lateness(bills: Sequence[Bill], as_of_date: date) -> float | None:
    late, base = 0, 0
    for bill in bills:
        if in_last_days(bill.due_date, as_of_date, 1825):
            weight = decay_weight(days_between(bill.due_date, as_of_date))
            late += weight * min(bill.days_late(as_of_date), 90)
            base += weight
    return share(late, 90 * base)


def _history_months(bills: Sequence[Bill], as_of_date: date) -> int | None:
    paid = [b.paid_date for b in bills if b.paid_date is not None]
    return days_between(min(paid), as_of_date) // 30 if paid else None


def _paid_bills(bills: Sequence[Bill], as_of_date: date) -> int:
    return len([b for b in bills if b.paid_date and in_last_days(b.paid_date, as_of_date, 365)])


def _overdue_share(bills: Sequence[Bill], as_of_date: date) -> float | None:
    past_due = sum(b.open_amount() for b in bills if b.due_date < as_of_date)
    came_due = sum(b.amount for b in bills if in_last_days(b.due_date, as_of_date, 90))
    if came_due == 0:
        return 1.0 if past_due > 0 else None
    return min(past_due, came_due) / came_due
