"""Plots of a nasty life: chaos in each log, and events that hit one edge of one bin exactly."""

from collections.abc import Callable, Sequence

from tests.oracle.factors import (
    CONTACT_KINDS,
    CREDIT_TYPES,
    HOUSEHOLD_TYPES,
    SHARED_KINDS,
    VERIFIABLE_KINDS,
)
from tests.oracle.nasty_writer import NOON, Plot, Writer

BILL_TYPES = (*CREDIT_TYPES, "instalment", *HOUSEHOLD_TYPES)
DUE_EDGES = (0, 3, 7, 30, 60, 90, 120, 180, 365, 455, 730, 1260, 1825)
LATE_EDGES = (-3, 0, 3, 4, 7, 15, 30, 60, 90)
BOUGHT_EDGES = (0, 30, 89, 150, 180, 330, 360, 365, 545)
OPENED_EDGES = (180, 360, 1080)
AGE_EDGES = (0, 90, 365, 200)
HASHES = ("h1", "h2", "h3", "H1", "NA")

# Six months' spend whose variation is exactly 0, 0.25, 0.5, 0.9, 1.5 (and the largest there is).
SPEND_PATTERNS = (
    (7, 7, 7, 7, 7, 7),
    (11, 5, 9, 7, 8, 8),
    (7, 1, 5, 3, 4, 4),
    (40, 0, 39, 1, 27, 13),
    (16, 3, 3, 1, 1, 0),
    (1, 0, 0, 0, 0, 0),
)
# Spend by category whose Herfindahl index is exactly 0.20, 0.35, 0.60, 0.90, 1 (and below 0.20).
CATEGORY_PATTERNS = (
    (1, 1, 1, 1, 1),
    (9, 7, 3, 1),
    (23, 2, 2, 1, 1, 1),
    (948, 35, 7, 4, 1, 1, 1, 1, 1, 1),
    (5,),
    (1, 1, 1, 1, 1, 1),
)

# --- bills, and how they are paid or not ---------------------------------------------------------


def chaotic_bills(w: Writer, stranger: str) -> None:
    """Up to 14 bills, each due near some edge and settled in some awkward way."""
    for _ in range(w.rng.randint(1, 14)):
        amount = w.cents()
        due_ago = w.near(*DUE_EDGES)
        issued_ago = max(-2, due_ago + w.rng.choice((-5, 0, 20, 35)))
        has_limit = w.chance(0.5)
        bill_type = w.rng.choice(BILL_TYPES)
        balance = w.cents() if has_limit and w.chance(0.9) else None
        card = {"balance_cents": balance, "credit_limit_cents": w.cents() if has_limit else None}
        bill_id = w.bill(bill_type, amount, due_ago, issued_ago=issued_ago, **card)
        settle = w.rng.choice(SETTLEMENTS)
        settle(w, bill_id, amount, max(-3, due_ago - w.near(*LATE_EDGES)))
        if w.chance(0.1):
            w.of(stranger).pay(bill_id, amount, due_ago)
        if w.chance(0.1):
            w.bill(w.rng.choice(BILL_TYPES), w.cents(), w.near(*DUE_EDGES), bill_id=bill_id)
    if w.chance(0.5):
        w.pay(w.new_id("nones-bill"), w.cents(), w.near(0, 180))
        w.bounce(w.new_id("nones-bill"), w.cents(), w.near(0, 180))


def _never(_w: Writer, _bill_id: str, _amount: int, _ago: int) -> None:
    """The bill stays open."""


def _in_parts(w: Writer, bill_id: str, amount: int, ago: int) -> None:
    first = amount // 3
    w.pay(bill_id, first, ago + w.rng.randint(0, 40))
    w.pay(bill_id, max(0, amount - first - w.rng.choice((0, 0, 1))), ago)


def _too_much(w: Writer, bill_id: str, amount: int, ago: int) -> None:
    w.pay(bill_id, min(10**12, amount + 500), ago)
    w.bounce(bill_id, w.rng.choice((499, 500, 501)), ago - w.rng.randint(0, 2))


def _bounced_and_paid_again(w: Writer, bill_id: str, amount: int, ago: int) -> None:
    w.pay(bill_id, amount, ago + 9)
    w.bounce(bill_id, amount, ago + w.rng.randint(0, 9))
    w.pay(bill_id, amount, ago)


def _bounced(w: Writer, bill_id: str, amount: int, ago: int) -> None:
    w.pay(bill_id, amount, ago + 2)
    w.bounce(bill_id, w.rng.choice((amount, 1, 10**12)), ago)


def _bounced_before_paid(w: Writer, bill_id: str, amount: int, ago: int) -> None:
    w.bounce(bill_id, amount // 2, ago + 5)
    w.pay(bill_id, amount, ago + 1)
    w.pay(bill_id, amount // 2 + w.rng.choice((0, 1)), ago)


def _all_at_one_instant(w: Writer, bill_id: str, amount: int, ago: int) -> None:
    """Paid earlier; at one instant bounced and paid again: event_id says which came first."""
    w.pay(bill_id, amount, ago + 12)
    types = ["payment", "reversal"]
    w.rng.shuffle(types)
    of_bill = {"bill_id": bill_id, "amount_cents": amount}
    for event_type, event_id in zip(types, w.tied_ids(2), strict=True):
        w.happen(event_type, ago, clock=NOON, event_id=event_id, **of_bill)


def _before_the_bill(w: Writer, bill_id: str, amount: int, ago: int) -> None:
    w.pay(bill_id, amount, ago + 60)


def _with_nothing(w: Writer, bill_id: str, _amount: int, ago: int) -> None:
    w.pay(bill_id, 0, ago)


SETTLEMENTS: tuple[Callable[[Writer, str, int, int], None], ...] = (
    Writer.pay, Writer.pay, Writer.pay, _never, _in_parts, _too_much, _bounced_and_paid_again,
    _bounced, _bounced_before_paid, _all_at_one_instant, _before_the_bill, _with_nothing,
)  # fmt: skip


def bills_of_no_known_amount(w: Writer) -> None:
    """Bills without an amount beside known ones, settled by little, by much, or not at all."""
    for _ in range(w.rng.randint(1, 5)):
        due_ago = w.near(*DUE_EDGES)
        bill_id = w.bill(w.rng.choice((*BILL_TYPES, "invoice")), None, due_ago)
        settle = w.rng.choice(SETTLEMENTS)
        settle(w, bill_id, w.rng.choice((1, 2, 5000)), max(-3, due_ago - w.near(*LATE_EDGES)))
        if w.chance(0.3):
            w.bill("card", w.rng.choice((0, 1, 9999, None)), due_ago, bill_id=bill_id)
    for _ in range(w.rng.randint(0, 4)):
        w.bill("invoice", w.rng.choice((0, 1, 300, 5000, 5000)), w.near(*DUE_EDGES))


def refunds_of_merchants(w: Writer) -> None:
    """Purchases at few merchants and few instants, and refunds that name a merchant alone."""
    merchants = ("corner shop", "kiosk", "\uff5e")
    for _ in range(w.rng.randint(0, 8)):
        ago, amount = w.near(*BOUGHT_EDGES), w.rng.choice((0, 1, 500, 500, 10**12))
        shop = {"merchant_id": w.rng.choice(merchants), "category": w.rng.choice("abc")}
        order_id = w.buy(ago, amount, **shop)
        if w.chance(0.2):
            w.send_back(order_id, w.rng.choice((1, 500, 501)), ago - w.rng.randint(0, 30))
        if w.chance(0.1):
            w.charge_back(order_id, 1, ago)
        if w.chance(0.1):
            w.buy(ago - 1, 700, order_id=order_id, **shop)
    for _ in range(w.rng.randint(1, 6)):
        fields = {"merchant_id": w.rng.choice((*merchants, "never visited"))}
        amount = w.rng.choice((0, 1, 499, 500, 501, 1200, 10**12))
        w.happen("refund", w.near(*BOUGHT_EDGES), amount_cents=amount, **fields)


def income_and_balance(w: Writer) -> None:
    """Incomes, and balances above and below nothing."""
    for ago in (0, 179, 180, 365):
        if w.chance(0.3):
            w.happen("income", w.near(ago), amount_cents=w.cents(), income_source="an employer")
        if w.chance(0.5):
            balance = w.rng.choice((0, -1, 5000, -(10**12), 10**12))
            w.happen("balance", w.near(ago), account_balance_cents=balance)


# --- one edge of one bin exactly; nothing arrives late here --------------------------------------


def share_on_time(w: Writer) -> None:
    """Exactly m of n bills paid by due_date+3, the others on due_date+4."""
    credit = ((7, 10), (17, 20), (19, 20), (99, 100), (6, 10), (20, 20), (98, 100))
    instalment = ((4, 5), (9, 10), (97, 100), (199, 200), (198, 200), (3, 5))
    for bill_types, shares in ((("card", "loan"), credit), (("instalment",), instalment)):
        on_time, bills = w.in_turn(shares)
        for n in range(bills):
            due_ago = w.rng.choice((10, 364, w.rng.randint(8, 360)))
            w.paid_bill(w.rng.choice(bill_types), due_ago, 3 if n < on_time else 4)


def lateness(w: Writer) -> None:
    """Decayed lateness of exactly 0.005, 0.02, 0.06, 0.15 or a day beside it, all at one age."""
    days_late, bills = w.in_turn(((9, 20), (9, 5), (27, 5), (27, 2), (8, 5), (26, 2), (91, 1)))
    due_ago = w.rng.choice((100, 180, 364, 365, 1260, 1824, 1825))
    for n in range(bills):
        w.paid_bill("card", due_ago, days_late if n == 0 else 0)


def worst_day(w: Writer) -> None:
    """One bill 3, 4, 14, 15 ... days late, still open or paid, due near the edge of the year."""
    days_late = w.near(4, 15, 30, 60, 90)
    if w.chance(0.5):
        w.bill("loan", 100, days_late)
    else:
        w.paid_bill("loan", max(days_late, w.near(365, 200)), days_late)


def last_late_day(w: Writer) -> None:
    """A bill 6, 7 or 8 days late, paid 2, 6, 12 or 24 months of 30 days ago."""
    days_late = w.rng.choice((6, 7, 7, 8))
    w.paid_bill("card", w.near(60, 180, 360, 720) + days_late, days_late)


def length_of_history(w: Writer) -> None:
    """The earliest repaid bill near 6, 12, 24 or 48 months of 30 days ago."""
    w.paid_bill("loan", w.near(180, 360, 720, 1440), 0)


def many_paid(w: Writer) -> None:
    """1, 3, 6, 12 or 24 bills repaid near the edge of the year."""
    for _ in range(w.in_turn((1, 3, 6, 12, 24, 2, 25))):
        w.paid_bill("card", w.rng.choice((364, 30, 60)), 0)
    w.paid_bill("card", 365, 0)


def past_due(w: Writer) -> None:
    """An open part of exactly 0.000001, 0.05, 0.25, 0.005, 0.2 of what came due, or beside it."""
    whole, open_part = w.in_turn(
        ((10**8, 100), (10**8, 99), (1000, 50), (1000, 250), (1000, 5), (1000, 200), (1000, 249))
    )
    w.pay(w.bill("card", whole, w.rng.choice((1, 45, 89))), whole - open_part, 91)


def past_due_at_the_edge(w: Writer) -> None:
    """Bills paid in part or not at all that were due just in or out of a window."""
    w.pay(w.bill("card", 1000, w.near(0, 89)), 930, 91)
    if w.chance(0.5):
        w.bill("loan", 7, w.near(90, 700))


def utilisation(w: Writer) -> None:
    """Card bills of one instant, some without a usable limit; the three that count are tied."""
    share_of_thousand = w.rng.choice((300, 500, 750, 950, 299, 2000, 2001, 0))
    issued_ago = w.near(0, 30, 119)
    for _ in range(w.rng.randint(1, 5)):
        ago = issued_ago if w.chance(0.7) else w.near(119, 60)
        clock = NOON if w.chance(0.8) else None
        fields = {
            "bill_id": w.new_id("b"),
            "bill_type": "card",
            "amount_cents": w.rng.choice((0, 0, 500)),
            "due_date": w.day_ago(issued_ago - 20),
            "balance_cents": w.rng.choice((share_of_thousand, share_of_thousand, 100, None)),
            "credit_limit_cents": w.rng.choice((1000, 1000, 1000, 3, 0, None)),
        }
        w.happen("bill", ago, clock=clock, **fields)


def household(w: Writer) -> None:
    """Payments to household bills in 0 to 7 months, each on the first or last day of a month."""
    for month in w.rng.sample(range(7), w.rng.randint(0, 7)):
        bill_type = w.rng.choice(HOUSEHOLD_TYPES)
        bill_id = w.bill(bill_type, w.rng.choice((100, 100, 100, 0)), 30 * month + 5)
        w.pay(bill_id, 40, 30 * month + w.rng.choice((0, 29)))


def days_early(w: Writer) -> None:
    """An odd or even number of bills whose median lies at -3, 0 or 3 days, or beside it."""
    middle = w.near(-3, 0, 3)
    for _ in range(w.rng.randint(1, 4)):
        paid_ago = w.rng.choice((1, 90, 179, 180))
        early = middle + w.rng.choice((-1, 0, 0, 1))
        w.paid_bill("utility", paid_ago - early, -early)


def savings(w: Writer) -> None:
    """Deposits in 0 to 13 months, each on the first or last day of a month."""
    for month in w.rng.sample(range(13), w.near(1, 4, 8, 11)):
        ago = 30 * month + w.rng.choice((0, 29))
        w.happen("deposit", ago, amount_cents=w.cents())


def payees(w: Writer) -> None:
    """Exactly 3 or 6 of 10 transfers to people paid before; the windows' edges are taken."""
    known_before = w.rng.choice((2, 3, 5, 6, 10))
    for n in range(10):
        to_payee = {"counterparty_id": f"payee {n}", "amount_cents": 5}
        if n < known_before:
            w.happen("transfer", w.rng.choice((180, 544, 300)), **to_payee)
        elif w.chance(0.5):
            w.happen("transfer", 545, **to_payee)
        w.happen("transfer", w.rng.choice((0, 179, 90)), **to_payee)


CREDIT_EDGES: tuple[Plot, ...] = (
    share_on_time, lateness, worst_day, last_late_day, length_of_history, many_paid, past_due,
    past_due_at_the_edge,
)  # fmt: skip
HOUSEHOLD_EDGES: tuple[Plot, ...] = (household, days_early)
MONEY_EDGES: tuple[Plot, ...] = (utilisation, savings, payees)

# --- purchases -----------------------------------------------------------------------------------


def chaotic_purchases(w: Writer, stranger: str) -> None:
    """Up to 25 purchases near edges, some sent back, more than once, too much, or by a stranger."""
    for _ in range(w.rng.randint(1, 25)):
        amount, ago = w.cents(), max(-2, w.near(*BOUGHT_EDGES))
        category = w.rng.choice(("food", "Food", "NA", "f\u00f6\u00f6d"))
        where = {"merchant_id": w.rng.choice(("m1", "m2", "007", "7", "\uff5e"))}
        is_own_name = w.rng.choice((True, False, None))
        order_id = w.buy(ago, amount, **where, category=category, is_own_name=is_own_name)
        if w.chance(0.3):
            for _ in range(w.rng.randint(1, 3)):
                part = w.rng.choice((amount, amount // 2, 1, 0, 10**12))
                w.send_back(order_id, part, ago + w.rng.choice((-9, 0, 4)))
        if w.chance(0.1):
            for _ in range(w.rng.randint(1, 2)):
                w.charge_back(order_id, amount // 2, max(-2, w.near(0, 100, 364)))
        if w.chance(0.08):
            w.of(stranger).send_back(order_id, amount, ago)
            w.of(stranger).charge_back(order_id, amount, ago)
        if w.chance(0.08):
            w.buy(w.near(*BOUGHT_EDGES), w.cents(), category="toys", order_id=order_id)
    if w.chance(0.4):
        w.send_back(w.new_id("nones-order"), 100, w.near(0, 365))
        w.charge_back(w.new_id("nones-order"), 100, w.near(0, 365))


def spend_by_month(w: Writer) -> None:
    """One of SPEND_PATTERNS, one purchase a month on its first or last day."""
    scale = w.rng.choice((100, 1, 12_345, 10**9))
    pattern = w.in_turn(SPEND_PATTERNS)
    for month, part in enumerate(w.rng.sample(pattern, 6)):
        ago = 30 * month + w.rng.choice((0, 29))
        w.buy(ago, part * scale, category=f"c{month}", merchant_id=f"m{month}")
    if w.chance(0.3):
        w.buy(180, 777_777)


def spend_by_category(w: Writer) -> None:
    """One of CATEGORY_PATTERNS within 180 days; a category that was sent back whole drops out."""
    scale = w.rng.choice((100, 1, 777))
    for number, part in enumerate(w.in_turn(CATEGORY_PATTERNS)):
        ago = w.rng.choice((0, 179, 60))
        w.buy(ago, part * scale, category=f"c{number}", merchant_id=f"m{number}")
    w.send_back(w.buy(10, 5000, category="returned"), 5000, 1)
    if w.chance(0.5):
        w.buy(180, 10**6, category="too long ago")


def months_active(w: Writer) -> None:
    """Purchases in 0 to 13 months, on the first or last day of each; refunded ones do not count."""
    for month in w.rng.sample(range(13), w.near(3, 6, 9, 11)):
        w.buy(30 * month + w.rng.choice((0, 29)), 250)
    returned = w.buy(w.near(200, 330), 250)
    w.send_back(returned, w.rng.choice((249, 250, 251)), w.near(150, 0))


def share_sent_back(w: Writer) -> None:
    """Exactly 0.05, 0.12 or 0.25 of the year's purchases refunded, or a cent beside it."""
    order_id = w.buy(w.rng.choice((364, 200)), 8000)
    w.buy(5, 2000)
    w.send_back(order_id, w.near(500, 1200, 2500), w.rng.choice((0, 300, 400)))
    w.send_back(w.buy(365, 9000), 9000, 3)


def disputes(w: Writer) -> None:
    """0 to 3 chargebacks near the edge of the year, two of them of one order."""
    orders = [w.buy(400, 300), w.buy(390, 300)]
    for number in range(w.rng.randint(0, 3)):
        w.charge_back(orders[number % 2], 300, w.rng.choice((0, 364, 365, 100)))


def merchants(w: Writer) -> None:
    """Exactly 1, 3 or 5 of 10 purchases at merchants visited in the 365 days before the 180."""
    known_before = w.rng.choice((0, 1, 2, 3, 5, 9))
    for number in range(10):
        shop = f"m{number}"
        if number < known_before:
            w.buy(w.rng.choice((180, 544, 300)), 100, merchant_id=shop)
        elif w.chance(0.5):
            w.buy(545, 100, merchant_id=shop)
        w.buy(w.rng.choice((0, 179, 90)), 100, merchant_id=shop)


def own_names(w: Writer) -> None:
    """Exactly 0.5 or 0.8 of 10 purchases in the own name; others say nothing or are too old."""
    own = w.rng.choice((4, 5, 7, 8, 10))
    for number in range(10):
        w.buy(w.rng.choice((0, 364, 120)), 100, is_own_name=number < own)
    w.buy(365, 100, is_own_name=False)
    w.buy(20, 100, is_own_name=None)


PURCHASE_EDGES: tuple[Plot, ...] = (
    spend_by_month, spend_by_category, months_active, share_sent_back, disputes, merchants,
    own_names,
)  # fmt: skip

# --- agreements that end, are breached, or are left open -----------------------------------------


def chaotic_services(w: Writer, stranger: str) -> None:
    """Up to 8 agreements: late ends, two ends, breaches before and after a timely end."""
    for _ in range(w.rng.randint(1, 8)):
        due_ago = w.near(0, 30, 31, 60, 334, 365, 396, 730, 761)
        agreement_id = w.start(due_ago)
        if w.chance(0.75):
            w.end(agreement_id, due_ago - w.near(-5, 0, 0, 30))
        if w.chance(0.2):
            w.end(agreement_id, due_ago - w.near(-4, 0, 29))
        for _ in range(w.rng.choice((0, 0, 0, 1, 2))):
            w.breach(agreement_id, due_ago - w.near(-8, 0, 10, 31))
        if w.chance(0.1):
            w.start(w.near(0, 365), agreement_id=agreement_id)
        if w.chance(0.1):
            w.of(stranger).breach(agreement_id, due_ago)
            w.of(stranger).end(agreement_id, due_ago)
    if w.chance(0.3):
        w.end(w.new_id("nones-agreement"), w.near(0, 365))
        w.breach(w.new_id("nones-agreement"), w.near(0, 365))


def fulfilled(w: Writer) -> None:
    """0, 1, 3, 6 or so agreements ended in time, the end near the edge of the year."""
    for _ in range(w.near(1, 3, 6)):
        ended_ago = w.rng.choice((0, 364, 364, 365, 40))
        w.end(w.start(ended_ago - w.rng.choice((0, 0, 3))), ended_ago)


def half_breaches(w: Writer) -> None:
    """0 to 3 breaches, each by one of the three ways and near the edge of a year."""
    for _ in range(w.rng.randint(0, 3)):
        breach_ago = w.rng.choice((0, 364, 365, 729, 730))
        way = w.rng.choice(("said", "late end", "never ended", "ended after 31 days"))
        if way == "said":
            agreement_id = w.start(breach_ago - 2)
            w.end(agreement_id, breach_ago + 1)
            w.breach(agreement_id, breach_ago)
        elif way == "late end":
            w.end(w.start(breach_ago + w.rng.choice((1, 30))), breach_ago)
        else:
            agreement_id = w.start(breach_ago + 31)
            if way == "ended after 31 days":
                w.end(agreement_id, breach_ago - w.rng.choice((0, 1)))


SERVICE_EDGES: tuple[Plot, ...] = (fulfilled, half_breaches)

# --- profiles, and what makes a person scored or only just not -----------------------------------


def settle_down(w: Writer) -> None:
    """All that N1-N4 ask for, by as little as can be: household bills, so no credit feature."""
    w.happen("opened", w.rng.choice((180, 359, 360, 1079, 1080, 900)))
    w.happen("verified", 170, field="national_id")
    for due_ago in (w.rng.choice((200, 364)), 190, w.rng.choice((100, 179))):
        w.pay(w.bill("telecom", 2000, due_ago), 2000, due_ago)


def just_not_scored(w: Writer) -> None:
    """Each of N1-N5 is near its edge, on one side or the other."""
    for _ in range(w.rng.choice((0, 1, 1, 2))):
        w.happen("opened", w.near(180, 180, 29))
    last_paid = w.near(180, 100)
    for paid_ago in (w.near(364), w.near(330), last_paid):
        w.pay(w.bill("rent", w.rng.choice((900, 900, 900, 0)), paid_ago), 900, paid_ago)
    if w.chance(0.3):
        event_type, ago = w.rng.choice(("payment", "reversal")), w.near(179)
        w.happen(event_type, ago, bill_id=w.new_id("nones-bill"), amount_cents=1)
    _several_at_noon(w, ("verified", "changed"), "national_id")
    if w.chance(0.4):
        _several_at_noon(w, ("frozen", "unfrozen"), None)


def _several_at_noon(w: Writer, event_types: tuple[str, str], field: str | None) -> None:
    """1 to 3 events of one instant, near the edge of D: event_id decides which is the last."""
    ago = w.rng.choice((0, 0, 30, 400, -1))
    for event_id in w.tied_ids(w.rng.randint(1, 3)):
        event_type = w.rng.choice((event_types[0], *event_types))
        w.happen(event_type, ago, clock=NOON, event_id=event_id, field=field)


def chaotic_profile(w: Writer) -> None:
    """Fields verified, changed and verified again; values that others have too, or none."""
    for _ in range(w.rng.randint(1, 18)):
        event_type = w.rng.choice(("verified", "verified", "changed"))
        ago, clock = max(-2, w.near(0, 30, 90, 365, 500)), NOON if w.chance(0.3) else None
        kind = w.rng.choice((*VERIFIABLE_KINDS, "device", *SHARED_KINDS))
        value_hash = w.rng.choice((None, *HASHES, w.new_id("hash")))
        w.happen(event_type, ago, clock=clock, field=kind, value_hash=value_hash)
    if w.chance(0.3):
        w.happen("opened", w.near(*OPENED_EDGES), region="NA", birth_year=1900)
    if w.chance(0.3):
        w.happen(w.rng.choice(("frozen", "unfrozen")), w.near(401))
        _several_at_noon(w, ("unfrozen", "frozen"), None)


def many_verified(w: Writer) -> None:
    """0, 2, 3, 5, 7 or 8 kinds verified, device never counting."""
    count = w.rng.choice((1, 2, 3, 4, 5, 6, 7, 8))
    for kind in (*w.rng.sample(VERIFIABLE_KINDS, count), "device"):
        w.happen("verified", 50, field=kind, value_hash=w.rng.choice((None, "h9")))


def contact_changed(w: Writer) -> None:
    """The last change of a contact field 30, 90 or 365 days ago, or a day beside it."""
    ago = w.near(1, 30, 90, 365)
    w.happen("changed", ago, field=w.rng.choice(CONTACT_KINDS))
    w.happen("verified", max(0, ago - 20), field="phone", value_hash="h1")
    w.happen("changed", 0, field=w.rng.choice(("email", "employer", "device")))


def shared_values(w: Writer) -> None:
    """A phone, an account and a device that few or many others have, under one kind or another."""
    for kind in SHARED_KINDS:
        if w.chance(0.7):
            w.happen("verified", 60, field=kind, value_hash=w.rng.choice(HASHES))
    if w.chance(0.3):
        w.happen("changed", 40, field=w.rng.choice(SHARED_KINDS))


PROFILE_EDGES: tuple[Plot, ...] = (many_verified, contact_changed, shared_values)

# --- ties that come, go and come back; contacts at edges of months -------------------------------


def chaotic_tie(w: Writer, other: str) -> None:
    """Up to 6 events of a tie from both sides, some at one instant, and stray contacts."""
    for event_id in w.tied_ids(w.rng.randint(1, 6)):
        sides = [w.who, other]
        w.rng.shuffle(sides)
        event_type = w.rng.choice(("added", "added", "removed"))
        ago, clock = max(-1, w.near(0, 90, 90, 365)), NOON if w.chance(0.6) else None
        w.of(sides[0]).happen(event_type, ago, clock=clock, event_id=event_id, friend_id=sides[1])
    for _ in range(w.rng.randint(0, 8)):
        w.reach_out(other, max(-1, w.near(0, 30, 60, 360)))
        if w.chance(0.7):
            w.of(other).reach_out(w.who, max(-1, w.near(0, 30, 60, 360)))


def gone_and_back(w: Writer, other: str) -> None:
    """Added, added again by the other side, removed by the other side, and perhaps re-added."""
    w.befriend(other, 700)
    w.of(other).befriend(w.who, 650)
    w.of(other).happen("removed", 300, friend_id=w.who)
    if w.chance(0.6):
        w.befriend(other, w.near(90))
    w.talk(other, w.rng.choice((2, 3, 12)))


def round_table(w: Writer, people: Sequence[str]) -> None:
    """One person with k equal friends: shares of exactly 1/2, 1/4 or 1, sums of 6, 18, 36, 60."""
    host, guests = w.of(people[0]), people[1:]
    friends, months = w.rng.choice(((1, 6), (2, 3), (3, 6), (4, 3), (3, 12), (5, 12), (6, 11)))
    for guest in guests[:friends]:
        host.friend_of(guest, months, w.near(*AGE_EDGES))
    if w.chance(0.5):
        host.befriend("no one at all", 50)


def tangle(w: Writer, crowd: Sequence[str]) -> None:
    """The friendships of the whole world: half of it is tied to one hub."""
    centre = crowd[0]
    for person_id in crowd[1 : len(crowd) // 2]:
        months = w.rng.choice((0, 0, 1, 2, 3))
        w.of(person_id).friend_of(centre, months, w.near(*AGE_EDGES))
    for _ in range(len(crowd) // 3):
        round_table(w, w.rng.sample(crowd, min(7, len(crowd))))
    for _ in range(len(crowd)):
        one, other = w.rng.sample(crowd, 2)
        w.rng.choice((chaotic_tie, gone_and_back))(w.of(one), other)
    for _ in range(len(crowd) // 4):
        one = w.of(w.rng.choice(crowd))
        one.befriend(f"no one {w.rng.randint(1, 3)}", w.near(0, 90))
        one.reach_out("no one 1", 3)
