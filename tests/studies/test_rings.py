"""Rings are the groups that pairs hold together, whatever the order of the pairs."""

from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.statistics.rings import FEWEST_IN_A_RING, find_rings

IDS = st.sampled_from([f"p{number}" for number in range(14)] + ["é", "z"])
PAIRS = st.lists(st.tuples(IDS, IDS), max_size=30)


def test_the_largest_comes_first_and_equals_by_their_first_id() -> None:
    square = [("d", "c"), ("c", "b"), ("b", "a")]
    other = [("é", "z"), ("y", "z"), ("x", "é")]
    large = [("1", "2"), ("2", "3"), ("3", "4"), ("4", "5")]
    assert find_rings([*other, *square, *large]) == [
        ["1", "2", "3", "4", "5"],
        ["a", "b", "c", "d"],
        ["x", "y", "z", "é"],
    ]


def test_fewer_than_four_are_no_ring() -> None:
    assert find_rings([("a", "b"), ("b", "c")]) == []
    assert find_rings([]) == []


@given(PAIRS)
def test_no_order_matters_and_no_pair_leads_out_of_a_ring(pairs: list[tuple[str, str]]) -> None:
    found = find_rings(pairs)
    assert find_rings([(other, one) for one, other in reversed(pairs)]) == found
    ring_of = {person: no for no, ring in enumerate(found) for person in ring}
    assert all(ring_of.get(one) == ring_of.get(other) for one, other in pairs)
    assert len(ring_of) == sum(len(ring) for ring in found)
    assert all(len(ring) >= FEWEST_IN_A_RING for ring in found)
