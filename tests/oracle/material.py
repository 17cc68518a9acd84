"""The features of amounts and months (glossary.toml, "Further features"), from their definitions.

All logs given to these functions are one person's own known events, in order; amounts are cents.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from tests.oracle.events import Event, Value, days_between, in_last_days, month_back, of_type
from tests.oracle.factors import (
    HOUSEHOLD_TYPES,
    VERIFIABLE_KINDS,
    Bill,
    Log,
    agreements_of,
    all_bills,
    decay_weight,
    last_word,
    obligations,
    purchases_of,
)

LEAST = {
    "credit_record": 1000_00, "repaid_month": 50_00, "household_month": 20_00, "paid_month": 50_00,
    "deposit_month": 20_00, "income_month": 100_00, "spend_month": 5_00, "bill": 5_00,
    "statement": 50_00, "spend_record": 500_00, "turnover_month": 100_00,
}  # fmt: skip
IDENTIFYING_KINDS = ("national_id", "phone", "bank_account", "device")
FURTHER_FEATURES = (
    "late_days_90", "late_days_365", "late_month_share", "on_time_month_share",
    "past_due_months", "repaid_months", "repaid_monthly", "utilisation_peak", "unused_limit",
    "paid_to_balance", "recent_spend_months", "spent_monthly", "spend_unevenness",
    "own_name_amount_share", "household_paid_months", "saved_months",
    "service_months", "lowest_balance_months", "mean_balance_months", "days_below_zero",
    "income_months", "income_variation", "proven_fields", "shared_identity",
)  # fmt: skip


def further_features(logs: Mapping[str, Log], sharing: int | None, d: date) -> dict[str, Value]:
    """Name -> value, None = missing, in the order of FURTHER_FEATURES."""
    values = {
        **repayment(logs["payment"], d),
        **card_use(logs["payment"], d),
        **buying(logs["purchase"], d),
        **account_money(logs["payment"], d),
        **kept_up(logs["payment"], logs["service"], d),
        "proven_fields": proven_fields(logs["profile"], d),
        "shared_identity": sharing,
    }
    return {name: values[name] for name in FURTHER_FEATURES}


def paid_months(payment_log: Log, d: date) -> int:
    """Months of the last 12 in which a material amount was paid on bills of any type."""
    paid = _paid_by_month(payment_log, obligations(payment_log), d)
    return _months_of_at_least(paid, "paid_month", 12)


# --- what bills are material, and what was paid in which month -----------------------------------


def material_bills(payment_log: Log, d: date) -> list[Bill]:
    """At least 5.00, or a fiftieth of what falls due in a month: a twelfth of 365 days."""
    bills = obligations(payment_log)
    month = Fraction(sum(b.amount for b in bills if in_last_days(b.due_date, d, 365)), 12)
    return [b for b in bills if b.amount >= LEAST["bill"] or b.amount >= month / 50]


def _is_credit(bill: Bill) -> bool:
    return bill.bill_type not in HOUSEHOLD_TYPES


def _paid_by_month(payment_log: Log, bills: Iterable[Bill], d: date) -> Counter[int]:
    """Month back -> what was paid on the bills in it and was never taken back.

    A reversal takes back the newest payments on its bill; one that finds too little takes the rest
    of later ones.
    """
    by_month: Counter[int] = Counter()
    for bill in bills:
        kept: list[tuple[date, int]] = []
        owed_back = 0
        for event in of_type(payment_log, "payment", "reversal"):
            if event["bill_id"] != bill.bill_id:
                continue
            if event.event_type == "payment":
                swallowed = min(owed_back, event["amount_cents"])
                owed_back -= swallowed
                kept.append((event.event_date, event["amount_cents"] - swallowed))
            else:
                owed_back += event["amount_cents"]
                while owed_back and kept:
                    day, amount = kept.pop()
                    taken = min(owed_back, amount)
                    owed_back -= taken
                    if amount > taken:
                        kept.append((day, amount - taken))
        for day, amount in kept:
            by_month[month_back(day, d)] += amount
    return by_month


def _months_of_at_least(by_month: Mapping[int, int], kind: str, months: int) -> int:
    return sum(by_month.get(k, 0) >= LEAST[kind] for k in range(months))


def _quotient(numerator: int | Fraction, denominator: int | Fraction) -> float | None:
    return None if denominator == 0 else float(Fraction(numerator) / denominator)


# --- repayment and cards -------------------------------------------------------------------------


def repayment(payment_log: Log, d: date) -> dict[str, Value]:
    bills = [b for b in material_bills(payment_log, d) if _is_credit(b)]
    due = [b for b in bills if b.due_date <= d]
    recent = [
        b for b in due
        if in_last_days(b.paid_date or d, d, 90) or in_last_days(b.due_date, d, 90)
    ]  # fmt: skip
    of_year = [b for b in due if in_last_days(b.due_date, d, 365)]
    past_due = sum(b.amount - b.reported_paid for b in bills if b.due_date < d)
    repaid = _paid_by_month(payment_log, filter(_is_credit, obligations(payment_log)), d)
    repaid_cents = sum(repaid[k] for k in range(6))
    owed_months = Fraction(6 * past_due, repaid_cents or 1)
    months = _months_of_at_least(repaid, "repaid_month", 24)
    is_long = months >= 7 and sum(repaid[k] for k in range(24)) >= LEAST["credit_record"]
    judged: dict[str, tuple[Value, int]] = {
        "late_days_90": (max((b.days_late(d) for b in recent), default=None), 0),
        "late_days_365": (max((b.days_late(d) for b in of_year), default=None), 0),
        "late_month_share": (_late_month_share(due, d), 0),
        "on_time_month_share": (_on_time_month_share(bills, d), 1),
        "past_due_months": (float(min(owed_months, Fraction(12))) if bills else None, 0),
    }
    return {
        **{name: v if is_long or v != best else None for name, (v, best) in judged.items()},
        "repaid_months": months if bills else None,
        "repaid_monthly": float(Fraction(repaid_cents, 6 * 100)) if bills else None,
    }


def _late_month_share(due: Iterable[Bill], d: date) -> float | None:
    latest: dict[int, int] = {}
    for bill in due:
        k = month_back(bill.due_date, d)
        if k < 60:
            latest[k] = max(latest.get(k, 0), bill.days_late(d))
    late = sum(decay_weight(30 * k) * min(days, 90) for k, days in latest.items())
    return _quotient(late, 90 * sum(decay_weight(30 * k) for k in latest))


def _on_time_month_share(bills: Iterable[Bill], d: date) -> float | None:
    grace = timedelta(days=3)
    is_kept: dict[int, bool] = {}
    for bill in bills:
        k = month_back(bill.due_date, d)
        if bill.due_date <= d - grace and k < 12:
            is_on_time = bill.paid_date is not None and bill.paid_date <= bill.due_date + grace
            is_kept[k] = is_kept.get(k, True) and is_on_time
    return _quotient(sum(is_kept.values()), len(is_kept))


def card_use(payment_log: Log, d: date) -> dict[str, Value]:
    """Bills of amount 0 take part here, as in utilisation."""
    stated = [
        b for b in all_bills(payment_log)
        if b.bill_type == "card" and b.balance is not None and b.credit_limit
        and in_last_days(b.issued.date(), d, 180)
    ]  # fmt: skip
    used = [min(Fraction(b.balance or 0, b.credit_limit or 0), Fraction(2)) for b in stated]
    unused = [Fraction((b.credit_limit or 0) - (b.balance or 0), 100) for b in stated]
    months = {
        month_back(b.issued.date(), d) for b in stated if (b.balance or 0) >= LEAST["statement"]
    }
    if len(months) < 4:
        return {"utilisation_peak": None, "unused_limit": None, "paid_to_balance": None}
    paid, owed = sum(max(b.net_paid, 0) for b in stated), sum(b.balance or 0 for b in stated)
    return {
        "utilisation_peak": float(max(used)) if used else None,
        "unused_limit": float(min(unused)) if unused else None,
        "paid_to_balance": _quotient(min(paid, owed), owed),
    }


# --- purchases -----------------------------------------------------------------------------------


def buying(purchase_log: Log, d: date) -> dict[str, Value]:
    purchases = purchases_of(purchase_log)
    by_month: Counter[int] = Counter()
    for purchase in purchases:
        by_month[month_back(purchase.bought, d)] += purchase.net
    material = [k for k in range(24) if by_month[k] >= LEAST["spend_month"]]
    spent = [by_month[k] for k in range(12)]
    is_long = (
        sum(cents >= LEAST["spend_month"] for cents in spent) >= 7
        and sum(spent) >= LEAST["spend_record"]
    )
    weight = sum(decay_weight(30 * k) for k in material)
    named = [p for p in purchases if p.is_own_name is not None and in_last_days(p.bought, d, 365)]
    own_name = _quotient(sum(p.net for p in named if p.is_own_name), sum(p.net for p in named))
    return {
        "recent_spend_months": float(Fraction(weight, 10**6)) if purchase_log else None,
        "spent_monthly": (
            float(Fraction(sum(by_month[k] for k in range(12)), 12 * 100)) if purchase_log else None
        ),
        "spend_unevenness": _variation(spent) if is_long else None,
        "own_name_amount_share": own_name if is_long else None,
    }


# --- money in the account ------------------------------------------------------------------------


def account_money(payment_log: Log, d: date) -> dict[str, Value]:
    recent = [e for e in payment_log if in_last_days(e.event_date, d, 180)]
    stated = of_type(recent, "balance")
    daily = _daily_balances(stated, d)
    income, spent = of_type(recent, "income"), of_type(recent, "payment", "transfer", "deposit")
    turnover = max(sum(e["amount_cents"] for e in income), sum(e["amount_cents"] for e in spent))
    monthly = Fraction(turnover, 6)
    by_month: Counter[int] = Counter()
    for event in income:
        by_month[month_back(event.event_date, d)] += event["amount_cents"]
    lowest = min((e["account_balance_cents"] for e in stated), default=None)
    mean = Fraction(sum(daily), len(daily)) if daily else None
    is_long, below_zero = len(daily) >= 150, sum(cents < 0 for cents in daily)
    return {
        "lowest_balance_months": _months_of(lowest, monthly) if is_long else None,
        "mean_balance_months": _months_of(mean, monthly) if is_long else None,
        "days_below_zero": below_zero if is_long or below_zero else None,
        "income_months": (
            _months_of_at_least(by_month, "income_month", 6) if by_month.total() else None
        ),
        "income_variation": _variation([by_month[k] for k in range(6)]),
    }


def _daily_balances(stated: Sequence[Event], d: date) -> list[int]:
    """The balance at the end of each day from that of the first one stated to D."""
    if not stated:
        return []
    of_day = {e.event_date: e["account_balance_cents"] for e in stated}
    balances: list[int] = []
    for ago in range(days_between(stated[0].event_date, d), -1, -1):
        day = d - timedelta(days=ago)
        balances.append(of_day[day] if day in of_day else balances[-1])
    return balances


def _months_of(cents: int | Fraction | None, monthly: Fraction) -> float | None:
    if cents is None or monthly < LEAST["turnover_month"]:
        return None
    return float(min(cents / monthly, Fraction(1000)))


def _variation(values: Sequence[int]) -> float | None:
    """Sample standard deviation / mean."""
    mean = Fraction(sum(values), len(values))
    if mean == 0:
        return None
    squares = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return math.sqrt(squares / mean**2)


# --- what was kept up ----------------------------------------------------------------------------


def kept_up(payment_log: Log, service_log: Log, d: date) -> dict[str, Value]:
    home = [b for b in obligations(payment_log) if not _is_credit(b)]
    paid = _paid_by_month(payment_log, home, d)
    saved: Counter[int] = Counter()
    for event in of_type(payment_log, "deposit"):
        saved[month_back(event.event_date, d)] += event["amount_cents"]
    agreements = agreements_of(service_log, d)
    ended = {month_back(a.ended, d) for a in agreements if a.ended and a.is_fulfilled}
    return {
        "household_paid_months": (
            _months_of_at_least(paid, "household_month", 12) if payment_log else None
        ),
        "saved_months": _months_of_at_least(saved, "deposit_month", 12) if payment_log else None,
        "service_months": len(ended & set(range(12))) if agreements else None,
    }


# --- identity ------------------------------------------------------------------------------------


def proven_fields(profile_log: Log, d: date) -> int | None:
    """Kinds whose last word is `verified` with a value, and was the same 90 days ago already."""
    proven = [_proven_since(profile_log, kind) for kind in VERIFIABLE_KINDS]
    if not profile_log:
        return None
    return sum(day is not None and days_between(day, d) >= 90 for day in proven)


def _proven_since(profile_log: Log, kind: str) -> date | None:
    """Day of the first of the words that all say what the last says; None where it has no value."""
    words = [e for e in of_type(profile_log, "verified", "changed") if e["field"] == kind]
    since: Event | None = None
    for word in words:
        if word.event_type != "verified" or word["value_hash"] is None:
            since = None
        elif since is None or since["value_hash"] != word["value_hash"]:
            since = word
    return since.event_date if since else None


def shared_identities(profile_logs: Mapping[str, Log]) -> dict[str, int | None]:
    """person_id -> the most OTHER people who hold one of the person's current values."""
    holders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for who, log in profile_logs.items():
        for kind in IDENTIFYING_KINDS:
            word = last_word(log, kind)
            if word and word["value_hash"] is not None:
                holders[kind, word["value_hash"]].add(who)
    return {
        who: max((len(people) - 1 for people in holders.values() if who in people), default=None)
        for who in profile_logs
    }
