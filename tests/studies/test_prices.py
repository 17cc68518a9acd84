"""The price list: what is found can be bought at its price."""

from typing import Any

import pytest

from plainscore.analysis import prices
from plainscore.analysis.gaming import NEW_PERSON, LifeCopy, Replay
from plainscore.analysis.prices import (
    FRESH,
    LIST_COLUMNS,
    Play,
    cheapest,
    play_all,
    price_list,
    side_by_side,
)
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.reading import read_scorecards

DAN = 3
CARDS = read_scorecards(("standard", "reported_b"))


@pytest.fixture(scope="module")
def plays(small_house: DuckDBEngine) -> list[Play]:
    """What Dan and a fresh identity can buy in a week and in half a year."""
    return play_all(small_house, CARDS, [DAN, NEW_PERSON], [8, 181])


def test_what_is_found_can_be_bought_at_its_price(society: DuckDBEngine, plays: list[Play]) -> None:
    finds = []
    for play in plays:
        for goal in play.goals:
            if (deal := play.best(goal)) is None:
                continue
            finds.append((play, deal))
            assert goal.budget is None or deal.cents <= goal.budget
            assert goal.total is None or deal.total >= goal.total
            # It is no dearer than anything else that was tried and does it.
            for one in play.tried.values():
                rank = goal.rank(one)
                assert rank is None or rank >= goal.rank(deal)
    with Replay(society, CARDS, [DAN, NEW_PERSON]) as replay:
        made = replay.points([LifeCopy(play.person_key, deal.actions) for play, deal in finds])
    for (play, deal), points in zip(finds, made, strict=True):
        assert points[play.card.name] == deal.points


def test_cents_buy_the_first_card_and_least_money_takes_no_more_than_most(
    society: DuckDBEngine, plays: list[Play], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prices, "play_all", lambda *_, **__: plays)
    rows = prices.price_list(society, CARDS, ["dan", FRESH], (8, 181))
    assert {tuple(row) for row in rows} == {LIST_COLUMNS}
    by_goal = {(row["person_id"], row["days"], row["goal"]): row for row in rows}
    # Seven bills of a cent on a new card: "what 1.0.0 was judged by".
    assert by_goal[FRESH, 181, "most below 100.00"]["band"] == "outstanding"
    assert by_goal["dan", 181, "+20, least money"]["cents"] <= 100
    few, cheap = (by_goal["dan", 181, f"+20, {key}"] for key in ("fewest deeds", "least money"))
    assert few["deeds"] <= cheap["deeds"]
    assert cheap["cents"] <= few["cents"]


def test_every_action_alone_is_listed(society: DuckDBEngine) -> None:
    rows = price_list(society, CARDS, ["dan"], (89,), is_single=True)
    gained = {row["acts"]: row["points_gained"] for row in rows}
    assert gained["befriend fakes 20 x"] <= 0 < gained["befriend the reliable 20 x"]
    assert {row["goal"] for row in rows} == {"alone"}


def _row(card: str, goal: str, days: int, **cells: Any) -> dict[str, Any]:
    blank = dict.fromkeys(LIST_COLUMNS) | {"score_before": 600, "deeds": 1, "cents": 0}
    return blank | {"scorecard": card, "goal": goal, "days": days} | cells


def test_cards_stand_side_by_side_with_the_best_of_all_people() -> None:
    rows = [
        _row("old", "most", 8, points_gained=10),
        _row("old", "most", 8, points_gained=30),
        _row("old", "most", 89, points_gained=40),
        _row("new", "most", 8, points_gained=5),
        _row("old", "+20, least money", 8, cents=3_50),
        _row("old", "+20, least money", 8, cents=2_50),
        _row("old", "+20, fewest deeds", 8, deeds=4),
        _row("old", "most", 89, score_before=None, score_after=700, band="fair"),
    ]
    table = side_by_side(rows)
    assert table.columns == ("goal", "scorecard", "8 days", "89 days")
    assert table.rows == [
        ("most", "old", "+30", "+40"),
        ("most", "new", "+5", "-"),
        ("+20, least money", "old", "2.50", "-"),
        ("+20, least money", "new", "-", "-"),
        ("+20, fewest deeds", "old", "4", "-"),
        ("+20, fewest deeds", "new", "-", "-"),
        (f"{FRESH}: most", "old", "-", "700 fair"),
        (f"{FRESH}: most", "new", "-", "-"),
    ]
    assert [row["cents"] for row in cheapest(rows)] == [2_50]
