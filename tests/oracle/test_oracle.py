"""The oracle against figures worked out by hand from method.md."""

from datetime import date, datetime, timedelta

import pytest

from tests.oracle.credit_history import decay_weight
from tests.oracle.events import Event, FieldValue, Value
from tests.oracle.snapshot import PersonResult, snapshot

D = date(2024, 3, 31)


def happened(
    log: str,
    event_type: str,
    ago: int,
    *,
    who: str = "ann",
    event_id: str | None = None,
    arrived: date | None = None,
    **fields: FieldValue,
) -> Event:
    day = D - timedelta(days=ago)
    noon = datetime(day.year, day.month, day.day, 12)
    name = event_id or f"{event_type} {ago} {who} {sorted(map(str, fields.values()))}"
    return Event(log, name, noon, who, event_type, arrived or day, fields)


def bill(due_ago: int, *, bill_type: str = "card", amount: int = 100, name: str = "b") -> Event:
    return happened(
        "payment",
        "bill",
        due_ago + 20,
        bill_id=name,
        bill_type=bill_type,
        amount_cents=amount,
        due_date=D - timedelta(days=due_ago),
    )


def paid(ago: int, amount: int = 100, name: str = "b", who: str = "ann") -> Event:
    return happened("payment", "payment", ago, who=who, bill_id=name, amount_cents=amount)


def bounced(ago: int, amount: int = 100, name: str = "b") -> Event:
    return happened("payment", "reversal", ago, bill_id=name, amount_cents=amount)


def bought(ago: int, amount: int, name: str = "o", category: str = "food") -> Event:
    return happened(
        "purchase",
        "purchase",
        ago,
        order_id=name,
        merchant_id="shop",
        category=category,
        amount_cents=amount,
    )


def refunded(ago: int, amount: int, name: str = "o") -> Event:
    return happened("purchase", "refund", ago, order_id=name, amount_cents=amount)


def started(due_ago: int) -> Event:
    return happened(
        "service",
        "started",
        due_ago + 5,
        agreement_id="a",
        service_type="bike",
        due_date=D - timedelta(days=due_ago),
    )


def service(event_type: str, ago: int) -> Event:
    return happened("service", event_type, ago, agreement_id="a")


def ann(*events: Event, known_on: date = D) -> PersonResult:
    return snapshot(events, D, known_on)["ann"]


def feature(name: str, *events: Event) -> Value:
    return ann(*events).features[name]


@pytest.mark.parametrize(
    ("age_days", "weight"),
    [(0, 1_000_000), (180, 500_000), (360, 250_000), (1260, 7813), (1, 996_157), (90, 707_107)],
)
def test_a_bill_weighs_half_for_each_180_days_rounded_half_up(age_days: int, weight: int) -> None:
    assert decay_weight(age_days) == weight


def test_an_event_counts_if_dated_by_d_and_arrived_by_k() -> None:
    late = happened("payment", "deposit", 0, arrived=D + timedelta(days=1), amount_cents=5)
    assert snapshot([late], D, D) == {}
    assert list(snapshot([late], D, D + timedelta(days=1))) == ["ann"]
    tomorrow = happened("payment", "deposit", -1, amount_cents=5)
    assert snapshot([tomorrow], D, D + timedelta(days=9)) == {}


def test_who_is_only_named_as_a_friend_is_no_person() -> None:
    assert list(snapshot([happened("friendship", "added", 3, friend_id="bob")], D, D)) == ["ann"]


@pytest.mark.parametrize(
    ("events", "worst", "open_or_late_months"),
    [
        ([bill(0)], 0, 999),
        ([bill(1)], 1, 999),
        ([bill(10), paid(4)], 6, 999),
        ([bill(70), paid(63)], 7, 2),
        ([bill(40), paid(45), bounced(38), paid(30)], 10, 1),
        ([bill(40), paid(45), bounced(38)], 40, 0),
        ([bill(40), paid(50, 60), paid(33, 40)], 7, 1),
        ([bill(40), paid(50, 150), bounced(30, 50)], 0, 999),
        ([bill(40), paid(50, 150), bounced(30, 51)], 40, 0),
        ([bill(40), paid(80)], 0, 999),
        ([bill(40), paid(35, who="bob")], 40, 0),
        ([bill(366)], None, 0),
        ([bill(365)], None, 0),
        ([bill(364)], 364, 0),
        ([bill(10, amount=0)], None, None),
    ],
)
def test_how_late_a_bill_is(
    events: list[Event], worst: int | None, open_or_late_months: int | None
) -> None:
    result = ann(*events)
    assert result.features["worst_days_late"] == worst
    assert result.features["months_since_late"] == open_or_late_months


def test_the_same_instant_is_ordered_by_the_bytes_of_event_id() -> None:
    bounce_then_pay = [
        happened("payment", "reversal", 30, event_id="\uff5e", bill_id="b", amount_cents=100),
        happened("payment", "payment", 30, event_id="\U0001f600", bill_id="b", amount_cents=100),
    ]
    assert feature("worst_days_late", bill(40), paid(45), *bounce_then_pay) == 10
    pay_then_bounce = [
        happened("payment", "reversal", 30, event_id="\U0001f600", bill_id="b", amount_cents=100),
        happened("payment", "payment", 30, event_id="\uff5e", bill_id="b", amount_cents=100),
    ]
    assert feature("worst_days_late", bill(40), paid(45), *pay_then_bounce) == 0


def test_the_first_bill_with_an_id_is_the_bill() -> None:
    second = happened(
        "payment",
        "bill",
        50,
        bill_id="b",
        bill_type="rent",
        amount_cents=999,
        due_date=D - timedelta(days=45),
    )
    assert feature("worst_days_late", bill(40), second) == 40 - 0
    assert feature("paid_to_due", bill(40), second, paid(41)) == 1.0


@pytest.mark.parametrize(
    ("due_ago", "paid_ago", "share"), [(3, 0, 1.0), (2, 0, None), (10, 7, 1.0), (10, 6, 0.0)]
)
def test_on_time_is_by_the_third_day_after_due(
    due_ago: int, paid_ago: int, share: float | None
) -> None:
    assert feature("on_time_share", bill(due_ago), paid(paid_ago)) == share


def test_decayed_lateness_of_two_bills() -> None:
    bills = [bill(180, name="old"), paid(171, name="old"), bill(0, name="new")]
    assert feature("decayed_lateness", *bills) == 500_000 * 9 / (90 * 1_500_000)


def test_overdue_share_counts_all_history_over_what_came_due_in_90_days() -> None:
    assert feature("overdue_share", bill(0)) == 0.0
    assert feature("overdue_share", bill(400)) == 1.0
    assert feature("overdue_share", bill(400), paid(300)) is None
    assert feature("overdue_share", bill(89, amount=400), paid(1, 300)) == 0.25
    assert feature("overdue_share", bill(400, name="old"), bill(9, amount=50), paid(9, 50)) == 1.0


def test_spend_variation_of_figures_with_a_known_deviation() -> None:
    months = [1100, 500, 900, 700, 800, 800]
    steady = [bought(30 * k, cents, name=f"o{k}") for k, cents in enumerate(months)]
    assert feature("spend_variation", *steady) == 0.25
    assert feature("spend_variation", bought(29, 7)) == pytest.approx(6**0.5, rel=1e-15)
    assert feature("spend_variation", bought(29, 7), refunded(29, 9)) is None


def test_net_spend_and_concentration() -> None:
    two = [bought(5, 300, name="o1"), bought(5, 400, name="o2", category="toys")]
    assert feature("category_concentration", *two, refunded(1, 300, "o2")) == 10 / 16
    chargeback = happened("purchase", "chargeback", 1, order_id="o2", amount_cents=1)
    result = ann(*two, chargeback)
    assert result.features["category_concentration"] == 1.0
    assert result.features["refund_share"] == 0.0
    assert result.features["chargebacks"] == 1
    assert result.features["active_months"] == 1


def test_refunds_count_up_to_the_amount_and_whenever_they_came() -> None:
    two = [bought(364, 300, name="o1"), bought(5, 100, name="o2")]
    assert feature("refund_share", *two, refunded(3, 250, "o1"), refunded(9, 250, "o1")) == 0.75
    assert feature("refund_share", bought(365, 300)) is None


@pytest.mark.parametrize(
    ("events", "fulfilled", "half_breaches"),
    [
        ([started(50), service("ended", 50)], 1, 0),
        ([started(50), service("ended", 49)], 0, 2),
        ([started(30)], 0, 0),
        ([started(31)], 0, 2),
        ([started(395)], 0, 2),
        ([started(396)], 0, 1),
        ([started(396), service("ended", 364)], 0, 1),
        ([started(400), service("ended", 364)], 0, 1),
        ([started(760)], 0, 1),
        ([started(761)], 0, 0),
        ([started(50), service("ended", 51), service("breached", 40)], 0, 2),
        ([started(50), service("ended", 51), service("ended", 40)], 1, 0),
        ([started(365), service("ended", 365)], 0, 0),
        ([service("ended", 50)], None, None),
    ],
)
def test_services_are_fulfilled_or_breached_once(
    events: list[Event], fulfilled: int | None, half_breaches: int | None
) -> None:
    result = ann(*events)
    assert result.features["services_fulfilled"] == fulfilled
    assert result.features["service_breaches"] == half_breaches


def test_utilisation_takes_the_three_newest_bills_with_a_limit() -> None:
    def card(name: str, balance: int | None, limit: int | None, ago: int = 9) -> Event:
        return happened(
            "payment",
            "bill",
            ago,
            event_id=name,
            bill_id=name,
            bill_type="card",
            amount_cents=0,
            due_date=D,
            balance_cents=balance,
            credit_limit_cents=limit,
        )

    tied = [card("a", 0, 100), card("b", 1, 3), card("Z", 500, 100), card("c", 100, 100)]
    assert feature("utilisation", *tied) == (2_000_000 + 0 + 333_333) / 3_000_000
    unusable = [card("x", None, 100, 1), card("y", 5, 0, 1), card("z", 5, None, 1)]
    assert feature("utilisation", *unusable, card("w", 30, 100, 119)) == 0.3
    assert feature("utilisation", *unusable, card("w", 30, 100, 120)) is None


def test_the_median_is_the_lower_middle_value() -> None:
    two = [bill(100, name="x"), paid(103, name="x"), bill(100, name="y"), paid(108, name="y")]
    assert feature("median_days_early", *two) == 3
