"""Plots for the purchase log: chaos, and exact edges of the bins."""

from collections.abc import Callable

from tests.oracle.nasty_writer import WorldWriter

BOUGHT_EDGES = (0, 30, 89, 150, 180, 330, 360, 365, 545)

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


def buy(
    w: WorldWriter,
    who: str,
    ago: int,
    amount: int,
    *,
    category: str = "food",
    merchant_id: str = "corner shop",
    is_own_name: bool | None = None,
    order_id: str | None = None,
) -> str:
    """One purchase. Returns order_id."""
    order_id = order_id or w.new_id("o")
    w.happen(
        "purchase",
        "purchase",
        who,
        ago,
        order_id=order_id,
        merchant_id=merchant_id,
        category=category,
        amount_cents=amount,
        is_own_name=is_own_name,
    )
    return order_id


def send_back(w: WorldWriter, who: str, order_id: str, amount: int, ago: int) -> None:
    """One refund."""
    w.happen("purchase", "refund", who, ago, order_id=order_id, amount_cents=amount)


def charge_back(w: WorldWriter, who: str, order_id: str, amount: int, ago: int) -> None:
    """One chargeback."""
    w.happen("purchase", "chargeback", who, ago, order_id=order_id, amount_cents=amount)


def chaotic_purchases(w: WorldWriter, who: str, stranger: str) -> None:
    """Up to 25 purchases near edges, some sent back, more than once, too much, or by a stranger."""
    for _ in range(w.rng.randint(1, 25)):
        amount, ago = w.cents(), max(-2, w.near(*BOUGHT_EDGES))
        order_id = buy(
            w,
            who,
            ago,
            amount,
            category=w.rng.choice(("food", "Food", "NA", "f\u00f6\u00f6d")),
            merchant_id=w.rng.choice(("m1", "m2", "007", "7", "\uff5e")),
            is_own_name=w.rng.choice((True, False, None)),
        )
        if w.chance(0.3):
            for _ in range(w.rng.randint(1, 3)):
                part = w.rng.choice((amount, amount // 2, 1, 0, 10**12))
                send_back(w, who, order_id, part, ago + w.rng.choice((-9, 0, 4)))
        if w.chance(0.1):
            for _ in range(w.rng.randint(1, 2)):
                charge_back(w, who, order_id, amount // 2, max(-2, w.near(0, 100, 364)))
        if w.chance(0.08):
            send_back(w, stranger, order_id, amount, ago)
            charge_back(w, stranger, order_id, amount, ago)
        if w.chance(0.08):
            buy(w, who, w.near(*BOUGHT_EDGES), w.cents(), category="toys", order_id=order_id)
    if w.chance(0.4):
        send_back(w, who, w.new_id("nones-order"), 100, w.near(0, 365))
        charge_back(w, who, w.new_id("nones-order"), 100, w.near(0, 365))


def spend_by_month(w: WorldWriter, who: str) -> None:
    """One of SPEND_PATTERNS, one purchase a month on its first or last day."""
    scale = w.rng.choice((100, 1, 12_345, 10**9))
    pattern = w.in_turn(SPEND_PATTERNS)
    for month, part in enumerate(w.rng.sample(pattern, 6)):
        ago = 30 * month + w.rng.choice((0, 29))
        buy(w, who, ago, part * scale, category=f"c{month}", merchant_id=f"m{month}")
    if w.chance(0.3):
        buy(w, who, 180, 777_777)


def spend_by_category(w: WorldWriter, who: str) -> None:
    """One of CATEGORY_PATTERNS within 180 days; a category that was sent back whole drops out."""
    scale = w.rng.choice((100, 1, 777))
    for number, part in enumerate(w.in_turn(CATEGORY_PATTERNS)):
        ago = w.rng.choice((0, 179, 60))
        buy(w, who, ago, part * scale, category=f"c{number}", merchant_id=f"m{number}")
    returned = buy(w, who, 10, 5000, category="returned")
    send_back(w, who, returned, 5000, 1)
    if w.chance(0.5):
        buy(w, who, 180, 10**6, category="too long ago")


def months_active(w: WorldWriter, who: str) -> None:
    """Purchases in 0 to 13 months, on the first or last day of each; refunded ones do not count."""
    months = w.rng.sample(range(13), w.near(3, 6, 9, 11))
    for month in months:
        buy(w, who, 30 * month + w.rng.choice((0, 29)), 250)
    returned = buy(w, who, w.near(200, 330), 250)
    send_back(w, who, returned, w.rng.choice((249, 250, 251)), w.near(150, 0))


def share_sent_back(w: WorldWriter, who: str) -> None:
    """Exactly 0.05, 0.12 or 0.25 of the year's purchases refunded, or a cent beside it."""
    order_id = buy(w, who, w.rng.choice((364, 200)), 8000)
    buy(w, who, 5, 2000)
    send_back(w, who, order_id, w.near(500, 1200, 2500), w.rng.choice((0, 300, 400)))
    older = buy(w, who, 365, 9000)
    send_back(w, who, older, 9000, 3)


def disputes(w: WorldWriter, who: str) -> None:
    """0 to 3 chargebacks near the edge of the year, two of them of one order."""
    orders = [buy(w, who, 400, 300), buy(w, who, 390, 300)]
    for number in range(w.rng.randint(0, 3)):
        charge_back(w, who, orders[number % 2], 300, w.rng.choice((0, 364, 365, 100)))


def merchants(w: WorldWriter, who: str) -> None:
    """Exactly 1, 3 or 5 of 10 purchases at merchants visited in the 365 days before the 180."""
    known_before = w.rng.choice((0, 1, 2, 3, 5, 9))
    for number in range(10):
        shop = f"m{number}"
        if number < known_before:
            buy(w, who, w.rng.choice((180, 544, 300)), 100, merchant_id=shop)
        elif w.chance(0.5):
            buy(w, who, 545, 100, merchant_id=shop)
        buy(w, who, w.rng.choice((0, 179, 90)), 100, merchant_id=shop)


def own_names(w: WorldWriter, who: str) -> None:
    """Exactly 0.5 or 0.8 of 10 purchases in the own name; others say nothing or are too old."""
    own = w.rng.choice((4, 5, 7, 8, 10))
    for number in range(10):
        buy(w, who, w.rng.choice((0, 364, 120)), 100, is_own_name=number < own)
    buy(w, who, 365, 100, is_own_name=False)
    buy(w, who, 20, 100, is_own_name=None)


PURCHASE_EDGES: tuple[Callable[[WorldWriter, str], None], ...] = (
    spend_by_month,
    spend_by_category,
    months_active,
    share_sent_back,
    disputes,
    merchants,
    own_names,
)
