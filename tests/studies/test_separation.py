"""Separation of good and bad is what pairs and thresholds say."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.metrics import PointsCount, RiskBin, contradictions, separation

COUNTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 4), st.integers(0, 4)),
    min_size=1,
    max_size=7,
    unique_by=lambda count: count[0],
)


def _people(counts: list[PointsCount]) -> tuple[list[int], list[int]]:
    good = [points for points, people, _ in counts for _ in range(people)]
    bad = [points for points, _, people in counts for _ in range(people)]
    return good, bad


def _beats(good: int, bad: int) -> float:
    return 1.0 if good > bad else 0.5 if good == bad else 0.0


@given(COUNTS)
def test_auc_is_the_share_of_pairs_in_which_the_good_has_more(counts: list[PointsCount]) -> None:
    good, bad = _people(counts)
    found = separation(counts)
    assert (found.people, found.bad) == (len(good) + len(bad), len(bad))
    if not (good and bad):
        assert (found.auc, found.gini, found.ks) == (None, None, None)
        return
    wins = [_beats(one, other) for one, other in product(good, bad)]
    assert found.auc == pytest.approx(sum(wins) / len(wins))
    assert found.gini == pytest.approx(2 * sum(wins) / len(wins) - 1)


@given(COUNTS)
def test_ks_is_the_greatest_distance_of_the_two_distributions(counts: list[PointsCount]) -> None:
    good, bad = _people(counts)
    if not (good and bad):
        return
    distances = [
        abs(sum(p <= edge for p in bad) / len(bad) - sum(p <= edge for p in good) / len(good))
        for edge in range(10)
    ]
    assert separation(counts).ks == pytest.approx(max(distances))


@given(COUNTS)
def test_the_interval_is_delongs_person_by_person(counts: list[PointsCount]) -> None:
    good, bad = _people(counts)
    found = separation(counts)
    if len(good) < 2 or len(bad) < 2:
        assert (found.auc_low, found.auc_high) == (None, None)
        return
    assert found.auc is not None
    of_good = [sum(_beats(one, b) for b in bad) / len(bad) for one in good]
    of_bad = [sum(_beats(g, one) for g in good) / len(good) for one in bad]
    variance = sum(
        sum((share - found.auc) ** 2 for share in shares) / (len(shares) - 1) / len(shares)
        for shares in (of_good, of_bad)
    )
    spread = 1.959963984540054 * math.sqrt(variance)
    assert found.auc_low == pytest.approx(max(0.0, found.auc - spread))
    assert found.auc_high == pytest.approx(min(1.0, found.auc + spread))


def test_a_worked_example() -> None:
    # Good 3, 2, 2; bad 2, 1: the pairs are won 1 + 1, and half + 1 twice: 5 of 6.
    found = separation([(1, 0, 1), (2, 2, 1), (3, 1, 0)])
    assert found.auc == pytest.approx(5 / 6)
    assert found.ks == pytest.approx(0.5)


def test_the_interval_of_ks_is_newcombes_of_the_two_shares_where_it_is_reached() -> None:
    # At or below 1 point: 56 of 70 bad, 48 of 80 good; Newcombe's first example, 1998.
    found = separation([(1, 48, 56), (2, 32, 14)])
    assert found.ks == pytest.approx(0.2)
    assert found.ks_low == pytest.approx(0.0524, abs=5e-5)
    assert found.ks_high == pytest.approx(0.3339, abs=5e-5)


def test_the_interval_of_ks_does_not_depend_on_who_has_more_points() -> None:
    found = separation([(1, 48, 56), (2, 32, 14)])
    turned = separation([(1, 32, 14), (2, 48, 56)])
    assert (turned.ks, turned.ks_low, turned.ks_high) == (found.ks, found.ks_low, found.ks_high)


def test_more_points_at_more_risk_is_a_contradiction() -> None:
    bins = [RiskBin(1, 0, 1000, 100), RiskBin(2, 10, 1000, 200), RiskBin(3, 20, 1000, 50)]
    found = contradictions(bins)
    assert set(found) == {2}
    assert found[2].place == 1
    assert found[2].is_significant


def test_chance_is_no_finding_and_equal_points_are_no_order() -> None:
    (found,) = contradictions([RiskBin(1, 0, 100, 10), RiskBin(2, 10, 100, 12)]).values()
    assert not found.is_significant
    assert contradictions([RiskBin(1, 5, 1000, 100), RiskBin(2, 5, 1000, 900)]) == {}


def test_the_more_pairs_are_asked_the_more_it_takes() -> None:
    two = [RiskBin(1, 0, 1000, 100), RiskBin(2, 10, 1000, 140)]
    more = [*two, *(RiskBin(place, 10 * place, 1000, 50) for place in range(3, 9))]
    assert contradictions(two)[2].p_value < contradictions(more)[2].p_value


def test_nobody_at_all_contradicts_nothing() -> None:
    assert contradictions([]) == {}
    assert contradictions([RiskBin(1, 0, 5, 0), RiskBin(2, 5, 5, 0)]) == {}


def test_one_person_proves_nothing() -> None:
    assert contradictions([RiskBin(0, 8, 1, 1), RiskBin(1, 0, 1000, 100)]) == {}
    assert set(contradictions([RiskBin(0, 8, 60, 60), RiskBin(1, 0, 1000, 100)])) == {0}
