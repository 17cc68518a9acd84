"""Plots at the edges of material amounts, of long records, and of money in an account."""

from tests.oracle.factors import CONTACT_KINDS, HOUSEHOLD_TYPES
from tests.oracle.nasty_writer import NOON, Plot, Writer

CREDIT_BILLS = ("card", "loan", "instalment", "invoice")
CENT_EDGES = (-1, 0, 0, 1)


def record_of_months(w: Writer) -> None:
    """6, 7 or 8 months in which 50.00 or a cent less was repaid; 1,000.00 or so in all."""
    months = w.in_turn((7, 6, 7, 8))
    first = w.rng.choice((0, 1, 17))
    per_month = w.rng.choice((5000, 14_285, 14_286, 16_667, 4999, 20_000))
    for month in range(first, first + months):
        paid_ago = 30 * month + w.rng.choice((0, 29))
        bill_id = w.bill(w.rng.choice(CREDIT_BILLS), per_month, paid_ago - w.rng.choice((5, 0)))
        w.pay(bill_id, per_month, paid_ago)
    if w.chance(0.3):
        w.pay(w.bill("loan", 100_000, 700), 100_000, w.near(719))
    if w.chance(0.4):
        w.paid_bill("invoice", w.near(89, 90, 364, 30), w.near(0, 3))


def tiny_bills(w: Writer) -> None:
    """Bills of a fiftieth of what falls due in a month, and of a cent more or less."""
    whole = w.rng.choice((600_000, 600_001, 599_999, 60_000))
    w.paid_bill("rent", 400, 0)
    w.pay(w.bill("rent", whole, w.near(364, 30, 1)), whole, 0)
    for _ in range(w.rng.randint(1, 4)):
        amount = max(1, whole // 600 + w.rng.choice((-2, *CENT_EDGES, 2)))
        due_ago = w.near(0, 3, 89, 90, 364)
        bill_id = w.bill(w.rng.choice(CREDIT_BILLS), amount, due_ago)
        if w.chance(0.6):
            w.pay(bill_id, amount, max(0, due_ago - w.rng.choice((-90, -1, 0, 3, 4, 60))))


def taken_back_later(w: Writer) -> None:
    """Paid in several months, and months later taken back: in part, whole, or more than that."""
    bill_id = w.bill(w.rng.choice((*CREDIT_BILLS, *HOUSEHOLD_TYPES)), 20_000, 300)
    for month in w.rng.sample(range(1, 12), 3):
        w.pay(bill_id, w.rng.choice((2000, 5000, 5001)), 30 * month + w.rng.choice((0, 29)))
    for _ in range(w.rng.randint(1, 2)):
        amount = w.rng.choice((1, 2, 5000, 5001, 9000, 60_000))
        w.bounce(bill_id, amount, w.rng.choice((0, 45, 170, 400)))
    w.paid_bill(w.rng.choice((*CREDIT_BILLS, "rent")), w.near(30, 60), 0)


def months_of_home(w: Writer) -> None:
    """20.00 or a cent beside it paid on bills of the home, in one payment or two, by month."""
    for month in w.rng.sample(range(14), w.rng.randint(1, 9)):
        bill_id, ago = w.bill(w.rng.choice(HOUSEHOLD_TYPES), 5000, 30 * month), 30 * month
        first = w.rng.choice((0, 1000))
        w.pay(bill_id, first, ago)
        w.pay(bill_id, 2000 - first + w.rng.choice(CENT_EDGES), ago + w.rng.choice((0, 29)))


def deposits(w: Writer) -> None:
    """20.00 or a cent beside it saved, in two deposits of a month."""
    for month in w.rng.sample(range(14), w.rng.randint(1, 9)):
        w.happen("deposit", 30 * month, amount_cents=1000)
        w.happen("deposit", 30 * month + 29, amount_cents=1000 + w.rng.choice(CENT_EDGES))


def purchases_of_a_day(w: Writer) -> None:
    """10.00 or a cent beside it kept of a month's purchases, some made on one day."""
    for month in w.rng.sample(range(26), w.rng.randint(1, 12)):
        ago = 30 * month + w.rng.choice((0, 29))
        w.buy(ago, 500, is_own_name=w.rng.choice((True, False, None)))
        order_id = w.buy(ago, 700, is_own_name=w.rng.choice((True, False, None)))
        w.send_back(order_id, 200 + w.rng.choice(CENT_EDGES), max(0, ago - 40))


def cards(w: Writer) -> None:
    """Card bills about 180 days old; paid too little, too much, or less than taken back."""
    for _ in range(w.rng.randint(1, 4)):
        balance = w.rng.choice((0, 100, 999, 1000, 2001, None))
        limit = w.rng.choice((1000, 1000, 3, 0, None))
        issued_ago, stated = w.near(179, 0, 60), {"balance_cents": balance}
        bill_id = w.bill(
            "card", w.rng.choice((0, 50, 1000)), issued_ago - 20, issued_ago=max(0, issued_ago),
            credit_limit_cents=limit, **stated,
        )  # fmt: skip
        if w.chance(0.7):
            w.pay(bill_id, w.rng.choice((1, 100, 5000)), 0)
        if w.chance(0.3):
            w.bounce(bill_id, w.rng.choice((1, 100, 9000)), 0)


def used_card(w: Writer) -> None:
    """Statements of 3 to 6 months, of 50.00 or a cent beside it, or much more."""
    for month in w.rng.sample(range(7), w.rng.choice((3, 4, 4, 5, 6))):
        ago = 30 * month + w.rng.choice((0, 29))
        balance = w.rng.choice((5000, 5000, 12_000, 30_003, 4999))
        limit = w.rng.choice((10_001, 5000, 30_000))
        bill_id = w.bill(
            "card", 1000, ago - 20, issued_ago=ago, balance_cents=balance, credit_limit_cents=limit
        )
        w.pay(bill_id, w.rng.choice((1000, 5000, 40_000)), max(0, ago - 10))
        if w.chance(0.2):
            w.bounce(bill_id, 9000, 0)


def steady_shopping(w: Writer) -> None:
    """500.00 or a cent beside it kept of what was bought in 5, 6 or 7 months."""
    months = w.rng.choice((5, 6, 6, 7))
    for month in w.rng.sample(range(12), months):
        cents = w.rng.choice((500, 1100, 499)) if month % 2 else 50_000 // months
        w.buy(30 * month + w.rng.choice((0, 29)), cents, is_own_name=w.rng.choice((True, False)))
    w.send_back(
        w.buy(3, 50_000, is_own_name=w.rng.choice((True, None))), w.rng.choice((0, 40_000)), 0
    )


def account(w: Writer) -> None:
    """Balances below, at and above 0, several of one instant, the first about 90 days ago."""
    for ago in {max(0, w.near(179, 180, 89, 90, 1, 30)) for _ in range(w.rng.randint(1, 5))}:
        for event_id in w.tied_ids(w.rng.choice((1, 1, 2))):
            cents = w.rng.choice((-1, 0, 1, -50_000, 70_000, 10**12, -(10**12)))
            w.happen("balance", ago, clock=NOON, event_id=event_id, account_balance_cents=cents)
    for month in w.rng.sample(range(7), w.rng.randint(0, 7)):
        ago = 30 * month + w.rng.choice((0, 29))
        w.happen("income", ago, amount_cents=9000, income_source="employer")
        w.happen("income", ago, amount_cents=w.rng.choice((0, 1000, 1000, 999, 30_000)))
    if w.chance(0.3):
        w.happen("income", w.near(0, 179), amount_cents=0)
    if w.chance(0.5):
        w.happen("transfer", w.near(179), amount_cents=40_000, counterparty_id="parents")


def proofs(w: Writer) -> None:
    """Verified 90 days ago or a day beside it; since then changed, with another value or none."""
    for kind in (*CONTACT_KINDS, "national_id", "device"):
        mine, other = f"{w.who}'s {kind}", w.rng.choice(("h1", "h2"))
        first = w.rng.choice((mine, mine, other, None))
        w.happen("verified", w.near(90), field=kind, value_hash=first)
        for event_id in w.tied_ids(w.rng.choice((0, 0, 1, 2))):
            event_type = w.rng.choice(("verified", "verified", "changed"))
            value_hash = w.rng.choice((first, first, other, None))
            ago = w.rng.choice((90, 91, 40))
            w.happen(
                event_type, ago, clock=NOON, event_id=event_id, field=kind, value_hash=value_hash
            )
    w.happen("verified", 35, field="national_id", value_hash=w.rng.choice(("h1", "h3", None)))


def services_by_month(w: Writer) -> None:
    """Services ended as agreed in up to 14 months, at times two in one, some a day late."""
    for month in w.rng.sample(range(14), w.rng.randint(1, 14)):
        for _ in range(w.rng.choice((1, 1, 2))):
            ago = 30 * month + w.rng.choice((0, 29))
            w.end(w.start(ago + w.rng.choice((0, 0, 0, 1))), ago)


AMOUNT_EDGES: tuple[Plot, ...] = (
    record_of_months, tiny_bills, taken_back_later, months_of_home, deposits, purchases_of_a_day,
    cards, used_card, steady_shopping, account, proofs, services_by_month,
)  # fmt: skip
