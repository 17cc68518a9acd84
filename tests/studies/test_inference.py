"""Means and shares are compared as scipy and the textbooks compare them."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from plainscore.analysis.inference import (
    MeanDifference,
    Sums,
    compare_means,
    holm,
    two_shares_p,
    wilson,
)
from plainscore.analysis.metrics import stability_noise

SCORES = st.lists(st.integers(35, 95).map(lambda tens: 10 * tens), min_size=2, max_size=40)


def _sums(values: list[int]) -> Sums:
    return Sums(len(values), sum(values), sum(value * value for value in values))


@pytest.mark.parametrize(
    ("degrees", "chi_square"),
    # Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.8
    [(1, 3.84146), (2, 5.99147), (10, 18.3070), (30, 43.7730)],
)
def test_95_percent_points_are_those_of_the_printed_tables(degrees: int, chi_square: float) -> None:
    assert stability_noise(degrees + 1, 2, 2) == pytest.approx(chi_square, abs=5e-5)


@pytest.mark.filterwarnings("ignore:Precision loss")  # scipy's, where hardly anybody differs
@given(SCORES, SCORES)
def test_two_means_are_compared_as_scipy_compares_them(one: list[int], other: list[int]) -> None:
    found = compare_means(_sums(one), _sums(other))
    assert found.difference == pytest.approx(
        statistics.fmean(one) - statistics.fmean(other), abs=1e-9
    )
    if len(set(one)) == 1 and len(set(other)) == 1:
        assert found == MeanDifference(found.difference)
        return
    expected = stats.ttest_ind(one, other, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-6)


def test_a_gap_is_also_told_in_deviations_of_a_person() -> None:
    # Within both sides people lie 10 from the mean: sum of squares 400, over 4 - 2 degrees.
    found = compare_means(_sums([610, 590]), _sums([710, 690]))
    assert found.standardised == pytest.approx(-100 / math.sqrt(400 / 2))


def test_one_person_or_none_is_no_comparison() -> None:
    assert compare_means(_sums([600]), _sums([700, 710])) == MeanDifference(-105.0)
    assert compare_means(_sums([600, 610]), Sums()) == MeanDifference()


@given(st.integers(1, 400), st.data())
def test_the_interval_of_a_share_is_scipys(people: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, people))
    expected = stats.binomtest(hits, people).proportion_ci(method="wilson")
    assert wilson(hits, people) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert wilson(hits, people)[0] <= hits / people <= wilson(hits, people)[1]


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 60), st.integers(0, 60))
def test_two_shares_differ_as_a_table_of_two_by_two_does(
    hits: int, misses: int, other_hits: int, other_misses: int
) -> None:
    found = two_shares_p(hits, hits + misses, other_hits, other_hits + other_misses)
    if not misses + other_misses:
        assert found is None
        return
    table = [[hits, misses], [other_hits, other_misses]]
    assert found == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, abs=1e-9)


def test_holm_asks_the_most_of_the_smallest_p() -> None:
    # 4 x 0.01; 3 x 0.02; 2 x 0.03, but no less than the one before; 1 x 0.5.
    assert holm([0.5, 0.01, None, 0.03, 0.02]) == pytest.approx([0.5, 0.04, None, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([None]) == [None]
