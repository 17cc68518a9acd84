"""An adversary plays on copies of real lives, by the real transforms, and buys no time."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.adversary.acts import KINDS, Act, Means, OwnBill, acts_of
from plainscore.analysis.adversary.attackers import choose_attackers, read_means
from plainscore.analysis.adversary.replay import NAIVE, Copy, Replay, ReplayError
from plainscore.analysis.adversary.search import search, try_alone
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.reading import read_scorecards

D = date(2026, 1, 31)
ANN, DAN = 0, 3
CARDS = read_scorecards(("standard", "reported_b"))


def _acts(society: DuckDBEngine, person_key: int, months: int = 12) -> dict[str, Act]:
    return {act.name: act for act in acts_of(read_means(society, person_key, months))}


@given(st.integers(1, 12), st.integers(-3, 400))
def test_no_act_reaches_further_back_than_the_months_at_hand(months: int, days_ago: int) -> None:
    due = D - timedelta(days=min(days_ago, 30 * months - 1) if days_ago >= 0 else 0)
    bill = OwnBill("b", due - timedelta(days=20), due, 500, 0, ("p1",))
    means = Means(1, D, months, "shop", 7, KINDS, (8, 9), (bill,))
    days = [event.day for act in acts_of(means) for event in act.events]
    assert D - timedelta(days=30 * months) < min(days) <= max(days) <= D


def test_a_life_replayed_unchanged_has_its_persons_points(society: DuckDBEngine) -> None:
    people = [ANN, DAN]
    replay = Replay(society, CARDS, people)
    made = replay.points([Copy(person_key) for person_key in people])
    for person_key, points in zip(people, made, strict=True):
        assert points.pop(NAIVE).keys() == points["standard"].keys()
        assert points == replay.published_points()[person_key]


def test_a_life_that_does_not_come_out_as_it_was_is_a_fault(society: DuckDBEngine) -> None:
    replay = Replay(society, CARDS, [ANN])
    society.con.execute("update scores.points set paid_bills = 0 where person_key = 0")
    with pytest.raises(ReplayError, match="other points than its person"):
        replay.points([Copy(ANN)])


def test_fakes_add_nothing_to_the_mean_and_reliable_friends_no_more_than_the_bound(
    society: DuckDBEngine,
) -> None:
    acts = _acts(society, DAN)
    names = ("befriend_fakes x20", "befriend_reliable x20")
    replay = Replay(society, CARDS, [DAN])
    before, fakes, reliable = replay.points([Copy(DAN), *(Copy(DAN, (acts[n],)) for n in names)])
    for card in CARDS:
        had = before[card.name]["friend_reliability"]
        assert fakes[card.name]["friend_reliability"] == had
        # By 2d of 16 points, 4.8, and half a point of rounding at either end.
        assert had < reliable[card.name]["friend_reliability"] <= had + 5
    assert fakes[NAIVE]["friend_reliability"] == before[NAIVE]["friend_reliability"]
    assert reliable[NAIVE]["friend_reliability"] == 16


def test_what_is_paid_early_takes_the_place_of_what_was_paid_late(society: DuckDBEngine) -> None:
    early = _acts(society, DAN)["pay_own_bills_early x36"]
    assert (early.deeds, early.cents, len(early.dropped)) == (36, 0, 36)
    before, after = Replay(society, CARDS, [DAN]).points([Copy(DAN), Copy(DAN, (early,))])
    assert before["standard"]["worst_days_late"] < after["standard"]["worst_days_late"] == 50


def test_the_search_adds_what_is_cheapest_until_nothing_gains(society: DuckDBEngine) -> None:
    some = ("deposit_monthly", "rent_and_return", "small_purchases", "verify")
    all_acts = _acts(society, DAN, months=3).values()
    acts = {DAN: [act for act in all_acts if act.family in some and act.size < 3]}
    replay = Replay(society, CARDS, [DAN])
    finds = search(replay, acts, ["standard"], most_deeds=10)
    assert [find.step for find in finds] == list(range(1, len(finds) + 1))
    assert sum(find.deeds for find in finds) <= 10
    before = sum(replay.published_points()[DAN]["standard"].values())
    for find in finds:
        assert find.points_gained == sum(find.by_feature.values()) > 0
        before += find.points_gained
        assert find.points_after == before
    alone = try_alone(replay, acts, ["standard"])
    assert len(alone) == len(acts[DAN])
    rates = [find.points_gained / find.deeds for find in alone]
    assert finds[0].points_gained / finds[0].deeds == max(rates)


def test_those_who_are_played_stand_from_low_scores_to_high(society: DuckDBEngine) -> None:
    scores = dict(
        society.con.execute(
            "select person_key, score from scores.score where scorecard = 'standard'"
        ).fetchall()
    )
    chosen = [scores[key] for key in choose_attackers(society)]
    assert chosen == sorted(chosen)
    assert len(chosen) == 4
