"""Plots for the payment log that hit one edge of one bin exactly; nothing arrives late here."""

from collections.abc import Callable

from tests.oracle.bills import HOUSEHOLD_TYPES
from tests.oracle.nasty_bills import issue, paid_bill, pay
from tests.oracle.nasty_writer import NOON, WorldWriter


def share_on_time(w: WorldWriter, who: str) -> None:
    """Exactly m of n bills paid by due_date+3, the others on due_date+4."""
    credit = ((7, 10), (17, 20), (19, 20), (99, 100), (6, 10), (20, 20), (98, 100))
    instalment = ((4, 5), (9, 10), (97, 100), (199, 200), (198, 200), (3, 5))
    for bill_types, shares in ((("card", "loan"), credit), (("instalment",), instalment)):
        on_time, bills = w.in_turn(shares)
        for n in range(bills):
            due_ago = w.rng.choice((10, 364, w.rng.randint(8, 360)))
            paid_bill(w, who, w.rng.choice(bill_types), due_ago, 3 if n < on_time else 4)


def lateness(w: WorldWriter, who: str) -> None:
    """Decayed lateness of exactly 0.005, 0.02, 0.06, 0.15 or a day beside it, all at one age."""
    days_late, bills = w.in_turn(((9, 20), (9, 5), (27, 5), (27, 2), (8, 5), (26, 2), (91, 1)))
    due_ago = w.rng.choice((100, 180, 364, 365, 1260, 1824, 1825))
    for n in range(bills):
        paid_bill(w, who, "card", due_ago, days_late if n == 0 else 0)


def worst_day(w: WorldWriter, who: str) -> None:
    """One bill 3, 4, 14, 15 ... days late, still open or paid, due near the edge of the year."""
    days_late = w.near(4, 15, 30, 60, 90)
    if w.chance(0.5):
        issue(w, who, "loan", 100, days_late)
    else:
        paid_bill(w, who, "loan", max(days_late, w.near(365, 200)), days_late)


def last_late_day(w: WorldWriter, who: str) -> None:
    """A bill 6, 7 or 8 days late, paid 2, 6, 12 or 24 months of 30 days ago."""
    days_late = w.rng.choice((6, 7, 7, 8))
    paid_bill(w, who, "card", w.near(60, 180, 360, 720) + days_late, days_late)


def length_of_history(w: WorldWriter, who: str) -> None:
    """The earliest repaid bill near 6, 12, 24 or 48 months of 30 days ago."""
    paid_bill(w, who, "loan", w.near(180, 360, 720, 1440), 0)


def many_paid(w: WorldWriter, who: str) -> None:
    """1, 3, 6, 12 or 24 bills repaid near the edge of the year."""
    for _ in range(w.in_turn((1, 3, 6, 12, 24, 2, 25))):
        paid_bill(w, who, "card", w.rng.choice((364, 30, 60)), 0)
    paid_bill(w, who, "card", 365, 0)


def past_due(w: WorldWriter, who: str) -> None:
    """An open part of exactly 0.000001, 0.05, 0.25, 0.005, 0.2 of what came due, or beside it."""
    whole, open_part = w.in_turn(
        ((10**8, 100), (10**8, 99), (1000, 50), (1000, 250), (1000, 5), (1000, 200), (1000, 249))
    )
    bill_id = issue(w, who, "card", whole, w.rng.choice((1, 45, 89)))
    pay(w, who, bill_id, whole - open_part, 91)


def past_due_at_the_edge(w: WorldWriter, who: str) -> None:
    """Bills paid in part or not at all that were due just in or out of a window."""
    bill_id = issue(w, who, "card", 1000, w.near(0, 89))
    pay(w, who, bill_id, 930, 91)
    if w.chance(0.5):
        issue(w, who, "loan", 7, w.near(90, 700))


def utilisation(w: WorldWriter, who: str) -> None:
    """Card bills of one instant, some without a usable limit; the three that count are tied."""
    share_of_thousand = w.rng.choice((300, 500, 750, 950, 299, 2000, 2001, 0))
    issued_ago = w.near(0, 30, 119)
    for _ in range(w.rng.randint(1, 5)):
        w.happen(
            "payment",
            "bill",
            who,
            issued_ago if w.chance(0.7) else w.near(119, 60),
            clock=NOON if w.chance(0.8) else None,
            bill_id=w.new_id("b"),
            bill_type="card",
            amount_cents=w.rng.choice((0, 0, 500)),
            due_date=w.day_ago(issued_ago - 20),
            balance_cents=w.rng.choice((share_of_thousand, share_of_thousand, 100, None)),
            credit_limit_cents=w.rng.choice((1000, 1000, 1000, 3, 0, None)),
        )


def household(w: WorldWriter, who: str) -> None:
    """Payments to household bills in 0 to 7 months, each on the first or last day of a month."""
    for month in w.rng.sample(range(7), w.rng.randint(0, 7)):
        bill_type = w.rng.choice(HOUSEHOLD_TYPES)
        bill_id = issue(w, who, bill_type, w.rng.choice((100, 100, 100, 0)), 30 * month + 5)
        pay(w, who, bill_id, 40, 30 * month + w.rng.choice((0, 29)))


def days_early(w: WorldWriter, who: str) -> None:
    """An odd or even number of bills whose median lies at -3, 0 or 3 days, or beside it."""
    middle = w.near(-3, 0, 3)
    for _ in range(w.rng.randint(1, 4)):
        paid_ago = w.rng.choice((1, 90, 179, 180))
        early = middle + w.rng.choice((-1, 0, 0, 1))
        paid_bill(w, who, "utility", paid_ago - early, -early)


def savings(w: WorldWriter, who: str) -> None:
    """Deposits in 0 to 13 months, each on the first or last day of a month."""
    for month in w.rng.sample(range(13), w.near(1, 4, 8, 11)):
        ago = 30 * month + w.rng.choice((0, 29))
        w.happen("payment", "deposit", who, ago, amount_cents=w.cents())


def payees(w: WorldWriter, who: str) -> None:
    """Exactly 3 or 6 of 10 transfers to people paid before; the windows' edges are taken."""
    known_before = w.rng.choice((2, 3, 5, 6, 10))
    for n in range(10):
        payee = f"payee {n}"
        if n < known_before:
            ago = w.rng.choice((180, 544, 300))
            w.happen("payment", "transfer", who, ago, counterparty_id=payee, amount_cents=5)
        elif w.chance(0.5):
            w.happen("payment", "transfer", who, 545, counterparty_id=payee, amount_cents=5)
        ago = w.rng.choice((0, 179, 90))
        w.happen("payment", "transfer", who, ago, counterparty_id=payee, amount_cents=5)


CREDIT_EDGES: tuple[Callable[[WorldWriter, str], None], ...] = (
    share_on_time,
    lateness,
    worst_day,
    last_late_day,
    length_of_history,
    many_paid,
    past_due,
    past_due_at_the_edge,
)
HOUSEHOLD_EDGES = (household, days_early)
MONEY_EDGES = (utilisation, savings, payees)
