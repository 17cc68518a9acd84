"""Plots for the payment log: bills and how they are paid, or not."""

from collections.abc import Callable

from tests.oracle.bills import CREDIT_TYPES, HOUSEHOLD_TYPES
from tests.oracle.nasty_writer import NOON, WorldWriter

BILL_TYPES = (*CREDIT_TYPES, "instalment", *HOUSEHOLD_TYPES)
DUE_EDGES = (0, 3, 7, 30, 60, 90, 120, 180, 365, 455, 730, 1260, 1825)
LATE_EDGES = (-3, 0, 3, 4, 7, 15, 30, 60, 90)


def issue(
    w: WorldWriter,
    who: str,
    bill_type: str,
    amount: int,
    due_ago: int,
    *,
    issued_ago: int | None = None,
    balance: int | None = None,
    credit_limit: int | None = None,
    bill_id: str | None = None,
) -> str:
    """One bill; issued 20 days before it is due, or at D if that were later. Returns bill_id."""
    bill_id = bill_id or w.new_id("b")
    w.happen(
        "payment",
        "bill",
        who,
        max(0, due_ago + 20) if issued_ago is None else issued_ago,
        bill_id=bill_id,
        bill_type=bill_type,
        amount_cents=amount,
        due_date=w.day_ago(due_ago),
        balance_cents=balance,
        credit_limit_cents=credit_limit,
    )
    return bill_id


def pay(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    """One payment."""
    w.happen("payment", "payment", who, ago, bill_id=bill_id, amount_cents=amount)


def bounce(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    """One reversal."""
    w.happen("payment", "reversal", who, ago, bill_id=bill_id, amount_cents=amount)


def paid_bill(w: WorldWriter, who: str, bill_type: str, due_ago: int, days_late: int) -> None:
    """A bill of 50.00 paid in full, `days_late` days after (negative: before) it was due."""
    bill_id = issue(w, who, bill_type, 5000, due_ago)
    pay(w, who, bill_id, 5000, due_ago - days_late)


def chaotic_bills(w: WorldWriter, who: str, stranger: str) -> None:
    """Up to 14 bills, each due near some edge and settled in some awkward way."""
    for _ in range(w.rng.randint(1, 14)):
        amount = w.cents()
        due_ago = w.near(*DUE_EDGES)
        issued_ago = due_ago + w.rng.choice((-5, 0, 20, 35))
        has_limit = w.chance(0.5)
        bill_id = issue(
            w,
            who,
            w.rng.choice(BILL_TYPES),
            amount,
            due_ago,
            issued_ago=max(-2, issued_ago),
            balance=w.cents() if has_limit and w.chance(0.9) else None,
            credit_limit=w.cents() if has_limit else None,
        )
        settle = w.rng.choice(SETTLEMENTS)
        settle(w, who, bill_id, amount, max(-3, due_ago - w.near(*LATE_EDGES)))
        if w.chance(0.1):
            pay(w, stranger, bill_id, amount, due_ago)
        if w.chance(0.1):
            issue(w, who, w.rng.choice(BILL_TYPES), w.cents(), w.near(*DUE_EDGES), bill_id=bill_id)
    if w.chance(0.5):
        pay(w, who, w.new_id("nones-bill"), w.cents(), w.near(0, 180))
        bounce(w, who, w.new_id("nones-bill"), w.cents(), w.near(0, 180))


def _in_full(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    pay(w, who, bill_id, amount, ago)


def _never(_w: WorldWriter, _who: str, _bill_id: str, _amount: int, _ago: int) -> None:
    """The bill stays open."""


def _in_parts(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    first = amount // 3
    pay(w, who, bill_id, first, ago + w.rng.randint(0, 40))
    pay(w, who, bill_id, max(0, amount - first - w.rng.choice((0, 0, 1))), ago)


def _too_much(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    pay(w, who, bill_id, min(10**12, amount + 500), ago)
    bounce(w, who, bill_id, w.rng.choice((499, 500, 501)), ago - w.rng.randint(0, 2))


def _bounced_and_paid_again(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    pay(w, who, bill_id, amount, ago + 9)
    bounce(w, who, bill_id, amount, ago + w.rng.randint(0, 9))
    pay(w, who, bill_id, amount, ago)


def _bounced(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    pay(w, who, bill_id, amount, ago + 2)
    bounce(w, who, bill_id, w.rng.choice((amount, 1, 10**12)), ago)


def _bounced_before_paid(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    bounce(w, who, bill_id, amount // 2, ago + 5)
    pay(w, who, bill_id, amount, ago + 1)
    pay(w, who, bill_id, amount // 2 + w.rng.choice((0, 1)), ago)


def _all_at_one_instant(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    """Paid earlier; at one instant bounced and paid again: event_id says which came first."""
    pay(w, who, bill_id, amount, ago + 12)
    types = ["payment", "reversal"]
    w.rng.shuffle(types)
    for event_type, event_id in zip(types, w.tied_ids(2), strict=True):
        w.happen(
            "payment",
            event_type,
            who,
            ago,
            clock=NOON,
            event_id=event_id,
            bill_id=bill_id,
            amount_cents=amount,
        )


def _before_the_bill(w: WorldWriter, who: str, bill_id: str, amount: int, ago: int) -> None:
    pay(w, who, bill_id, amount, ago + 60)


def _with_nothing(w: WorldWriter, who: str, bill_id: str, _amount: int, ago: int) -> None:
    pay(w, who, bill_id, 0, ago)


SETTLEMENTS: tuple[Callable[[WorldWriter, str, str, int, int], None], ...] = (
    _in_full,
    _in_full,
    _in_full,
    _never,
    _in_parts,
    _too_much,
    _bounced_and_paid_again,
    _bounced,
    _bounced_before_paid,
    _all_at_one_instant,
    _before_the_bill,
    _with_nothing,
)
