"""The 32 features, factor by factor, and the facts about bills, purchases and ties behind them.

All logs given to these functions are one person's own known events, in order.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import TypeAlias

from tests.oracle.events import (
    Event,
    Value,
    days_between,
    first_by_id,
    in_days_before_those,
    in_last_days,
    lower_median,
    month_back,
    months_touched,
    of_type,
    share,
)

Log: TypeAlias = Sequence[Event]
CREDIT_TYPES = ("card", "loan")
HOUSEHOLD_TYPES = ("utility", "telecom", "rent")
CONTACT_KINDS = ("phone", "address", "bank_account")
SHARED_KINDS = ("phone", "bank_account", "device")
VERIFIABLE_KINDS = (
    "national_id", "phone", "email", "address", "bank_account", "employer", "education", "property",
)  # fmt: skip


# --- bills: method.md "Staging facts" ------------------------------------------------------------


@dataclass(frozen=True)
class Bill:
    """One known bill at the as_of_date. Amounts are cents.

    ``amount`` of one that states none is the person's median known bill, 0 where none is known.
    ``net_paid`` is the plain sum of payments less reversals: it may pass the amount or fall below
    0. ``paid_date`` is None while the bill is open.
    """

    bill_id: str
    bill_type: str
    issued: datetime
    amount: int
    states_amount: bool
    due_date: date
    balance: int | None
    credit_limit: int | None
    net_paid: int
    paid_date: date | None

    def days_late(self, as_of_date: date) -> int:
        """Days from due_date to the day it was paid, or to D while it is open; never below 0."""
        return max(0, days_between(self.due_date, self.paid_date or as_of_date))

    @property
    def reported_paid(self) -> int:
        """What counts as paid: net_paid held in [0, amount]; all or nothing where none is known."""
        if not self.states_amount:
            return self.amount if self.paid_date else 0
        return min(max(self.net_paid, 0), self.amount)


def all_bills(payment_log: Log) -> list[Bill]:
    """Every bill, those of amount 0 included."""
    issued = first_by_id(payment_log, "bill", "bill_id").values()
    usual = lower_median(event["amount_cents"] for event in issued if event["amount_cents"]) or 0
    return [_settle(event, payment_log, usual) for event in issued]


def obligations(payment_log: Log) -> list[Bill]:
    """method.md: a bill of amount 0 is no obligation, left out of all but utilisation."""
    return [b for b in all_bills(payment_log) if b.amount > 0 or not b.states_amount]


def _settle(issued: Event, payment_log: Log, usual: int) -> Bill:
    amount, net_paid = issued["amount_cents"], 0
    owed = 1 if amount is None else amount  # anything settles what states no amount
    last_lifted: date | None = None
    for event in payment_log:
        if event.event_type in ("payment", "reversal") and event["bill_id"] == issued["bill_id"]:
            before = net_paid
            net_paid += event["amount_cents"] * (1 if event.event_type == "payment" else -1)
            if before < owed <= net_paid:
                last_lifted = event.event_date
    return Bill(
        issued["bill_id"], issued["bill_type"], issued.event_time,
        usual if amount is None else amount, amount is not None, issued["due_date"],
        issued["balance_cents"], issued["credit_limit_cents"], net_paid,
        paid_date=last_lifted if net_paid >= owed else None,
    )  # fmt: skip


# --- credit_history ------------------------------------------------------------------------------


def credit_history(payment_log: Log, d: date) -> dict[str, Value]:
    bills = [b for b in obligations(payment_log) if b.bill_type in CREDIT_TYPES]
    paid = [b.paid_date for b in bills if b.paid_date]
    last_late = max((b.paid_date or d for b in bills if b.days_late(d) >= 7), default=None)
    months_since_late = 999 if last_late is None else days_between(last_late, d) // 30
    of_year = [b for b in bills if in_last_days(b.due_date, d, 365)]
    return {
        "on_time_share": on_time_share(bills, d),
        "worst_days_late": max((b.days_late(d) for b in of_year), default=None),
        "months_since_late": months_since_late if bills else None,
        "decayed_lateness": _decayed_lateness(bills, d),
        "history_months": days_between(min(paid), d) // 30 if paid else None,
        "paid_bills": sum(in_last_days(p, d, 365) for p in paid) if payment_log else None,
        "overdue_share": _overdue_share(bills, d),
    }


def on_time_share(bills: Sequence[Bill], d: date) -> float | None:
    """Due in the last 365 days and by D-3: share paid by due_date+3."""
    grace = timedelta(days=3)
    ripe = [b for b in bills if in_last_days(b.due_date, d, 365) and b.due_date <= d - grace]
    on_time = [b for b in ripe if b.paid_date and b.paid_date <= b.due_date + grace]
    return share(len(on_time), len(ripe))


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


def _decayed_lateness(bills: Sequence[Bill], d: date) -> float | None:
    late, base = 0, 0
    for bill in bills:
        if in_last_days(bill.due_date, d, 1825):
            weight = decay_weight(days_between(bill.due_date, d))
            late += weight * min(bill.days_late(d), 90)
            base += weight
    return share(late, 90 * base)


def _overdue_share(bills: Sequence[Bill], d: date) -> float | None:
    past_due = sum(b.amount - b.reported_paid for b in bills if b.due_date < d)
    came_due = sum(b.amount for b in bills if in_last_days(b.due_date, d, 90))
    if came_due == 0:
        return 1.0 if past_due > 0 else None
    return min(past_due, came_due) / came_due


# --- purchase_behaviour --------------------------------------------------------------------------


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


def purchases_of(purchase_log: Log) -> list[Purchase]:
    """Every purchase with what was sent back or charged back since."""
    purchases = {}
    orders = first_by_id(purchase_log, "purchase", "order_id")
    for order_id, event in orders.items():
        of_order = [e for e in purchase_log if e["order_id"] == order_id]
        gross = event["amount_cents"]
        refunds = sum(e["amount_cents"] for e in of_type(of_order, "refund"))
        is_charged_back = bool(of_type(of_order, "chargeback"))
        purchases[order_id] = Purchase(
            event.event_date, event["merchant_id"], event["category"], gross,
            refunded=min(refunds, gross),
            net=0 if is_charged_back else max(0, gross - refunds),
            is_own_name=event["is_own_name"],
        )  # fmt: skip
    for refund in of_type(purchase_log, "refund"):
        if refund["order_id"] is None:
            _take_back(refund, orders, purchases)
    return list(purchases.values())


def _take_back(refund: Event, orders: Mapping[str, Event], purchases: dict[str, Purchase]) -> None:
    """Take a refund that names a merchant from the newest purchases there that are not later."""
    earlier = [
        name
        for name, order in orders.items()
        if order["merchant_id"] == refund["merchant_id"] and order.event_time <= refund.event_time
    ]
    left = refund["amount_cents"]
    newest_first = sorted(earlier, key=lambda n: (orders[n].event_time, n.encode()), reverse=True)
    for name in newest_first:
        one = purchases[name]
        taken = min(left, one.net)
        purchases[name] = replace(one, net=one.net - taken, refunded=one.refunded + taken)
        left -= taken


def purchase_behaviour(purchase_log: Log, payment_log: Log, d: date) -> dict[str, Value]:
    purchases = purchases_of(purchase_log)
    of_year = [p for p in purchases if in_last_days(p.bought, d, 365)]
    spend: Counter[str] = Counter()
    for purchase in purchases:
        if in_last_days(purchase.bought, d, 180):
            spend[purchase.category] += purchase.net
    household = {b.bill_id for b in obligations(payment_log) if b.bill_type in HOUSEHOLD_TYPES}
    of_house = [e.event_date for e in of_type(payment_log, "payment") if e["bill_id"] in household]
    deposits = [e.event_date for e in of_type(payment_log, "deposit")]
    merchants = [(p.bought, p.merchant_id) for p in purchases]
    payees = [(e.event_date, e["counterparty_id"]) for e in of_type(payment_log, "transfer")]
    active = months_touched([p.bought for p in purchases if p.net > 0], d, 12)
    return {
        "active_months": active if purchase_log else None,
        "spend_variation": _spend_variation(purchases, d),
        "category_concentration": share(sum(x * x for x in spend.values()), spend.total() ** 2),
        "household_bill_months": months_touched(of_house, d, 6) if payment_log else None,
        "refund_share": share(sum(p.refunded for p in of_year), sum(p.gross for p in of_year)),
        "chargebacks": _chargebacks(purchase_log, d),
        "repeat_merchant_share": _repeat_share(merchants, d),
        "savings_months": months_touched(deposits, d, 12) if payment_log else None,
        "repeat_payee_share": _repeat_share(payees, d),
    }


def _spend_variation(purchases: Sequence[Purchase], d: date) -> float | None:
    spend = [0] * 6
    for purchase in purchases:
        if (k := month_back(purchase.bought, d)) < 6:
            spend[k] += purchase.net
    total = sum(spend)
    if total == 0:
        return None
    squares = sum(x * x for x in spend)
    return math.sqrt(6 * (6 * squares - total**2) / (5 * total**2))


def _chargebacks(purchase_log: Log, d: date) -> int | None:
    orders = first_by_id(purchase_log, "purchase", "order_id")
    days = [e.event_date for e in of_type(purchase_log, "chargeback") if e["order_id"] in orders]
    return sum(in_last_days(day, d, 365) for day in days) if orders else None


def _repeat_share(dated: Sequence[tuple[date, str]], d: date) -> float | None:
    """Of the last 180 days' (day, other side): share whose other side was met in the 365 before."""
    recent = [other for day, other in dated if in_last_days(day, d, 180)]
    before = {other for day, other in dated if in_days_before_those(day, d, 180, 365)}
    return share(len([other for other in recent if other in before]), len(recent))


# --- performance_reliability ---------------------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    """One known credit service at the as_of_date.

    ``ended`` is its first end. ``breach`` is its one breach, None where there is none by then.
    """

    due_date: date
    ended: date | None
    breach: date | None

    @property
    def is_fulfilled(self) -> bool:
        """Ended in time and never breached."""
        return self.ended is not None and self.ended <= self.due_date and self.breach is None


def agreements_of(service_log: Log, d: date) -> list[Agreement]:
    """Every agreement whose ``started`` is known."""
    agreements = []
    for agreement_id, started in first_by_id(service_log, "started", "agreement_id").items():
        own = [e for e in service_log if e["agreement_id"] == agreement_id]
        due_date = started["due_date"]
        ended = next((e.event_date for e in of_type(own, "ended")), None)
        breach_days = [e.event_date for e in of_type(own, "breached")]
        if ended is not None and ended > due_date:
            breach_days.append(ended)
        if ended is None or ended > due_date + timedelta(days=30):
            breach_days.append(due_date + timedelta(days=31))
        breach = min((day for day in breach_days if day <= d), default=None)
        agreements.append(Agreement(due_date, ended, breach))
    return agreements


def performance_reliability(payment_log: Log, service_log: Log, d: date) -> dict[str, Value]:
    bills, agreements = obligations(payment_log), agreements_of(service_log, d)
    instalments = [b for b in bills if b.bill_type == "instalment"]
    fulfilled = sum(in_last_days(a.ended, d, 365) for a in agreements if a.is_fulfilled)
    breaches = [a.breach for a in agreements if a.breach]
    half_breaches = sum(
        2 * in_last_days(day, d, 365) + in_days_before_those(day, d, 365, 365) for day in breaches
    )
    due = [b for b in bills if in_last_days(b.due_date, d, 90)]
    paid = [b for b in bills if b.paid_date and in_last_days(b.paid_date, d, 180)]
    return {
        "instalment_on_time_share": on_time_share(instalments, d),
        "services_fulfilled": fulfilled if agreements else None,
        "service_breaches": half_breaches if agreements else None,
        "utilisation": _utilisation(all_bills(payment_log), d),
        "paid_to_due": share(sum(b.reported_paid for b in due), sum(b.amount for b in due)),
        "median_days_early": lower_median(days_between(b.paid_date, b.due_date) for b in paid),
    }


def _utilisation(bills: Sequence[Bill], d: date) -> float | None:
    """Bills of amount 0 take part here; a balance of 0 is a balance."""
    cards = [b for b in bills if b.bill_type == "card" and in_last_days(b.issued.date(), d, 120)]
    usable = [b for b in cards if b.balance is not None and b.credit_limit]
    usable.sort(key=lambda b: b.bill_id.encode())
    usable.sort(key=lambda b: b.issued, reverse=True)
    newest = [min(b.balance * 1_000_000 // b.credit_limit, 2_000_000) for b in usable[:3]]
    return share(sum(newest), 1_000_000 * len(newest))


# --- personal_information ------------------------------------------------------------------------


def opened_date(profile_log: Log) -> date | None:
    """The day of the earliest known ``opened``."""
    return min((e.event_date for e in of_type(profile_log, "opened")), default=None)


def last_word(profile_log: Log, kind: str) -> Event | None:
    """The last verified / changed event of one kind of field."""
    words = [e for e in of_type(profile_log, "verified", "changed") if e["field"] == kind]
    return words[-1] if words else None


def is_verified(profile_log: Log, kind: str) -> bool:
    """Verified and not changed since."""
    word = last_word(profile_log, kind)
    return word is not None and word.event_type == "verified"


def identity_conflicts(profile_logs: Mapping[str, Log]) -> dict[str, int | None]:
    """person_id -> how many OTHER people share a current value_hash of the same kind."""
    current: dict[str, dict[str, str]] = {who: {} for who in profile_logs}
    for who, log in profile_logs.items():
        for kind in SHARED_KINDS:
            word = last_word(log, kind)
            if word and word["value_hash"] is not None:
                current[who][kind] = word["value_hash"]
    conflicts: dict[str, int | None] = {}
    for who, mine in current.items():
        others = [theirs for other, theirs in current.items() if other != who]
        sharing = sum(bool(mine.items() & theirs.items()) for theirs in others)
        conflicts[who] = sharing if mine else None
    return conflicts


def personal_information(
    profile_log: Log, purchase_log: Log, conflicts: int | None, d: date
) -> dict[str, Value]:
    opened = opened_date(profile_log)
    verified = sum(is_verified(profile_log, kind) for kind in VERIFIABLE_KINDS)
    changed = of_type(profile_log, "changed")
    changes = [e.event_date for e in changed if e["field"] in CONTACT_KINDS]
    stable_since = max(changes, default=opened)
    of_year = [p for p in purchases_of(purchase_log) if in_last_days(p.bought, d, 365)]
    flags = [p.is_own_name for p in of_year if p.is_own_name is not None]
    return {
        "verified_fields": verified if profile_log else None,
        "account_age_months": days_between(opened, d) // 30 if opened else None,
        "contact_stable_days": days_between(stable_since, d) if stable_since else None,
        "own_name_share": share(flags.count(True), len(flags)),
        "identity_conflicts": conflicts,
    }


# --- social_connections --------------------------------------------------------------------------


@dataclass(frozen=True)
class Tie:
    """One live tie, seen from one of its two ends."""

    friend_id: str
    age_days: int
    two_way_months: int


def live_ties(friendship_log: Log, d: date) -> dict[str, list[Tie]]:
    """Name of each end -> its live ties, from the known events of everyone, in order.

    An end may be no person. A contact counts whenever it happened if the tie is live at D.
    """
    alive_since: dict[tuple[str, ...], date] = {}
    contact_months: dict[tuple[str, str], set[int]] = {}
    for event in friendship_log:
        ends = event.person_id, event["friend_id"]
        if event.event_type == "added":
            alive_since.setdefault(tuple(sorted(ends)), event.event_date)
        elif event.event_type == "removed":
            alive_since.pop(tuple(sorted(ends)), None)
        else:
            contact_months.setdefault(ends, set()).add(month_back(event.event_date, d))
    ties: dict[str, list[Tie]] = {}
    for (one, other), since in alive_since.items():
        there, back = (contact_months.get(ends, set()) for ends in ((one, other), (other, one)))
        months, age = len(there & back & set(range(12))), days_between(since, d)
        ties.setdefault(one, []).append(Tie(other, age, months))
        ties.setdefault(other, []).append(Tie(one, age, months))
    return ties


def tie_features(ties: Sequence[Tie], scored: Iterable[str]) -> dict[str, Value]:
    """The four features that every person has, scored or not, by name."""
    scored_ids = set(scored)
    with_scored = [tie for tie in ties if tie.friend_id in scored_ids]
    months = [tie.two_way_months for tie in ties]
    months_with_scored = sum(tie.two_way_months for tie in with_scored)
    return {
        "two_way_months": min(60, months_with_scored) if ties else None,
        "median_tie_days": lower_median(tie.age_days for tie in ties if tie.two_way_months >= 3),
        "top_tie_share": share(max(months), sum(months)) if ties else None,
        "scored_friend_share": share(len(with_scored), len(ties)),
    }


def friend_reliability(
    person_id: str, ties: Sequence[Tie], own_points: Mapping[str, int]
) -> Fraction:
    """X of method.md "Friends", exact, of one scored person.

    ``own_points`` holds the non-social points of every SCORED person, 0..570, and of no one else.
    """
    reach, q_own = 150_000, own_points[person_id] * 1_000_000 // 570

    def clip(value: int) -> int:
        return min(max(value, q_own - reach), q_own + reach)

    total, weight = 12 * clip(500_000), 12
    for tie in ties:
        if tie.friend_id in own_points:
            total += tie.two_way_months * clip(own_points[tie.friend_id] * 1_000_000 // 570)
            weight += tie.two_way_months
    return Fraction(total, 1_000_000 * weight)
