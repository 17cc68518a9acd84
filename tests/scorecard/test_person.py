"""A person on any card: points of any value, the neighbour mean, and the ways to the next band."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plainscore.scorecards.person import (
    Advice,
    Card,
    CardBand,
    CardFeature,
    NeighbourMean,
    PersonOnCard,
    Tie,
    Value,
)

DAY = date(2026, 10, 31)
MEAN = NeighbourMean("friends", "social", 16, 570, 12, 500_000, 150_000)


def feature(name: str, *bins: tuple[float, int], factor: str = "own") -> CardFeature:
    most = max((points for _, points in bins), default=MEAN.max_points)
    missing = 0 if bins else None
    return CardFeature(
        name, factor, "units", "up", most, missing, None, None, False, "", "", "", bins
    )


def card(
    *features: CardFeature, advice: Mapping[str, Advice] | None = None, **more: object
) -> Card:
    """Return a card of these features without benefits; two bands, the higher from 10,000."""
    bands = (CardBand(1, "low", 0, 9_999), CardBand(2, "high", 10_000, 99_999))
    factors = tuple(dict.fromkeys(one.factor for one in features))
    made = Card("mine", DAY, DAY, 350, factors, features, bands, (), {}, advice=advice or {})
    return replace(made, **more)  # type: ignore[arg-type]


def person(on: Card, **values: Value) -> PersonOnCard:
    points = {name: on.feature(name).points(value) for name, value in values.items()}
    return PersonOnCard(on, "p", values, points)


def ways(on: Card, at_least: int, **values: Value) -> list[dict[str, Any]]:
    bands = (CardBand(1, "low", 0, at_least - 1), CardBand(2, "high", at_least, 99_999))
    upward = person(replace(on, bands=bands), **values).next_band()
    assert upward is not None
    return list(upward["ways"])


# --- points --------------------------------------------------------------------------------------

MONTHS = feature("months", (0, 0), (3, 10), (6, 20))


@pytest.mark.parametrize(
    ("value", "points"), [(None, 0), (-5, 0), (2.9, 0), (3, 10), (5.99, 10), (6, 20), (1e9, 20)]
)
def test_a_value_earns_the_points_of_its_bin(value: Value, points: int) -> None:
    assert MONTHS.points(value) == points


def test_the_neighbour_mean_earns_a_share_of_its_points_and_is_never_missing() -> None:
    friends = feature("friends", factor="social")
    assert [friends.points(value) for value in (0, 0.5, 1)] == [0, 8, 16]
    with pytest.raises(ValueError, match="never missing"):
        friends.points(None)
    with pytest.raises(KeyError):
        card(friends).feature("nothing")


@pytest.mark.parametrize(("own", "points"), [(285, 8), (570, 14), (0, 2)])  # 13.6 and 2.4, clipped
def test_the_mean_of_friends_follows_the_record_and_is_rounded_half_up(
    own: int, points: int
) -> None:
    record = feature("record", (0, 0), (1, 285), (2, 570))
    on = card(record, feature("friends", factor="social"), mean=MEAN)
    start = PersonOnCard(on, "p", {"record": 1, "friends": 0.5}, {"record": 285, "friends": 8})
    then = start.with_(record={0: 0, 285: 1, 570: 2}[own])
    assert then.points == {"record": own, "friends": points}
    assert then.score == 350 + own + points
    assert sum(term["contribution"] for term in then.terms()) == then.values["friends"]


def test_a_friend_moves_the_mean_as_far_as_the_distance_allows() -> None:
    on = card(feature("record", (0, 0), (1, 285)), feature("friends", factor="social"), mean=MEAN)
    rich = Tie("f", 100, 12, 1_000_000)
    start = PersonOnCard(
        on, "p", {"record": 1, "friends": 0.575}, {"record": 285, "friends": 9}, ties=(rich,)
    )
    assert [term["weight_share"] for term in start.terms()] == [0.5, 0.5]
    assert sum(term["contribution"] for term in start.terms()) == pytest.approx(0.575)
    assert start.with_(friends=1).points["friends"] == 16


def test_a_card_without_friends_benefits_and_higher_band_is_explained() -> None:
    on = card(MONTHS, feature("share", (0, 1), (0.5, 4), factor="other"), base=0)
    one = person(replace(on, bands=(CardBand(1, "all", 0, 24),)), months=4, share=None)
    assert (one.score, one.band, one.terms(), one.next_band()) == (10, "all", [], None)
    assert [(row["factor"], row["total"]) for row in one.point_rows()] == [
        ("own", 10), ("other", 10),
    ]  # fmt: skip
    assert json.loads(json.dumps(one.as_json()))["points"][1]["value"] is None
    assert json.loads(json.dumps(one.card.as_json()))["features"][0]["bins"][1] == [3, 10]


def test_a_person_who_is_not_scored_has_values_and_a_rule() -> None:
    on = card(MONTHS, rules={"N1": {"reason": "too new", "what_to_do": "wait"}})
    one = PersonOnCard(on, "p", {"months": 4}, {}, not_scored_code="N1")
    explained = one.as_json()
    assert (explained["score"], explained["band"], explained["next_band"]) == (None, None, None)
    assert explained["not_scored"] == {"code": "N1", "reason": "too new", "what_to_do": "wait"}
    assert [row["points"] for row in explained["points"]] == [None]


# --- ways to the next band -----------------------------------------------------------------------

OVERDUE = feature("overdue", (0, 15), (0.000001, 10), (0.25, 0))
SHARE = feature("share", (0, 0), (0.9, 40))
SINCE = feature("since", (0, 0), (2, 8), (6, 15))
DECAYED = feature("decayed", (0, 20), (0.02, 9), (0.06, 3))
ADVICE = {
    "overdue": Advice("done", 0, "pay"),
    "share": Advice("done", 365, "pay in time"),
    "months": Advice("monthly", 30, "set aside", most=6),
    "age": Advice("waited", 30, "nothing"),
    "since": Advice("waited", 30, "nothing late", needs="overdue"),
    "decayed": Advice("halved", 180, "pay"),
}


def _short(way: dict[str, Any]) -> tuple[int, list[str], list[str]]:
    acts, waiting = ([step["feature"] for step in way[kind]] for kind in ("acts", "waiting"))
    return way["days"], acts, waiting


def test_acts_that_take_no_time_come_first_and_the_fewest_last() -> None:
    found = ways(card(OVERDUE, SHARE, MONTHS, advice=ADVICE), 385, overdue=0.3, share=0.5, months=1)
    assert [_short(way) for way in found] == [
        (180, ["months", "overdue"], []),
        (365, ["share"], []),
    ]


def test_an_act_goes_no_further_than_it_must() -> None:
    (way, *_) = ways(card(MONTHS, OVERDUE, advice=ADVICE), 375, months=1, overdue=0.3)
    assert (way["days"], [step["goal"] for step in way["acts"]]) == (90, ["0", "at least 3"])


def test_time_alone_is_a_way_too() -> None:
    age = feature("age", (0, 0), (6, 8), (12, 20))
    found = ways(card(age, advice=ADVICE), 355, age=4)
    assert [_short(way) for way in found] == [(60, [], ["age"])]


def test_what_must_be_paid_first_is_part_of_waiting_for_it() -> None:
    on = card(OVERDUE, SINCE, advice=ADVICE)
    assert _short(ways(on, 373, overdue=0.3, since=0)[0]) == (60, ["overdue"], ["since"])
    assert _short(ways(on, 373, overdue=0, since=0)[0]) == (60, [], ["since"])


@pytest.mark.parametrize(("at_least", "days", "goal"), [(359, 180, "0.06"), (370, 540, "0.02")])
def test_what_halves_takes_as_many_halvings_as_lead_below_the_edge(
    at_least: int, days: int, goal: str
) -> None:
    found = ways(card(DECAYED, advice=ADVICE), at_least, decayed=0.09)
    assert [(way["days"], way["acts"][0]["goal"]) for way in found] == [(days, f"below {goal}")]


def test_what_has_no_value_or_no_advice_is_left_alone() -> None:
    on = card(SHARE, feature("else", (0, 0), (1, 99)), advice=ADVICE)
    assert ways(on, 380, share=None, **{"else": 0}) == []


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from((0, 90, 180, 365))), max_size=6),
    st.integers(1, 120),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_way_is_the_one_with_the_fewest_acts_of_its_time(
    acts: list[tuple[int, int]], missing: int
) -> None:
    features = [feature(f"f{no}", (0, 0), (1, gain)) for no, (gain, _) in enumerate(acts)]
    advice = {f"f{no}": Advice("done", days, "do it") for no, (_, days) in enumerate(acts)}
    expected: list[tuple[int, int]] = []
    for days in (0, 90, 180, 365):
        gains = [gain for gain, needed in acts if needed <= days]
        sizes = [
            size
            for size in range(1, len(gains) + 1)
            if any(sum(chosen) >= missing for chosen in combinations(gains, size))
        ]
        if sizes and (not expected or min(sizes) < expected[-1][1]):
            expected.append((days, min(sizes)))
    values = {one.feature: 0 for one in features}
    found = ways(card(*features, advice=advice), 350 + missing, **values) if acts else []
    assert [(way["days"], len(way["acts"])) for way in found] == expected


# --- ranges --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bins", "ranges"),
    [
        (((0, 0), (3, 5), (10, 9)), [("below 3", 0), ("3 to below 10", 5), ("10 or more", 9)]),
        (((0, 9), (0.005, 4), (1, 0)), [("below 0.005", 9), ("0.005 to below 1", 4),
                                        ("1 or more", 0)]),
        (((0, 0), (1, 5), (2, 5), (3, 8)), [("below 1", 0), ("1 to below 3", 5), ("3 or more", 8)]),
        (((0, 7), (5, 7)), [("any value", 7)]),
        ((), []),
    ],
)  # fmt: skip
def test_ranges_of_values_and_their_points(
    bins: tuple[tuple[float, int], ...], ranges: list[tuple[str, int]]
) -> None:
    assert feature("x", *bins).ranges() == ranges


def test_other_results_are_scores_with_other_values() -> None:
    on = card(feature("x", (0, 0), (3, 5), (10, 9)), feature("y", (0, 1)))
    found = person(on, x=4, y=0).other_results("x")
    assert found == [
        {"values": "below 3", "points": 0, "score_then": 351},
        {"values": "10 or more", "points": 9, "score_then": 360},
    ]
    assert replace(person(on, x=4, y=0), points={}).other_results("x") == []
