"""The nine features of the factor purchase_behaviour, and own_name_share, of one person."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tests.oracle.bills import HOUSEHOLD_TYPES, obligations
from tests.oracle.events import (
    Event,
    Value,
    first_by_id,
    in_days_before_those,
    in_last_days,
    month_back,
    months_touched,
    share,
)


@dataclass(frozen=True)
class Purchase:
    """One known order at the as_of_date; cents."""

    bought: date
    merchant_id: str
    category: str
    gross: int
    refunded: int
    net: int
    is_own_name: bool | None


def purchases_of(purchase_log: Sequence[Event]) -> list[Purchase]:
    """Every purchase of one person with what was sent back or charged back since."""
    purchases = []
    for order_id, event in first_by_id(purchase_log, "purchase", "order_id").items():
        of_order = [e for e in purchase_log if e.text("order_id") == order_id]
        gross = event.cents("amount_cents")
        refunds = sum(e.cents("amount_cents") for e in of_order if e.event_type == "refund")
        is_charged_back = any(e.event_type == "chargeback" for e in of_order)
        purchases.append(
            Purchase(
                bought=event.event_date,
                merchant_id=event.text("merchant_id"),
                category=event.text("category"),
                gross=gross,
                refunded=min(refunds, gross),
                net=0 if is_charged_back else max(0, gross - refunds),
                is_own_name=event.flag_or_none("is_own_name"),
            )
        )
    return purchases


def purchase_behaviour(
    purchase_log: Sequence[Event], payment_log: Sequence[Event], as_of_date: date
) -> dict[str, Value]:
    """Features by name; both logs are the person's own known events, in order."""
    purchases = purchases_of(purchase_log)
    return {
        "active_months": _active_months(purchases, as_of_date) if purchase_log else None,
        "spend_variation": _spend_variation(purchases, as_of_date),
        "category_concentration": _category_concentration(purchases, as_of_date),
        "household_bill_months": (
            _household_bill_months(payment_log, as_of_date) if payment_log else None
        ),
        "refund_share": _refund_share(purchases, as_of_date),
        "chargebacks": _chargebacks(purchase_log, as_of_date),
        "repeat_merchant_share": _repeat_share(
            [(p.bought, p.merchant_id) for p in purchases], as_of_date
        ),
        "savings_months": _savings_months(payment_log, as_of_date) if payment_log else None,
        "repeat_payee_share": _repeat_share(
            [
                (e.event_date, e.text("counterparty_id"))
                for e in payment_log
                if e.event_type == "transfer"
            ],
            as_of_date,
        ),
    }


def own_name_share(purchase_log: Sequence[Event], as_of_date: date) -> float | None:
    """Purchases of the last 365 days that carry is_own_name: share where it is true."""
    flags = [
        p.is_own_name
        for p in purchases_of(purchase_log)
        if in_last_days(p.bought, as_of_date, 365) and p.is_own_name is not None
    ]
    return share(flags.count(True), len(flags))


def _active_months(purchases: Sequence[Purchase], as_of_date: date) -> int:
    return months_touched([p.bought for p in purchases if p.net > 0], as_of_date, 12)


def _spend_variation(purchases: Sequence[Purchase], as_of_date: date) -> float | None:
    spend = [0] * 6
    for purchase in purchases:
        k = month_back(purchase.bought, as_of_date)
        if k < 6:
            spend[k] += purchase.net
    total = sum(spend)
    if total == 0:
        return None
    squares = sum(x * x for x in spend)
    return math.sqrt(6 * (6 * squares - total**2) / (5 * total**2))


def _category_concentration(purchases: Sequence[Purchase], as_of_date: date) -> float | None:
    spend: dict[str, int] = {}
    for purchase in purchases:
        if in_last_days(purchase.bought, as_of_date, 180):
            spend[purchase.category] = spend.get(purchase.category, 0) + purchase.net
    return share(sum(x * x for x in spend.values()), sum(spend.values()) ** 2)


def _household_bill_months(payment_log: Sequence[Event], as_of_date: date) -> int:
    household = {b.bill_id for b in obligations(payment_log) if b.bill_type in HOUSEHOLD_TYPES}
    payments = [
        e.event_date
        for e in payment_log
        if e.event_type == "payment" and e.text("bill_id") in household
    ]
    return months_touched(payments, as_of_date, 6)


def _refund_share(purchases: Sequence[Purchase], as_of_date: date) -> float | None:
    recent = [p for p in purchases if in_last_days(p.bought, as_of_date, 365)]
    return share(sum(p.refunded for p in recent), sum(p.gross for p in recent))


def _chargebacks(purchase_log: Sequence[Event], as_of_date: date) -> int | None:
    orders = first_by_id(purchase_log, "purchase", "order_id")
    if not orders:
        return None
    chargebacks = [
        e
        for e in purchase_log
        if e.event_type == "chargeback"
        and e.text("order_id") in orders
        and in_last_days(e.event_date, as_of_date, 365)
    ]
    return len(chargebacks)


def _repeat_share(dated: Sequence[tuple[date, str]], as_of_date: date) -> float | None:
    """Of the last 180 days' (day, other side): share whose other side was met in the 365 before."""
    recent = [other for day, other in dated if in_last_days(day, as_of_date, 180)]
    before = {other for day, other in dated if in_days_before_those(day, as_of_date, 180, 365)}
    return share(len([other for other in recent if other in before]), len(recent))


def _savings_months(payment_log: Sequence[Event], as_of_date: date) -> int:
    deposits = [e.event_date for e in payment_log if e.event_type == "deposit"]
    return months_touched(deposits, as_of_date, 12)
