"""The search plays on copies of real lives, by the real transforms, and buys no time.

Planted attackers are measured against the same people without the attack's ties.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plainscore.analysis.gaming import (
    NAIVE,
    Action,
    LifeCopy,
    Replay,
    ReplayError,
    choose_people,
    measure_planted,
    read_actions,
    search,
)
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.reading import read_scorecards

D = date(2026, 1, 31)
ANN, DAN = 0, 3
CARDS = read_scorecards(("standard", "reported_b"))


def _actions(society: DuckDBEngine, person_key: int, months: int = 12) -> dict[str, Action]:
    return {action.name: action for action in read_actions(society, person_key, months)}


@pytest.mark.parametrize("months", [1, 2, 3, 7, 12])
@pytest.mark.parametrize("person_key", range(5))
def test_no_action_reaches_further_back_than_the_months_at_hand(
    society: DuckDBEngine, person_key: int, months: int
) -> None:
    actions = read_actions(society, person_key, months)
    assert {action.log for action in actions} >= {"friendship", "payment", "purchase", "service"}
    days = [event["event_date"] for action in actions for event in action.events]
    assert D - timedelta(days=30 * months) < min(days) <= max(days) <= D


def test_actions_have_their_size_and_cost(society: DuckDBEngine) -> None:
    actions = _actions(society, ANN, months=3)
    costs = {
        name: (actions[name].deeds, actions[name].cents, len(actions[name].events))
        for name in (
            "befriend_fakes x5",
            "deposit_monthly x1",
            "even_spending x100",
            "rent_and_return x3",
            "second_card x1",
            "verify x2",
        )
    }
    assert costs == {
        "befriend_fakes x5": (20, 0, 35),
        "deposit_monthly x1": (3, 300, 3),
        "even_spending x100": (18, 180_000, 18),
        "rent_and_return x3": (6, 0, 6),
        "second_card x1": (3, 300, 6),
        "verify x2": (2, 0, 2),
    }
    # Her phone is verified already; six kinds of detail are left.
    assert "verify x6" in actions
    assert "verify x7" not in actions


def test_a_life_replayed_unchanged_has_its_persons_points(society: DuckDBEngine) -> None:
    people = [ANN, DAN]
    replay = Replay(society, CARDS, people)
    made = replay.points([LifeCopy(person_key) for person_key in people])
    for person_key, points in zip(people, made, strict=True):
        assert points.pop(NAIVE).keys() == points["standard"].keys()
        assert points == replay.published_points()[person_key]


def test_a_life_that_does_not_come_out_as_it_was_is_a_fault(society: DuckDBEngine) -> None:
    replay = Replay(society, CARDS, [ANN])
    society.con.execute("update scores.points set paid_bills = 0 where person_key = 0")
    with pytest.raises(ReplayError, match="other points than its person"):
        replay.points([LifeCopy(ANN)])


def test_fakes_add_nothing_to_the_mean_and_reliable_friends_no_more_than_the_bound(
    society: DuckDBEngine,
) -> None:
    actions = _actions(society, DAN)
    names = ("befriend_fakes x20", "befriend_reliable x20")
    replay = Replay(society, CARDS, [DAN])
    before, fakes, reliable = replay.points(
        [LifeCopy(DAN), *(LifeCopy(DAN, (actions[n],)) for n in names)]
    )
    for card in CARDS:
        had = before[card.name]["friend_reliability"]
        assert fakes[card.name]["friend_reliability"] == had
        # By 2d of 16 points, 4.8, and half a point of rounding at either end.
        assert had < reliable[card.name]["friend_reliability"] <= had + 5
    assert fakes[NAIVE]["friend_reliability"] == before[NAIVE]["friend_reliability"]
    assert reliable[NAIVE]["friend_reliability"] == 16


def test_what_is_paid_early_takes_the_place_of_what_was_paid_late(society: DuckDBEngine) -> None:
    early = _actions(society, DAN)["pay_own_bills_early x36"]
    assert (early.deeds, early.cents, len(early.replaced)) == (36, 0, 36)
    before, after = Replay(society, CARDS, [DAN]).points([LifeCopy(DAN), LifeCopy(DAN, (early,))])
    assert before["standard"]["worst_days_late"] < after["standard"]["worst_days_late"] == 50


def test_the_search_adds_what_is_cheapest_until_nothing_gains(society: DuckDBEngine) -> None:
    some = ("deposit_monthly", "rent_and_return", "verify")
    everything = _actions(society, DAN, months=3).values()
    actions = {DAN: [one for one in everything if one.family in some and one.name[-2:] < "x3"]}
    replay = Replay(society, CARDS, [DAN])
    finds = search(replay, actions, ["standard"], max_actions=10)
    assert [find.step for find in finds] == list(range(1, len(finds) + 1))
    assert sum(find.deeds for find in finds) <= 10
    before = sum(replay.published_points()[DAN]["standard"].values())
    for find in finds:
        assert find.points_gained == sum(find.by_feature.values()) > 0
        before += find.points_gained
        assert sum(find.points.values()) == before
    alone = search(replay, actions, ["standard"], max_actions=None)
    assert len(alone) == len(actions[DAN])
    rates = [find.points_gained / find.deeds for find in alone]
    assert finds[0].points_gained / finds[0].deeds == max(rates)


def test_those_who_are_played_stand_from_low_scores_to_high(society: DuckDBEngine) -> None:
    scores = dict(
        society.con.execute(
            "select person_key, score from scores.score where scorecard = 'standard'"
        ).fetchall()
    )
    chosen = [scores[key] for key in choose_people(society)]
    assert chosen == sorted(chosen)
    assert len(chosen) == 4


def _measured(society: DuckDBEngine, labels: Path) -> dict[tuple[str, str], dict[str, Any]]:
    society.con.execute(
        f"""copy (select 'ann' as person_id, 'ring' as kind, 'member' as role
            union all select 'zed', 'hub_and_spoke', 'fake')
            to '{labels / "attack.parquet"}';
        copy (select 'bob' as person_id, 'ann' as friend_id)
            to '{labels / "attack_tie.parquet"}'"""
    )
    rows = measure_planted(society, labels)
    return {(row["kind"], row["role"]): row for row in rows if row["scorecard"] == "standard"}


def test_the_gain_is_the_difference_that_the_attacks_ties_make(
    society: DuckDBEngine, tmp_path: Path
) -> None:
    sql = "select {} from scores.{} where scorecard = 'standard' and person_key = 0"
    ask = (sql.format("social_connections", "factor"), sql.format("own_ppm", "friend_reliability"))
    [(social,)], [(own_ppm,)] = (society.con.execute(one).fetchall() for one in ask)
    found = _measured(society, tmp_path)
    ring = found["ring", "member"]
    # Without bob, ann has zed alone, a tie without contact to someone who is not scored: 1 point
    # for no warm tie, 1 for no share, 0 for two-way months and scored friends; the mean is the
    # prior's, half of 16 if it is within 0.15 of her record.
    prior = min(max(500_000, own_ppm - 150_000), own_ppm + 150_000)
    assert ring["social_points_gained"] == social - (
        0 + 1 + 1 + 0 + (32 * prior + 10**6) // (2 * 10**6)
    )
    assert (ring["people"], ring["scored_count"], ring["contact_count"]) == (1, 1, 6)
    assert ring["most_social_points_gained"] == ring["social_points_gained"]
    assert ring["most_distance_ppm"] <= ring["distance_bound_ppm"] == 150_000


def test_who_plays_no_part_is_told_apart_and_fakes_are_not_scored(
    society: DuckDBEngine, tmp_path: Path
) -> None:
    found = _measured(society, tmp_path)
    rest = found["no attack", "-"]
    # bob, cat, dan and eve; zed is only named, and so no person. bob loses the tie to ann.
    assert (rest["people"], rest["scored_count"]) == (4, 3)
    assert set(found) == {("ring", "member"), ("no attack", "-")}
