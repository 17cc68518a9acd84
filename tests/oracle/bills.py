"""method.md "Staging facts", Bill: what was paid, when it was paid, how late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tests.oracle.events import Event, days_between, first_by_id

CREDIT_TYPES = ("card", "loan")
HOUSEHOLD_TYPES = ("utility", "telecom", "rent")


@dataclass(frozen=True)
class Bill:
    """One known bill at the as_of_date. Amounts are cents.

    `net_paid` is the plain sum of payments less reversals: it may pass the amount or fall below 0.
    `paid_date` is None while the bill is open.
    """

    bill_id: str
    bill_type: str
    issued: datetime
    amount: int
    due_date: date
    balance: int | None
    credit_limit: int | None
    net_paid: int
    paid_date: date | None

    def days_late(self, as_of_date: date) -> int:
        """Days from due_date to the day it was paid, or to D while it is open; never below 0."""
        if self.paid_date is not None:
            return max(0, days_between(self.due_date, self.paid_date))
        return max(0, days_between(self.due_date, as_of_date))

    def reported_paid(self) -> int:
        """What counts as paid: net_paid held in [0, amount]."""
        return min(max(self.net_paid, 0), self.amount)

    def open_amount(self) -> int:
        """What is still to be paid."""
        return self.amount - self.reported_paid()


def all_bills(payment_log: Sequence[Event]) -> list[Bill]:
    """Every bill of one person, those of amount 0 included, from the person's known events."""
    issued = first_by_id(payment_log, "bill", "bill_id")
    return [_settle(event, payment_log) for event in issued.values()]


def obligations(payment_log: Sequence[Event]) -> list[Bill]:
    """method.md: a bill of amount 0 is no obligation, left out of all but utilisation."""
    return [bill for bill in all_bills(payment_log) if bill.amount > 0]


def _settle(issued: Event, payment_log: Sequence[Event]) -> Bill:
    amount = issued.cents("amount_cents")
    bill_id = issued.text("bill_id")
    net_paid = 0
    last_lifted: date | None = None
    for event in payment_log:
        if event.event_type not in ("payment", "reversal") or event.text("bill_id") != bill_id:
            continue
        before = net_paid
        if event.event_type == "payment":
            net_paid += event.cents("amount_cents")
        else:
            net_paid -= event.cents("amount_cents")
        if before < amount <= net_paid:
            last_lifted = event.event_date
    return Bill(
        bill_id=bill_id,
        bill_type=issued.text("bill_type"),
        issued=issued.event_time,
        amount=amount,
        due_date=issued.day("due_date"),
        balance=issued.cents_or_none("balance_cents"),
        credit_limit=issued.cents_or_none("credit_limit_cents"),
        net_paid=net_paid,
        paid_date=last_lifted if net_paid >= amount else None,
    )
