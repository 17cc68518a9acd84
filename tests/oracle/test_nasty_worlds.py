"""The nasty worlds are lawful input, the same every time, and reach what they are made to reach."""

import random
from collections import Counter
from datetime import timedelta
from functools import cache

import pytest

from tests.oracle.nasty_worlds import NastyWorld, nasty_world
from tests.oracle.score import CARD, CardRow
from tests.oracle.snapshot import PersonResult, snapshot

SEEDS = range(12)


@cache
def world(seed: int) -> NastyWorld:
    return nasty_world(seed)


@cache
def results() -> tuple[PersonResult, ...]:
    worlds = [world(seed) for seed in SEEDS]
    found = [snapshot(one.events, one.as_of_date, one.known_on) for one in worlds]
    return tuple(result for results in found for result in results.values())


def test_the_same_seed_gives_the_same_world() -> None:
    assert [vars(e) for e in nasty_world(3).events] == [vars(e) for e in nasty_world(3).events]


def test_a_log_can_be_left_out() -> None:
    assert "payment" not in {e.log for e in nasty_world(1, without_log="payment").events}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_is_one_that_the_ingest_accepts(seed: int) -> None:
    events = world(seed).events
    ids = Counter((e.log, e.event_id) for e in events)
    assert max(ids.values()) == 1
    for event in events:
        assert event.event_date <= event.arrived
        assert event.person_id not in (event["friend_id"], event["counterparty_id"])
        for name in ("amount_cents", "balance_cents", "credit_limit_cents"):
            assert event[name] is None or 0 <= event[name] <= 10**12
        assert abs(event["account_balance_cents"] or 0) <= 10**12
        if event["due_date"]:
            assert abs(event["due_date"] - event.event_date) <= timedelta(days=7305)


def test_the_order_of_the_rows_changes_nothing() -> None:
    events = list(world(5).events)
    random.Random(1).shuffle(events)
    shuffled = snapshot(events, world(5).as_of_date, world(5).known_on)
    assert shuffled == snapshot(world(5).events, world(5).as_of_date, world(5).known_on)


def test_the_best_are_worth_950_points_and_have_fewer_than_four_reasons() -> None:
    best = [r for r in results() if r.score == 950]
    assert best
    assert {len(r.reasons) for r in results() if r.points} == {0, 1, 2, 3, 4}


def test_every_way_of_not_being_scored_and_every_band_occurs() -> None:
    assert {r.not_scored_code for r in results()} == {None, "N1", "N2", "N3", "N4", "N5"}
    assert {r.band_no for r in results()} == {None, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("row", [row for row in CARD if row.bins], ids=lambda row: row.feature)
def test_every_bin_that_a_scored_person_can_reach_is_reached(row: CardRow) -> None:
    reached = {r.points[row.feature] for r in results() if r.points}
    # Who is scored was opened 180 days ago, so the first bin of account_age_months is for no one.
    out_of_reach = {0} if row.feature == "account_age_months" else set()
    assert {points for _at_least, points in row.bins} - out_of_reach <= reached


def test_every_edge_of_a_bin_is_hit_exactly() -> None:
    edges = {(row.feature, at_least) for row in CARD for at_least, _points in row.bins}
    hit = edges & {item for result in results() for item in result.features.items()}
    # A median of -9999 days is beyond the years of these worlds; a largest share is never 0.
    out_of_reach = {
        ("median_days_early", -9999.0),
        ("category_concentration", 0.0),
        ("top_tie_share", 0.0),
    }
    assert edges - hit - out_of_reach == set()
