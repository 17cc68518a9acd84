"""Lives are replayed by the real transforms, with actions that buy no time."""

from datetime import date, timedelta

import pytest

from plainscore.analysis.gaming import (
    NEW_PERSON,
    Action,
    LifeCopy,
    Replay,
    ReplayError,
    read_actions,
)
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.reading import read_scorecards

D = date(2026, 1, 31)
ANN, DAN = 0, 3
CARDS = read_scorecards(("standard", "reported_b"))


def _actions(society: DuckDBEngine, person_key: int, days: int = 365) -> dict[str, Action]:
    return {action.name: action for action in read_actions(society, person_key, days)}


@pytest.mark.parametrize("days", [4, 8, 30, 31, 89, 180, 181, 365])
@pytest.mark.parametrize("person_key", [*range(5), NEW_PERSON])
def test_no_action_reaches_further_back_than_the_days_at_hand(
    society: DuckDBEngine, person_key: int, days: int
) -> None:
    actions = read_actions(society, person_key, days)
    assert {action.log for action in actions} >= {"friendship", "payment", "purchase", "service"}
    dates = [event["event_date"] for action in actions for event in action.events]
    assert D - timedelta(days=days - 1) <= min(dates) <= max(dates) <= D


def test_a_bill_of_each_month_at_hand_is_due_and_judged(society: DuckDBEngine) -> None:
    for days, months in ((8, 1), (30, 1), (31, 2), (180, 6), (181, 7), (365, 13)):
        bills = [
            event
            for event in _actions(society, ANN, days)["new card 1 x 0.01"].events
            if event["event_type"] == "bill"
        ]
        back = sorted((D - bill["event_date"]).days // 30 for bill in bills)
        assert back == list(range(months))
        assert max(bill["due_date"] for bill in bills) <= D - timedelta(days=3)


def test_actions_have_their_size_and_cost(society: DuckDBEngine) -> None:
    actions = _actions(society, ANN, days=89)
    costs = {
        name: (actions[name].deeds, actions[name].cents, len(actions[name].events))
        for name in (
            "balance moved in 99.00",
            "befriend fakes 5 x",
            "bounced phone bills 1 x 20.00",
            "deposits 20.00",
            "huge unpaid bill, due today 1,000,000.00",
            "new card 15 x 0.01",
            "services returned early 3 x",
            "share an identity 3 x",
            "verify 2 x",
        )
    }
    assert costs == {
        # Moved in once; a statement in each of three months, and one of today.
        "balance moved in 99.00": (1, 99_00, 4),
        "befriend fakes 5 x": (20, 0, 35),
        "bounced phone bills 1 x 20.00": (3, 0, 9),
        "deposits 20.00": (3, 60_00, 3),
        "huge unpaid bill, due today 1,000,000.00": (1, 0, 1),
        "new card 15 x 0.01": (45, 45, 90),
        "services returned early 3 x": (6, 0, 6),
        "share an identity 3 x": (3, 0, 6),
        "verify 2 x": (2, 0, 2),
    }
    # Her phone is verified already; six kinds of detail are left. She has an account.
    assert "verify 6 x" in actions
    assert "verify 7 x" not in actions
    assert "open an account" not in actions


def test_a_life_replayed_unchanged_has_its_persons_points(society: DuckDBEngine) -> None:
    people = [ANN, DAN]
    with Replay(society, CARDS, people) as replay:
        made = replay.points([LifeCopy(person_key) for person_key in people])
        assert made == [replay.published_points()[person_key] for person_key in people]


def test_a_life_that_does_not_come_out_as_it_was_is_a_fault(society: DuckDBEngine) -> None:
    with Replay(society, CARDS, [ANN]) as replay:
        society.con.execute("update scores.points set paid_bills = 0 where person_key = 0")
        with pytest.raises(ReplayError, match="other points than its person"):
            replay.points([LifeCopy(ANN)])


def test_a_fresh_identity_is_scored_by_what_it_does_alone(society: DuckDBEngine) -> None:
    young, old = (_actions(society, NEW_PERSON, days) for days in (180, 181))
    names = ("open an account", "new card 1 x 50.00")
    own, shared = (*names, "verify 7 x"), (*names, "share an identity 7 x")
    with Replay(society, CARDS, [NEW_PERSON]) as replay:
        none, too_young, alone, twin = replay.points(
            [LifeCopy(NEW_PERSON)]
            + [LifeCopy(NEW_PERSON, tuple(young[name] for name in names))]
            + [LifeCopy(NEW_PERSON, tuple(old[name] for name in some)) for some in (own, shared)]
        )
    assert none == too_young == {}
    assert alone["standard"]["worst_days_late"] == 50
    # No one else holds its details, but a twin that shares them does.
    assert twin["standard"]["identity_conflicts"] < alone["standard"]["identity_conflicts"]


def test_fakes_add_nothing_to_the_mean_and_reliable_friends_no_more_than_the_bound(
    society: DuckDBEngine,
) -> None:
    actions = _actions(society, DAN)
    names = ("befriend fakes 20 x", "befriend the reliable 20 x")
    with Replay(society, CARDS, [DAN]) as replay:
        before, fakes, reliable = replay.points(
            [LifeCopy(DAN), *(LifeCopy(DAN, (actions[n],)) for n in names)]
        )
    for card in CARDS:
        had = before[card.name]["friend_reliability"]
        assert fakes[card.name]["friend_reliability"] == had
        # By 2d of 16 points, 4.8, and half a point of rounding at either end.
        assert had < reliable[card.name]["friend_reliability"] <= had + 5


def test_what_is_paid_early_takes_the_place_of_what_was_paid_late(society: DuckDBEngine) -> None:
    early = _actions(society, DAN)["pay own bills early"]
    assert early.is_own
    assert early.deeds == len(early.events) == len(early.replaced) > 30
    assert early.cents == sum(event["amount_cents"] for event in early.events)
    with Replay(society, CARDS, [DAN]) as replay:
        before, after = replay.points([LifeCopy(DAN), LifeCopy(DAN, (early,))])
    assert before["standard"]["worst_days_late"] < after["standard"]["worst_days_late"] == 50
