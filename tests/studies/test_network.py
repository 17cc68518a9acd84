"""Rewiring keeps everyone's number of ties and nothing else."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.network import (
    Ints,
    assortativity,
    draw,
    rewired,
    score_assortativity,
    shuffled,
    tie_keys,
    ties_to_rewire,
)
from tests.publish.invented import OCTOBER, engine

PEOPLE = 12
TIES = st.sets(
    st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)).filter(lambda t: t[0] < t[1]),
    min_size=1,
).map(lambda ties: np.array(sorted(ties), dtype=np.int64))


def _two_camps(size: int) -> Ints:
    """Return two circles of people, each tied to the next five."""
    one = [(who, (who + step) % size) for who in range(size) for step in range(1, 6)]
    return np.array(one + [(a + size, b + size) for a, b in one], dtype=np.int64)


@given(TIES)
def test_everyone_keeps_as_many_ties_none_double_and_none_to_oneself(ties: Ints) -> None:
    for redrawn in rewired(ties, PEOPLE, 3):
        assert Counter(redrawn.ravel().tolist()) == Counter(ties.ravel().tolist())
        assert len(set(tie_keys(redrawn, PEOPLE).tolist())) == len(ties)
        assert (redrawn[:, 0] != redrawn[:, 1]).all()


def test_where_every_tie_is_there_already_nothing_can_change() -> None:
    ties = np.array([(a, b) for b in range(5) for a in range(b)], dtype=np.int64)
    for redrawn in rewired(ties, 5, 2):
        assert (redrawn == ties).all()


def test_one_sweep_after_another_forgets_who_was_tied_to_whom() -> None:
    ties = _two_camps(300)
    points = np.repeat(np.array([100, 200]), 300)
    assert assortativity(ties, points) == 1
    chance = [assortativity(redrawn, points) for redrawn in rewired(ties, 600, 10)]
    # 3,000 ties: chance strays by 1 / sqrt(3000) = 0.018.
    assert all(value is not None and abs(value) < 0.08 for value in chance)
    assert len(set(chance)) > 5


def test_two_sides_that_had_ties_across_alone_get_ties_within() -> None:
    across = np.array([(a, 40 + (a + k) % 40) for a in range(40) for k in range(5)], dtype=np.int64)
    (redrawn,) = rewired(across, 80, 1)
    within = int(((redrawn < 40).all(axis=1) | (redrawn >= 40).all(axis=1)).sum())
    # Half of 200 are expected; chance strays by 7.
    assert 60 < within < 140


@given(TIES, st.lists(st.integers(0, 600), min_size=PEOPLE, max_size=PEOPLE))
def test_assortativity_is_pearsons_correlation_over_both_directions(
    ties: Ints, points: list[int]
) -> None:
    values = np.array(points)
    ends = np.concatenate((ties, ties[:, ::-1]))
    one, other = values[ends[:, 0]], values[ends[:, 1]]
    found = assortativity(ties, values)
    if len(set(one.tolist())) == 1:
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(one, other)[0, 1], abs=1e-9)


def test_of_many_ties_a_part_is_drawn_whatever_else_there_is() -> None:
    ties = _two_camps(100)
    drawn = ties_to_rewire(ties, 200, 60)
    kept = set(tie_keys(drawn, 200).tolist())
    assert len(kept) == 60
    assert kept <= set(tie_keys(ties, 200).tolist())
    assert set(tie_keys(ties_to_rewire(ties[::-1], 200, 60), 200).tolist()) == kept
    assert len(ties_to_rewire(ties, 200)) == len(ties)


def test_draws_differ_by_counter_and_by_what_they_are_for() -> None:
    counters = np.arange(10_000, dtype=np.int64)
    draws = draw("this", counters)
    assert len(set(draws.tolist())) == 10_000
    assert not set(draws.tolist()) & set(draw("that", counters).tolist())
    # The expected share of set top bits is a half, give or take 0.5 %.
    assert abs(float((draws >> np.uint64(63)).mean()) - 0.5) < 0.02
    assert sorted(shuffled("this", 50).tolist()) == list(range(50))


def test_the_order_in_which_people_came_and_ties_are_stored_decides_nothing() -> None:
    house = engine(OCTOBER)
    try:
        made = [list(score_assortativity(house.con))]
        house.con.execute(
            "create or replace table staging.tie as from staging.tie order by friend_key desc"
        )
        made.append(list(score_assortativity(house.con)))
        _give_other_keys(house.con)
        made.append(list(score_assortativity(house.con)))
    finally:
        house.close()
    assert made[0] == made[1] == made[2]
    assert all(row[2] == row[4] > 0 and row[6] == 20 for row in made[0])


def _give_other_keys(con) -> None:  # type: ignore[no-untyped-def]
    """Number the people backwards, as if the last had come first."""
    for table, column in (
        ("events.person", "person_key"),
        ("scores.score", "person_key"),
        ("scores.own_points", "person_key"),
        ("staging.tie", "person_key"),
        ("staging.tie", "friend_key"),
    ):
        con.execute(f"update {table} set {column} = 900 - {column}")
