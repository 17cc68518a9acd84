"""Measures of inequality are what their definitions say, pair by pair and person by person."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.statistics.inequality import gini, theil, theil_parts

COUNTS = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 5)), min_size=1, max_size=12)


def _everyone(counts: list[tuple[int, int]]) -> list[int]:
    return [value for value, people in counts for _ in range(people)]


@given(COUNTS)
def test_gini_is_half_the_mean_difference_of_two_against_the_mean(
    counts: list[tuple[int, int]],
) -> None:
    values = _everyone(counts)
    total, people = sum(values), len(values)
    differences = sum(abs(one - other) for one in values for other in values)
    expected = differences / (2 * people * total) if total else None
    assert gini(counts) == (expected if expected is None else pytest.approx(expected))


@given(COUNTS)
def test_theil_is_the_mean_of_shares_times_their_logarithms(counts: list[tuple[int, int]]) -> None:
    values = _everyone(counts)
    if not sum(values):
        assert theil(counts) is None
        return
    mean = sum(values) / len(values)
    terms = [value / mean * math.log(value / mean) for value in values if value]
    assert theil(counts) == pytest.approx(math.fsum(terms) / len(values), abs=1e-12)


@given(COUNTS, st.randoms())
def test_order_changes_no_digit(counts: list[tuple[int, int]], chance: "object") -> None:
    other = list(counts)
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert (gini(other), theil(other)) == (gini(counts), theil(counts))


def test_where_all_are_alike_nothing_is_unequal() -> None:
    assert gini([(300, 7)]) == 0
    assert theil([(300, 7)]) == 0


def test_where_one_has_everything_gini_is_nearly_one() -> None:
    assert gini([(0, 99), (600, 1)]) == pytest.approx(0.99)
    assert theil([(0, 99), (600, 1)]) == pytest.approx(math.log(100))


def test_nobody_at_all_is_no_number() -> None:
    assert (gini([]), theil([]), gini([(0, 5)])) == (None, None, None)


@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_the_parts_between_and_within_groups_make_the_whole(
    groups: list[list[tuple[int, int]]],
) -> None:
    whole, parts = theil([count for group in groups for count in group]), theil_parts(groups)
    if whole is None or parts is None:
        assert whole is parts is None
        return
    between, within = parts
    assert between + within == pytest.approx(whole, abs=1e-12)
    assert 0 <= between <= whole + 1e-12


def test_groups_that_are_alike_within_differ_between_alone() -> None:
    assert theil_parts([[(100, 3)], [(300, 1)]]) == (
        pytest.approx(theil([(100, 3), (300, 1)])),
        0,
    )
    between, within = theil_parts([[(100, 1), (300, 1)], [(300, 2), (100, 2)]]) or (1, 0)
    assert between == 0
    assert within == pytest.approx(theil([(100, 3), (300, 3)]))
