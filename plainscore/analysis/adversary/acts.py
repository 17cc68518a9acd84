"""What someone could do for the points alone, and what it takes: deeds, months, money moved.

Every act is a set of ordinary events of the last months, as the logs would hold them: nothing is
older than the months that the attacker had, so that time itself cannot be bought.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

GOOD_FRIEND, FAKE_FRIEND = 2_000_000_000, 2_100_000_000
"""Where the keys of bought friends and of fakes begin; real keys are dense from 0."""
MOST_FRIENDS = 20
SMALL_CENTS = 100
CATEGORIES = ("grocery", "fashion", "electronics", "household", "restaurant", "transport")
KINDS = ("phone", "email", "address", "bank_account", "employer", "education", "property")
MONTH = 30
DAYS_EARLY = 5


@dataclass(frozen=True)
class Event:
    """One event of a log; ``person_key`` None: the attacker's own."""

    log: str
    event_type: str
    day: date
    fields: Mapping[str, Any]
    person_key: int | None = None


@dataclass(frozen=True)
class OwnBill:
    """A bill of the attacker's that fell due in the months at hand."""

    bill_id: str
    issued: date
    due: date
    amount_cents: int
    paid_cents: int
    payment_ids: tuple[str, ...]


@dataclass(frozen=True)
class Means:
    """What an attacker has at hand: ``months`` back from ``as_of_date``."""

    person_key: int
    as_of_date: date
    months: int
    merchant_id: str | None = None
    payee_key: int | None = None
    unverified: tuple[str, ...] = ()
    unscored_friends: tuple[int, ...] = ()
    bills: tuple[OwnBill, ...] = ()

    def days(self) -> Iterator[date]:
        """Yield a day in each of the months, newest first."""
        for back in range(self.months):
            yield self.as_of_date - timedelta(days=MONTH * back + 4)

    @property
    def first_day(self) -> date:
        return self.as_of_date - timedelta(days=MONTH * self.months - 1)


@dataclass(frozen=True)
class Act:
    """An act of a family, of which an attacker does one at most.

    ``deeds``: events that the attacker has to bring about; ``cents``: money that has to move.
    ``dropped``: ids of payments that it takes the place of.
    """

    family: str
    size: int
    deeds: int
    cents: int
    events: tuple[Event, ...]
    dropped: frozenset[str] = field(default=frozenset())

    @property
    def name(self) -> str:
        return f"{self.family} x{self.size}"


def acts_of(means: Means) -> list[Act]:
    """Return everything that the attacker could do, one act per family and size."""
    acts = [_befriend(means, "befriend_reliable", GOOD_FRIEND, count) for count in (1, 5, 20)]
    acts += [_befriend(means, "befriend_fakes", FAKE_FRIEND, count) for count in (5, 20)]
    acts += [_verify(means, count) for count in range(1, len(means.unverified) + 1)]
    acts += [_unfriend(means)]
    acts += [_deposit(means), _pay_early(means)]
    acts += [_transfer(means, count) for count in (1, 3)]
    acts += [_small_purchases(means, count) for count in (1, 4, 12)]
    acts += [_even_spend(means, cents) for cents in (10_000, 50_000)]
    for family, bill_type, sizes in (
        ("second_card", "card", (1,)),
        ("split_purchase", "instalment", (1, 4)),
        ("prepaid_phone", "telecom", (1,)),
    ):
        acts += [_new_bills(means, family, bill_type, count) for count in sizes]
    acts += [_rent(means, count) for count in (1, 3, 6)]
    return [act for act in acts if act.events]


def _befriend(means: Means, family: str, first_key: int, count: int) -> Act:
    events = []
    for key in range(first_key, first_key + count):
        events.append(Event("friendship", "added", means.first_day, {"friend_key": key}))
        for day in means.days():
            events.append(Event("friendship", "contact", day, {"friend_key": key}))
            back = {"friend_key": means.person_key}
            events.append(Event("friendship", "contact", day, back, person_key=key))
    return Act(family, count, count * (1 + means.months), 0, tuple(events))


def _unfriend(means: Means) -> Act:
    events = [
        Event("friendship", "removed", means.as_of_date, {"friend_key": key})
        for key in means.unscored_friends
    ]
    return Act("drop_unscored_friends", len(events), len(events), 0, tuple(events))


def _verify(means: Means, count: int) -> Act:
    kinds = means.unverified[:count]
    events = [
        Event("profile", "verified", means.as_of_date, {"field": kind, "value_hash": None})
        for kind in kinds
    ]
    return Act("verify", len(events), len(events), 0, tuple(events))


def _deposit(means: Means) -> Act:
    fields = {"amount_cents": SMALL_CENTS}
    events = tuple(Event("payment", "deposit", day, fields) for day in means.days())
    return Act("deposit_monthly", 1, len(events), len(events) * SMALL_CENTS, events)


def _transfer(means: Means, count: int) -> Act:
    if means.payee_key is None:
        return Act("transfer_to_known", count, 0, 0, ())
    fields = {"counterparty_key": means.payee_key, "amount_cents": SMALL_CENTS}
    events = tuple(
        Event("payment", "transfer", day, fields) for day in means.days() for _ in range(count)
    )
    return Act("transfer_to_known", count, len(events), len(events) * SMALL_CENTS, events)


def _purchases(means: Means, family: str, size: int, cents: int, categories: list[str]) -> Act:
    events = tuple(
        Event(
            "purchase",
            "purchase",
            day,
            {
                "order_id": f"{family} {day} {place}",
                "merchant_id": means.merchant_id or family,
                "category": category,
                "amount_cents": cents,
                "is_own_name": True,
            },
        )
        for day in means.days()
        for place, category in enumerate(categories)
    )
    return Act(family, size, len(events), len(events) * cents, events)


def _small_purchases(means: Means, count: int) -> Act:
    return _purchases(means, "small_purchases", count, SMALL_CENTS, [CATEGORIES[0]] * count)


def _even_spend(means: Means, cents: int) -> Act:
    return _purchases(means, "even_spending", cents // 100, cents, list(CATEGORIES))


def _new_bills(means: Means, family: str, bill_type: str, count: int) -> Act:
    """Return small bills, new each month, each paid ten days before it falls due."""
    events = []
    for due in means.days():
        for place in range(count):
            bill_id = f"{family} {due} {place}"
            is_card = bill_type == "card"
            bill = {
                "bill_id": bill_id,
                "bill_type": bill_type,
                "amount_cents": SMALL_CENTS,
                "due_date": due,
                "balance_cents": SMALL_CENTS if is_card else None,
                "credit_limit_cents": 1_000 * SMALL_CENTS if is_card else None,
            }
            paid = {"bill_id": bill_id, "amount_cents": SMALL_CENTS}
            events.append(Event("payment", "bill", due - timedelta(days=20), bill))
            events.append(Event("payment", "payment", due - timedelta(days=10), paid))
    deeds = means.months * count
    return Act(family, count, deeds, deeds * SMALL_CENTS, tuple(events))


def _pay_early(means: Means) -> Act:
    """Return the attacker's own bills of these months, each paid some days before it falls due."""
    events = tuple(
        Event(
            "payment",
            "payment",
            max(bill.issued, bill.due - timedelta(days=DAYS_EARLY), means.first_day),
            {"bill_id": bill.bill_id, "amount_cents": bill.amount_cents},
        )
        for bill in means.bills
    )
    cents = sum(max(bill.amount_cents - bill.paid_cents, 0) for bill in means.bills)
    dropped = frozenset(paid for bill in means.bills for paid in bill.payment_ids)
    return Act("pay_own_bills_early", len(events), len(events), cents, events, dropped)


def _rent(means: Means, count: int) -> Act:
    events = []
    for place in range(count):
        start = means.as_of_date - timedelta(days=(place * MONTH * means.months) // count + 4)
        agreement = {"agreement_id": f"rent {place}"}
        due = {**agreement, "service_type": "bike", "due_date": start + timedelta(days=2)}
        events.append(Event("service", "started", start, due))
        events.append(Event("service", "ended", start + timedelta(days=1), agreement))
    return Act("rent_and_return", count, 2 * count, 0, tuple(events))
