"""Rings and stars are found where there are some, and not where people merely met many at once."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.rings import Counts, Rule, groups_of_ties, is_ring
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
    complete_ppm=900_000,
    lonely_ppm=500_000,
    fewest_people=6,
)
PEOPLE = 2_500


def _found(graph: TieGraph) -> set[int]:
    return {person for one in rings_in(graph) for person in one.people}


@pytest.mark.parametrize("spread_days", [0, 180])
def test_planted_rings_and_stars_are_found_and_hardly_anyone_else(spread_days: int) -> None:
    there, found = Counter[str](), Counter[str]()
    for seed in range(1, 5):
        graph = invented_world(10_000, seed, spread_days)
        in_rings = _found(graph)
        innocent = set(range(graph.people)) - graph.everyone_attacking
        groups = {"innocent": innocent, "in a burst": set(graph.bursts), **graph.attackers}
        there.update({name: len(people) for name, people in groups.items()})
        found.update({name: len(people & in_rings) for name, people in groups.items()})
    for kind in ("ring", "hub_and_spoke", "bought_friends", "fake_farm"):
        assert found[kind] >= 0.8 * there[kind], kind
    # Most have an ordinary tie with a hub, of the time of its star.
    assert found["innocent"] <= 0.001 * there["innocent"]
    assert there["in a burst"] > 1_000
    assert found["in a burst"] <= 0.001 * there["in a burst"]


@pytest.mark.parametrize("spread_days", [0, 180])
def test_a_group_as_loose_as_a_class_is_no_ring(spread_days: int) -> None:
    """Ties do not say which is which: of one time, of the same size, with as many ties to others.

    So both are found or neither is, and of the people in such groups most are innocent.
    """
    graph = invented_world(PEOPLE, 2, spread_days)
    groups = graph.attackers["score_group"]
    assert len(groups) == 20
    assert 5 * len(groups) < len(graph.bursts)
    assert not _found(graph) & groups


def test_a_star_has_one_hub_and_a_ring_none() -> None:
    graph = invented_world(PEOPLE, 2)
    rings = rings_in(graph)
    assert {one.kind for one in rings} == {"ring", "star"}
    for one in rings:
        assert (one.hub is None) == (one.kind == "ring")
        assert one.hub is None or one.hub in graph.everyone_attacking
        assert one.ties > one.expected_ties
        assert (one.spoke_ties is None) == (one.kind == "ring")
    everyone = [person for one in rings for person in one.people]
    assert len(everyone) == len(set(everyone))


def test_a_network_that_all_joined_at_once_has_no_ring() -> None:
    assert rings_in(messaging(1)) == []


def test_a_wave_of_people_who_join_has_no_ring() -> None:
    assert rings_in(preferential(1, people=3_000)) == []


@pytest.mark.parametrize("is_one_start", [True, False])
def test_school_classes_are_no_rings(is_one_start: bool) -> None:
    graph = school_classes(invented_world(PEOPLE, 1), 1, is_one_start=is_one_start)
    assert len(graph.bursts) > 500
    assert len(_found(graph) & graph.bursts - graph.everyone_attacking) <= 1


def test_who_joins_a_club_is_in_no_ring() -> None:
    graph = club_joiners(invented_world(PEOPLE, 1), 1)
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


def test_people_with_a_life_besides_are_a_ring_only_where_nearly_all_pairs_have_a_tie() -> None:
    # Nine of ten pairs.
    assert is_ring(10, _counts(41, usual_outside=100), RULE)
    assert not is_ring(10, _counts(40, usual_outside=100), RULE)
    # At most half as many ties to others as among themselves.
    assert is_ring(10, _counts(40, usual_outside=20), RULE)
    assert not is_ring(10, _counts(40, usual_outside=21), RULE)


def test_more_ties_to_others_than_usual_speak_against_a_ring() -> None:
    # Of 100 ties to others 10 are likely; a fifth of the 45 and twice the root of 10 may be more.
    assert is_ring(10, _counts(45, 25, 75), RULE)
    assert not is_ring(10, _counts(45, 26, 74), RULE)
    assert _counts(45, 25, 75).expected_outside == Fraction(10)


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
