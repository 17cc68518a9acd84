"""Rings and stars are found where there are some, and not where people merely met many at once."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.network import Counts, Ring, Rule, core_span, groups_of_ties, is_ring
from plainscore.synthetic.planted import ATTACK_KINDS
from plainscore.synthetic.shape import USUAL
from tests.studies.tie_graphs import (
    Ints,
    TieGraph,
    club_joiners,
    invented_world,
    messaging,
    preferential,
    rings_in,
    school_classes,
)

RULE = Rule(
    times_expected=4,
    outside_ppm=200_000,
    density_ppm=200_000,
    complete_ppm=700_000,
    lonely_ppm=500_000,
    loose_ppm=400_000,
    class_ppm=350_000,
    class_milli=2_300,
    core_ppm=800_000,
    fewest_people=6,
)
PEOPLE = 2_500


_usual_world = cache(invented_world)


@cache
def _usual_rings() -> list[Ring]:
    """Return the rings of the world of seed 2."""
    return rings_in(_usual_world(PEOPLE, 2))


def _found(graph: TieGraph) -> set[int]:
    return _people_of(rings_in(graph))


def _people_of(rings: list[Ring]) -> set[int]:
    return {person for one in rings for person in one.people}


@pytest.mark.parametrize("spread_days", [0, 180])
def test_planted_rings_and_stars_are_found_and_hardly_anyone_else(spread_days: int) -> None:
    there, found = Counter[str](), Counter[str]()
    for seed in (1, 2):
        graph = invented_world(10_000, seed, spread_days)
        in_rings = _found(graph)
        innocent = set(range(graph.people)) - graph.everyone_attacking
        groups = {"innocent": innocent, "in a burst": set(graph.bursts), **graph.attackers}
        there.update({name: len(people) for name, people in groups.items()})
        found.update({name: len(people & in_rings) for name, people in groups.items()})
    for kind in ATTACK_KINDS:
        assert found[kind] >= 0.8 * there[kind], kind
    # Most have an ordinary tie with a hub, of the time of its star.
    assert found["innocent"] <= 0.001 * there["innocent"]
    assert there["in a burst"] > 500
    assert found["in a burst"] <= 0.001 * there["in a burst"]


def test_a_class_differs_from_a_group_as_loose_by_whom_else_its_people_met() -> None:
    """Of one time and of the same size: without its ties to others a class is taken for a ring."""
    graph, found = _usual_world(PEOPLE, 2), _people_of(_usual_rings())
    assert len(graph.attackers["score_group"] & found) > 15
    assert len(found & graph.bursts) <= 1
    apart = invented_world(PEOPLE, 2, shape=replace(USUAL, class_outside=0))
    assert len(_found(apart) & apart.bursts) > 50


def test_a_star_has_one_hub_and_a_ring_none() -> None:
    graph, rings = _usual_world(PEOPLE, 2), _usual_rings()
    assert {one.kind for one in rings} == {"ring", "star"}
    for one in rings:
        assert (one.hub is None) == (one.kind == "ring")
        assert one.hub is None or one.hub in graph.everyone_attacking
        assert one.ties > one.expected_ties
        assert (one.spoke_ties is None) == (one.kind == "ring")
    everyone = [person for one in rings for person in one.people]
    assert len(everyone) == len(set(everyone))


def test_who_is_seldom_in_touch_with_the_hub_is_no_spoke() -> None:
    graph = _usual_world(PEOPLE, 2)
    star = next(one for one in _usual_rings() if one.kind == "star")
    hub, spoke = star.hub, next(one for one in star.people if one != star.hub)
    assert hub is not None
    is_theirs = (graph.low == min(hub, spoke)) & (graph.high == max(hub, spoke))
    seldom = replace(graph, months=np.where(is_theirs, 1, graph.months))
    [found] = [one for one in rings_in(seldom) if one.hub == hub]
    assert set(star.people) - set(found.people) == {spoke}


def test_a_network_that_all_joined_at_once_has_no_ring() -> None:
    assert rings_in(messaging(1)) == []


def test_a_wave_of_people_who_join_has_no_ring() -> None:
    assert rings_in(preferential(1, people=3_000)) == []


@pytest.mark.parametrize("is_one_start", [True, False])
def test_school_classes_are_no_rings(is_one_start: bool) -> None:
    graph = school_classes(_usual_world(PEOPLE, 1), 1, is_one_start=is_one_start)
    assert len(graph.bursts) > 500
    assert len(_found(graph) & graph.bursts - graph.everyone_attacking) <= 1


def test_who_joins_a_club_is_in_no_ring() -> None:
    graph = club_joiners(_usual_world(PEOPLE, 1), 1)
    assert len(graph.bursts) > 100
    assert not _found(graph) & graph.bursts - graph.everyone_attacking


def test_neither_keys_nor_the_order_of_ties_decide_anything() -> None:
    graph = invented_world(1_000, 1)
    turned = TieGraph(
        graph.people, graph.low[::-1], graph.high[::-1], graph.days[::-1], graph.months[::-1], {}
    )
    assert rings_in(turned) == rings_in(graph) != []


def _counts(inside: int, outside: int = 0, usual_outside: int = 0, share: int = 10) -> Counts:
    """Return counts of a group whose ties are all of its time, of which the graph has 1 / share."""
    return Counts(inside, inside, outside + usual_outside, outside, 1_000, 1_000 * share)


def test_a_ring_is_dense_of_one_time_and_met_no_one_else() -> None:
    assert is_ring(10, _counts(45), RULE)
    assert is_ring(6, _counts(15), RULE)
    assert not is_ring(5, _counts(10), RULE)
    # Every fifth pair, of people who know no one else.
    assert is_ring(10, _counts(9), RULE)
    assert not is_ring(10, _counts(8), RULE)
    # A quarter of all ties of the graph are of its time: four times as many are likely by chance.
    assert is_ring(10, _counts(45, share=4), RULE)
    assert not is_ring(10, _counts(45, share=3), RULE)


def test_a_loose_group_with_a_life_besides_is_a_ring_where_a_class_had_met_more_others() -> None:
    # Two in five pairs. A class had 76 * 7 / 20 = 26 more than the 30 likely, give or take 17.
    assert is_ring(20, _counts(76, 39, 261), RULE)
    assert not is_ring(20, _counts(75, 39, 261), RULE)
    assert not is_ring(20, _counts(76, 40, 260), RULE)
    # Of so few people a class might have met no one.
    assert not is_ring(6, _counts(8, 0, 10), RULE)


def test_people_without_a_life_besides_are_a_ring_however_loose() -> None:
    # At most half as many ties to others as among themselves.
    assert is_ring(10, _counts(17, usual_outside=8), RULE)
    assert not is_ring(10, _counts(17, usual_outside=9), RULE)


def test_more_ties_to_others_than_usual_speak_against_a_ring() -> None:
    # Of 100 ties to others 10 are likely, and twice the root of 10 may be more.
    assert is_ring(10, _counts(32, 16, 84), RULE)
    assert not is_ring(10, _counts(32, 17, 83), RULE)
    assert is_ring(20, _counts(100, 16, 84), RULE)
    assert not is_ring(20, _counts(100, 17, 83), RULE)
    assert _counts(32, 16, 84).expected_outside == Fraction(10)
    # Without a life besides: of 22 ties 2.2 are likely; a fifth of the 45 may be more, too.
    assert is_ring(10, _counts(45, 14, 8), RULE)
    assert not is_ring(10, _counts(45, 15, 7), RULE)


def test_the_time_of_a_group_is_the_shortest_that_holds_most_of_its_ties() -> None:
    days = np.array([400, 90, 10, 105, 100, 95, 99, 98, 97, 96])
    assert core_span(days, 800_000) == (90, 105)
    assert core_span(days, 700_000) == (90, 100)
    assert core_span(days, 1_000_000) == (10, 400)
    # The newest of two as short.
    assert core_span(np.array([1, 3, 5]), 600_000) == (1, 3)
    assert core_span(np.array([7]), 800_000) == (7, 7)


def _groups(count: int, triangles: list[tuple[int, int, int]]) -> list[list[int]]:
    made: Ints = np.array(triangles, dtype=np.int64).reshape(-1, 3)
    return [group.tolist() for group in groups_of_ties(count, made)]


def test_triangles_that_share_a_tie_are_one_group_and_those_that_share_a_person_are_two() -> None:
    assert _groups(6, [(0, 1, 2), (2, 3, 4)]) == [[0, 1, 2, 3, 4]]
    assert _groups(7, [(0, 1, 2), (3, 4, 5)]) == [[0, 1, 2], [3, 4, 5]]
    assert _groups(3, []) == []
    assert _groups(0, []) == []


TRIANGLES = st.lists(st.tuples(*[st.integers(0, 30)] * 3).filter(lambda t: len(set(t)) == 3))


@given(TRIANGLES)
def test_each_tie_of_a_triangle_is_in_one_group_whatever_the_order(
    triangles: list[tuple[int, int, int]],
) -> None:
    found = _groups(31, triangles)
    assert sorted(found) == sorted(_groups(31, [t[::-1] for t in reversed(triangles)]))
    group_of = {tie: number for number, group in enumerate(found) for tie in group}
    assert set(group_of) == {tie for triangle in triangles for tie in triangle}
    assert sum(map(len, found)) == len(group_of)
    assert all(len({group_of[tie] for tie in triangle}) == 1 for triangle in triangles)
