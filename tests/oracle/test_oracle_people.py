"""The oracle on whole people: who is scored, identity, friends, and that it adds up."""

from datetime import timedelta

import pytest

from tests.oracle.events import Event
from tests.oracle.score import FRIEND_RELIABILITY
from tests.oracle.snapshot import snapshot
from tests.oracle.test_oracle import D, ann, happened


def household_bill(who: str, paid_ago: int, amount: int = 100) -> list[Event]:
    name = f"{who}'s bill {paid_ago}"
    return [
        happened(
            "payment",
            "bill",
            paid_ago + 5,
            who=who,
            bill_id=name,
            bill_type="rent",
            amount_cents=amount,
            due_date=D - timedelta(days=paid_ago),
        ),
        happened("payment", "payment", paid_ago, who=who, bill_id=name, amount_cents=amount),
    ]


def opened(ago: int, who: str = "ann") -> Event:
    return happened("profile", "opened", ago, who=who)


def field(event_type: str, kind: str, ago: int, who: str = "ann", value: str = "") -> Event:
    return happened("profile", event_type, ago, who=who, field=kind, value_hash=value or None)


def scored(who: str = "ann") -> list[Event]:
    """As little as makes a person scored."""
    bills = [event for ago in (100, 200, 300) for event in household_bill(who, ago)]
    return [opened(180, who), field("verified", "national_id", 90, who), *bills]


def frozen(event_type: str, ago: int) -> Event:
    return happened("profile", event_type, ago)


def test_the_least_that_is_scored_adds_up() -> None:
    result = ann(*scored())
    assert result.not_scored_code is None
    assert len(result.points) == 32
    assert result.score == 350 + sum(result.points.values()) == 350 + sum(result.factors.values())
    assert [r.rank for r in result.reasons] == [1, 2, 3, 4]
    # Missing: 20 of 60, 18 of 50; one verified field: 0 of 30; then 0 of 25, first in card order.
    assert [r.code for r in result.reasons] == [
        "on_time_share",
        "worst_days_late",
        "verified_fields",
        "history_months",
    ]
    assert [r.points_lost for r in result.reasons] == [40, 32, 30, 25]


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
        ("N4", [*scored(), field("changed", "national_id", 0)]),
        (None, [*scored(), field("changed", "national_id", 95)]),
        ("N5", [*scored(), frozen("frozen", 0)]),
        (None, [*scored(), frozen("frozen", 5), frozen("unfrozen", 4)]),
        ("N1", [opened(100), frozen("frozen", 5)]),
    ],
)
def test_the_first_rule_that_applies_is_the_code(code: str | None, events: list[Event]) -> None:
    result = ann(*events)
    assert result.not_scored_code == code
    if code is not None:
        assert (result.score, result.band, result.points, result.reasons) == (None, None, {}, ())
        assert result.features[FRIEND_RELIABILITY] is None


@pytest.mark.parametrize(("last_ago", "code"), [(179, None), (180, "N3")])
def test_any_payment_log_event_in_180_days_keeps_a_person_active(
    last_ago: int, code: str | None
) -> None:
    bills = [event for ago in (200, 250, 300) for event in household_bill("ann", ago)]
    orphan = happened("payment", "payment", last_ago, bill_id="unknown", amount_cents=1)
    assert ann(*scored()[:2], *bills, orphan).not_scored_code == code


def test_a_kind_counts_while_its_last_word_is_verified() -> None:
    words = [
        field("verified", "phone", 9),
        field("changed", "phone", 8),
        field("verified", "phone", 7),
        field("verified", "email", 9),
        field("changed", "email", 8),
        field("verified", "device", 9),
    ]
    result = ann(*words)
    assert result.features["verified_fields"] == 1
    assert result.features["contact_stable_days"] == 8
    assert result.features["identity_conflicts"] is None


def test_another_person_counts_once_and_only_within_a_kind() -> None:
    events = [
        field("verified", "phone", 9, "ann", "h"),
        field("verified", "device", 9, "ann", "g"),
        field("verified", "phone", 9, "twin", "h"),
        field("verified", "device", 9, "twin", "g"),
        field("verified", "bank_account", 9, "other kind", "h"),
        field("verified", "phone", 9, "moved on", "h"),
        field("changed", "phone", 8, "moved on"),
    ]
    conflicts = {
        who: result.features["identity_conflicts"] for who, result in snapshot(events, D, D).items()
    }
    assert conflicts == {"ann": 1, "twin": 1, "other kind": 0, "moved on": None}


def tie(event_type: str, ago: int, one: str = "ann", other: str = "bob") -> Event:
    return happened("friendship", event_type, ago, who=one, friend_id=other)


def contact_both_ways(*days_ago: int) -> list[Event]:
    there = [tie("contact", ago) for ago in days_ago]
    return there + [tie("contact", ago, "bob", "ann") for ago in days_ago]


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
def test_a_tie_lives_from_the_added_that_began_it(events: list[Event], age: int | None) -> None:
    result = ann(*events, *contact_both_ways(0, 30, 60))
    assert result.features["median_tie_days"] == age
    assert result.features["scored_friend_share"] == (None if age is None else 0.0)


def test_months_with_contact_in_both_directions() -> None:
    events = [tie("added", 10), *contact_both_ways(0, 29, 30, 359, 360), tie("contact", 90)]
    with_scored_friend = ann(*events, *scored("bob"))
    assert with_scored_friend.features["two_way_months"] == 3
    assert with_scored_friend.features["top_tie_share"] == 1.0
    assert with_scored_friend.features["scored_friend_share"] == 1.0
    with_unscored_friend = ann(*events)
    assert with_unscored_friend.features["two_way_months"] == 0
    assert with_unscored_friend.features["top_tie_share"] == 1.0


def test_what_a_missing_tie_leaves_missing() -> None:
    result = ann(*scored())
    assert [result.features[name] for name in ("two_way_months", "top_tie_share")] == [None, None]
    only_a_stranger = ann(*scored(), tie("added", 5, other="no person"))
    assert only_a_stranger.features["two_way_months"] == 0
    assert only_a_stranger.features["top_tie_share"] is None
    assert only_a_stranger.features["scored_friend_share"] == 0.0
    reliability = [r.features[FRIEND_RELIABILITY] for r in (result, only_a_stranger)]
    assert reliability[0] == reliability[1]


def test_a_count_is_missing_only_where_the_log_has_nothing_of_the_person() -> None:
    counts = ("active_months", "paid_bills", "household_bill_months", "savings_months")
    assert [ann(opened(9)).features[name] for name in counts] == [None] * 4
    deposit = happened("payment", "deposit", 500, amount_cents=1)
    assert [ann(deposit).features[name] for name in counts] == [None, 0, 0, 0]
    assert ann(deposit).features["verified_fields"] is None
    assert ann(opened(9)).features["verified_fields"] == 0
