"""The oracle against figures worked out by hand from method.md."""

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.events import Event, Value
from tests.oracle.factors import Tie, decay_weight, friend_reliability
from tests.oracle.score import (
    CARD,
    FEATURES,
    FRIEND_RELIABILITY,
    CardRow,
    band_of,
    binned_points,
    friend_points,
)
from tests.oracle.snapshot import PersonResult, snapshot

D = date(2024, 3, 31)
Events = list[Event]


def happened(
    event_type: str,
    ago: int,
    *,
    who: str = "ann",
    event_id: str | None = None,
    arrived: date | None = None,
    **fields: Any,
) -> Event:
    day = D - timedelta(days=ago)
    name = event_id or f"{event_type} {ago} {who} {sorted(map(str, fields.values()))}"
    noon = datetime.combine(day, time(12))
    return Event(name, noon, who, event_type, arrived or day, fields)


def bill(due_ago: int, *, amount: int = 100, name: str = "b", **more: Any) -> Event:
    fields = {"bill_id": name, "bill_type": "card", "amount_cents": amount}
    due_date = D - timedelta(days=due_ago)
    return happened("bill", due_ago + 20, **{**fields, "due_date": due_date, **more})


def paid(ago: int, amount: int = 100, name: str = "b", **more: Any) -> Event:
    return happened("payment", ago, bill_id=name, amount_cents=amount, **more)


def bounced(ago: int, amount: int = 100, **more: Any) -> Event:
    return happened("reversal", ago, bill_id="b", amount_cents=amount, **more)


def bought(ago: int, amount: int, name: str = "o", category: str = "food") -> Event:
    order = {"order_id": name, "merchant_id": "shop", "category": category}
    return happened("purchase", ago, **order, amount_cents=amount)


def refunded(ago: int, amount: int, name: str = "o") -> Event:
    return happened("refund", ago, order_id=name, amount_cents=amount)


def started(due_ago: int) -> Event:
    due_date = D - timedelta(days=due_ago)
    return happened("started", due_ago + 5, agreement_id="a", due_date=due_date)


def service(event_type: str, ago: int) -> Event:
    return happened(event_type, ago, agreement_id="a")


def household_bill(who: str, paid_ago: int, amount: int = 100) -> Events:
    name = f"{who}'s bill {paid_ago}"
    issued = bill(paid_ago, amount=amount, name=name, bill_type="rent", who=who)
    return [issued, paid(paid_ago, amount, name, who=who)]


def opened(ago: int, who: str = "ann") -> Event:
    return happened("opened", ago, who=who)


def field(event_type: str, kind: str, ago: int, who: str = "ann", value: str = "") -> Event:
    return happened(event_type, ago, who=who, field=kind, value_hash=value or None)


def scored(who: str = "ann") -> Events:
    """As little as makes a person scored."""
    bills = [event for ago in (100, 200, 300) for event in household_bill(who, ago)]
    return [opened(180, who), field("verified", "national_id", 90, who), *bills]


def tie(event_type: str, ago: int, one: str = "ann", other: str = "bob") -> Event:
    return happened(event_type, ago, who=one, friend_id=other)


def contact_both_ways(*days_ago: int) -> Events:
    there = [tie("contact", ago) for ago in days_ago]
    return there + [tie("contact", ago, "bob", "ann") for ago in days_ago]


def ann(*events: Event) -> PersonResult:
    return snapshot(events, D, D)["ann"]


def features(events: Events, *names: str) -> tuple[Value, ...]:
    found = ann(*events).features
    return tuple(found[name] for name in names)


def feature(name: str, *events: Event) -> Value:
    return ann(*events).features[name]


# --- the two clocks ------------------------------------------------------------------------------


def test_an_event_counts_if_dated_by_d_and_arrived_by_k() -> None:
    late = happened("deposit", 0, arrived=D + timedelta(days=1), amount_cents=5)
    assert snapshot([late], D, D) == {}
    assert list(snapshot([late], D, D + timedelta(days=1))) == ["ann"]
    tomorrow = happened("deposit", -1, amount_cents=5)
    assert snapshot([tomorrow], D, D + timedelta(days=9)) == {}


def test_who_is_only_named_as_a_friend_is_no_person() -> None:
    assert list(snapshot([tie("added", 3)], D, D)) == ["ann"]


# --- bills ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "worst", "months_since_late"),
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
    events: Events, worst: int | None, months_since_late: int | None
) -> None:
    found = features(events, "worst_days_late", "months_since_late")
    assert found == (worst, months_since_late)


@pytest.mark.parametrize(
    ("age_days", "weight"),
    [(0, 1_000_000), (180, 500_000), (360, 250_000), (1260, 7813), (1, 996_157), (90, 707_107)],
)
def test_a_bill_weighs_half_for_each_180_days_rounded_half_up(age_days: int, weight: int) -> None:
    assert decay_weight(age_days) == weight


def test_the_same_instant_is_ordered_by_the_bytes_of_event_id() -> None:
    first, second = "\uff5e", "\U0001f600"
    bounce_then_pay = [bounced(30, event_id=first), paid(30, event_id=second)]
    assert feature("worst_days_late", bill(40), paid(45), *bounce_then_pay) == 10
    pay_then_bounce = [bounced(30, event_id=second), paid(30, event_id=first)]
    assert feature("worst_days_late", bill(40), paid(45), *pay_then_bounce) == 0


def test_the_first_bill_with_an_id_is_the_bill() -> None:
    due_date = D - timedelta(days=45)
    of_same_id = {"bill_id": "b", "bill_type": "rent", "amount_cents": 999, "due_date": due_date}
    second = happened("bill", 50, **of_same_id)
    assert feature("worst_days_late", bill(40), second) == 40
    assert feature("paid_to_due", bill(40), second, paid(41)) == 1.0


def card_bill(name: str, balance: int | None, limit: int | None, ago: int = 9) -> Event:
    card = {"balance_cents": balance, "credit_limit_cents": limit, "event_id": name}
    return bill(ago - 20, amount=0, name=name, due_date=D, **card)


UNUSABLE = [card_bill("x", None, 100, 1), card_bill("y", 5, 0, 1), card_bill("z", 5, None, 1)]


@pytest.mark.parametrize(
    ("name", "events", "value"),
    [
        # On time is by the third day after due.
        ("on_time_share", [bill(3), paid(0)], 1.0),
        ("on_time_share", [bill(2), paid(0)], None),
        ("on_time_share", [bill(10), paid(7)], 1.0),
        ("on_time_share", [bill(10), paid(6)], 0.0),
        (
            "decayed_lateness",
            [bill(180, name="old"), paid(171, name="old"), bill(0, name="new")],
            500_000 * 9 / (90 * 1_500_000),
        ),
        # All history over what came due in 90 days.
        ("overdue_share", [bill(0)], 0.0),
        ("overdue_share", [bill(400)], 1.0),
        ("overdue_share", [bill(400), paid(300)], None),
        ("overdue_share", [bill(89, amount=400), paid(1, 300)], 0.25),
        ("overdue_share", [bill(400, name="old"), bill(9, amount=50), paid(9, 50)], 1.0),
        # The three newest bills with a limit.
        (
            "utilisation",
            [card_bill("a", 0, 100), card_bill("b", 1, 3), card_bill("Z", 500, 100),
             card_bill("c", 100, 100)],
            (2_000_000 + 0 + 333_333) / 3_000_000,
        ),
        ("utilisation", [*UNUSABLE, card_bill("w", 30, 100, 119)], 0.3),
        ("utilisation", [*UNUSABLE, card_bill("w", 30, 100, 120)], None),
        # The lower middle value.
        (
            "median_days_early",
            [bill(100, name="x"), paid(103, name="x"), bill(100, name="y"), paid(108, name="y")],
            3,
        ),
        # Refunds count up to the amount and whenever they came.
        (
            "refund_share",
            [bought(364, 300, "o1"), bought(5, 100, "o2"), refunded(3, 250, "o1"),
             refunded(9, 250, "o1")],
            0.75,
        ),
        ("refund_share", [bought(365, 300)], None),
        (
            "spend_variation",
            [bought(30 * k, cents, f"o{k}")
             for k, cents in enumerate((1100, 500, 900, 700, 800, 800))],
            0.25,
        ),
        ("spend_variation", [bought(29, 7)], pytest.approx(6**0.5, rel=1e-15)),
        ("spend_variation", [bought(29, 7), refunded(29, 9)], None),
    ],
)  # fmt: skip
def test_a_figure(name: str, events: Events, value: Value) -> None:
    assert feature(name, *events) == value


def test_net_spend_and_concentration() -> None:
    two = [bought(5, 300, "o1"), bought(5, 400, "o2", "toys")]
    assert feature("category_concentration", *two, refunded(1, 300, "o2")) == 10 / 16
    chargeback = happened("chargeback", 1, order_id="o2", amount_cents=1)
    names = ("category_concentration", "refund_share", "chargebacks", "active_months")
    assert features([*two, chargeback], *names) == (1.0, 0.0, 1, 1)


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
    events: Events, fulfilled: int | None, half_breaches: int | None
) -> None:
    found = features(events, "services_fulfilled", "service_breaches")
    assert found == (fulfilled, half_breaches)


# --- whole people --------------------------------------------------------------------------------


def test_the_least_that_is_scored_adds_up() -> None:
    result = ann(*scored())
    assert result.not_scored_code is None
    assert len(result.points) == 32
    assert result.score == 350 + sum(result.points.values()) == 350 + sum(result.factors.values())
    # Missing: 20 of 60; one verified field: 0 of 30; then 0 of 25, in card order, one of a family.
    assert [(r.rank, r.code, r.points_lost) for r in result.reasons] == [
        (1, "on_time_share", 40),
        (2, "verified_fields", 30),
        (3, "history_months", 25),
        (4, "active_months", 25),
    ]


BILLS_OF_LONG_AGO = [event for ago in (200, 250, 300) for event in household_bill("ann", ago)]


@pytest.mark.parametrize(
    ("code", "events"),
    [
        ("N1", [e for e in scored() if e.event_type != "opened"]),
        ("N1", [opened(179), *scored()[1:]]),
        (None, [opened(179), *scored()]),
        ("N2", scored()[:-1]),
        ("N2", [*scored()[:-2], *household_bill("ann", 365)]),
        (None, [*scored()[:-2], *household_bill("ann", 364)]),
        ("N2", [*scored()[:-2], *household_bill("ann", 90, amount=0)]),
        # Any event of the payment log keeps a person active, but for a statement of a balance.
        (None, [*scored()[:2], *BILLS_OF_LONG_AGO, happened("income", 179, amount_cents=1)]),
        ("N3", [*scored()[:2], *BILLS_OF_LONG_AGO, happened("income", 180, amount_cents=1)]),
        (
            "N3",
            [*scored()[:2], *BILLS_OF_LONG_AGO, happened("balance", 0, account_balance_cents=1)],
        ),
        (None, [*scored()[:2], *BILLS_OF_LONG_AGO, paid(179, 1, "unknown")]),
        ("N3", [*scored()[:2], *BILLS_OF_LONG_AGO, paid(180, 1, "unknown")]),
        ("N4", [*scored(), field("changed", "national_id", 0)]),
        (None, [*scored(), field("changed", "national_id", 95)]),
        ("N5", [*scored(), happened("frozen", 0)]),
        (None, [*scored(), happened("frozen", 5), happened("unfrozen", 4)]),
        ("N1", [opened(100), happened("frozen", 5)]),
    ],
)
def test_the_first_rule_that_applies_is_the_code(code: str | None, events: Events) -> None:
    result = ann(*events)
    assert result.not_scored_code == code
    if code is not None:
        assert (result.score, result.band, result.points, result.reasons) == (None, None, {}, ())
        assert result.features[FRIEND_RELIABILITY] is None


def test_a_kind_counts_while_its_last_word_is_verified() -> None:
    words = [
        *(field("verified", "phone", 9), field("changed", "phone", 8)),
        *(field("verified", "phone", 7), field("verified", "email", 9)),
        *(field("changed", "email", 8), field("verified", "device", 9)),
    ]
    names = ("verified_fields", "contact_stable_days", "identity_conflicts")
    assert features(words, *names) == (1, 8, None)


def test_another_person_counts_once_and_only_within_a_kind() -> None:
    events = [
        *(field("verified", "phone", 9, "ann", "h"), field("verified", "device", 9, "ann", "g")),
        *(field("verified", "phone", 9, "twin", "h"), field("verified", "device", 9, "twin", "g")),
        field("verified", "bank_account", 9, "other kind", "h"),
        *(field("verified", "phone", 9, "moved on", "h"), field("changed", "phone", 8, "moved on")),
    ]
    everyone = snapshot(events, D, D)
    conflicts = {who: result.features["identity_conflicts"] for who, result in everyone.items()}
    assert conflicts == {"ann": 1, "twin": 1, "other kind": 0, "moved on": None}


def test_a_count_is_missing_only_where_the_log_has_nothing_of_the_person() -> None:
    counts = ("active_months", "paid_bills", "household_bill_months", "savings_months")
    assert features([opened(9)], *counts, "verified_fields") == (None, None, None, None, 0)
    deposit = happened("deposit", 500, amount_cents=1)
    assert features([deposit], *counts, "verified_fields") == (None, 0, 0, 0, None)


# --- friends -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "age"),
    [
        ([tie("added", 400)], 400),
        ([tie("added", 400), tie("added", 300, "bob", "ann")], 400),
        ([tie("added", 400), tie("removed", 300, "bob", "ann")], None),
        ([tie("removed", 500), tie("added", 400)], 400),
        ([tie("added", 400), tie("removed", 300, "bob", "ann"), tie("added", 200)], 200),
    ],
)
def test_a_tie_lives_from_the_added_that_began_it(events: Events, age: int | None) -> None:
    found = features(
        [*events, *contact_both_ways(0, 30, 60)], "median_tie_days", "scored_friend_share"
    )
    assert found == (age, None if age is None else 0.0)


def test_months_with_contact_in_both_directions() -> None:
    events = [tie("added", 10), *contact_both_ways(0, 29, 30, 359, 360), tie("contact", 90)]
    names = ("two_way_months", "top_tie_share", "scored_friend_share")
    assert features([*events, *scored("bob")], *names) == (3, 1.0, 1.0)
    assert features(events, *names) == (0, 1.0, 0.0)


def test_what_a_missing_tie_leaves_missing() -> None:
    names = ("two_way_months", "top_tie_share", "scored_friend_share", FRIEND_RELIABILITY)
    alone = features(scored(), *names)
    only_a_stranger = features([*scored(), tie("added", 5, other="no person")], *names)
    assert alone[:2] == (None, None)
    assert only_a_stranger == (0, None, 0.0, alone[3])


def test_friend_reliability_by_hand() -> None:
    own = {"ann": 570, "bob": 285, "cat": 0, "twin": 570}
    assert friend_reliability("bob", [], own) == Fraction(1, 2)
    best = friend_reliability("ann", [Tie("twin", 9, 12)], own)
    assert best == Fraction(12 * 850_000 + 12 * 1_000_000, 24 * 1_000_000)
    assert friend_reliability("ann", [Tie("stranger", 9, 12)], own) == Fraction(85, 100)
    low_friend = friend_reliability("bob", [Tie("cat", 9, 12)], own)
    assert low_friend == Fraction(500_000 + 350_000, 2_000_000)


# --- points and bands ----------------------------------------------------------------------------


@pytest.mark.parametrize("row", CARD, ids=FEATURES)
def test_every_bin_begins_at_its_edge_and_missing_has_points_of_its_own(row: CardRow) -> None:
    for at_least, points in row.bins:
        assert binned_points(row, at_least) == points
    if row.feature != FRIEND_RELIABILITY:
        assert binned_points(row, None) == row.missing_points
        assert binned_points(row, -1e9) == row.bins[0][1]
        assert max(points for _at_least, points in row.bins) == row.max_points


def test_the_card_reaches_from_350_to_950() -> None:
    assert len(FEATURES) == 32
    caps: dict[str, int] = {}
    for row in CARD:
        caps[row.factor] = caps.get(row.factor, 0) + row.max_points
    assert list(caps.values()) == [210, 150, 120, 90, 30]


def test_bands_begin_at_their_edges() -> None:
    edges = (350, 549, 550, 600, 650, 699, 700, 950)
    assert [band_of(score) for score in edges] == [
        (1, "poor"), (1, "poor"), (2, "fair"), (3, "good"), (4, "excellent"), (4, "excellent"),
        (5, "outstanding"), (5, "outstanding"),
    ]  # fmt: skip


def test_friend_points_round_half_up() -> None:
    shares = (Fraction(1), Fraction(1, 2), Fraction(1, 32), Fraction(499, 16_000))
    assert [friend_points(x) for x in shares] == [16, 8, 1, 0]
