"""Figures of separation, stability, means and shares are what their definitions and scipy say."""

import math
import statistics
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from plainscore.analysis.metrics import (
    MeanDifference,
    PointsCount,
    RiskBin,
    Sums,
    compare_means,
    contradictions,
    holm,
    separation,
    shorrocks_index,
    stability_index,
    stability_noise,
    two_shares_p,
    wilson,
)

COUNTS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 4), st.integers(0, 4)),
    min_size=1,
    max_size=7,
    unique_by=lambda count: count[0],
)


@given(COUNTS)
def test_separation_is_what_pairs_and_thresholds_say(counts: list[PointsCount]) -> None:
    good, bad = ([p for p, *n in counts for _ in range(n[kind])] for kind in (0, 1))
    found = separation(counts)
    assert found[:2] == (len(good) + len(bad), len(bad))
    if not (good and bad):
        assert found[2:] == (None,) * 7
        return

    def beats(one: int, other: int) -> float:
        return 1.0 if one > other else 0.5 if one == other else 0.0

    auc = statistics.fmean(beats(one, other) for one, other in product(good, bad))
    distances = [
        abs(sum(p <= edge for p in bad) / len(bad) - sum(p <= edge for p in good) / len(good))
        for edge in range(10)
    ]
    assert found.auc == pytest.approx(auc)
    assert found.gini == pytest.approx(2 * auc - 1)
    assert found.ks == pytest.approx(max(distances))
    if len(good) < 2 or len(bad) < 2:
        assert (found.auc_low, found.auc_high) == (None, None)
        return
    # DeLong's interval, person by person.
    of_good = [statistics.fmean(beats(one, b) for b in bad) for one in good]
    of_bad = [statistics.fmean(beats(g, one) for g in good) for one in bad]
    variance = sum(statistics.variance(one, auc) / len(one) for one in (of_good, of_bad))
    spread = 1.959963984540054 * math.sqrt(variance)
    assert found.auc_low == pytest.approx(max(0.0, auc - spread))
    assert found.auc_high == pytest.approx(min(1.0, auc + spread))


def test_a_worked_example() -> None:
    # Good 3, 2, 2; bad 2, 1: the pairs are won 1 + 1, and half + 1 twice: 5 of 6.
    found = separation([(1, 0, 1), (2, 2, 1), (3, 1, 0)])
    assert (found.auc, found.ks) == (pytest.approx(5 / 6), pytest.approx(0.5))


@pytest.mark.parametrize("counts", [[(1, 48, 56), (2, 32, 14)], [(1, 32, 14), (2, 48, 56)]])
def test_the_interval_of_ks_is_newcombes_whoever_has_more_points(counts: list[PointsCount]) -> None:
    # At or below the same points: 56 of 70 bad, 48 of 80 good; Newcombe's first example, 1998.
    found = separation(counts)
    assert found.ks == pytest.approx(0.2)
    assert (found.ks_low, found.ks_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_more_points_at_more_risk_is_a_contradiction() -> None:
    found = contradictions(
        [RiskBin(1, 0, 1000, 100), RiskBin(2, 10, 1000, 200), RiskBin(3, 20, 1000, 50)]
    )
    assert {place: (one.place, one.is_significant) for place, one in found.items()} == {
        2: (1, True)
    }


def test_chance_is_no_finding_and_equal_points_are_no_order() -> None:
    (found,) = contradictions([RiskBin(1, 0, 100, 10), RiskBin(2, 10, 100, 12)]).values()
    assert not found.is_significant
    for bins in (
        [RiskBin(1, 5, 1000, 100), RiskBin(2, 5, 1000, 900)],
        [],
        [RiskBin(1, 0, 5, 0), RiskBin(2, 5, 5, 0)],
        # One person proves nothing.
        [RiskBin(0, 8, 1, 1), RiskBin(1, 0, 1000, 100)],
    ):
        assert contradictions(bins) == {}
    assert set(contradictions([RiskBin(0, 8, 60, 60), RiskBin(1, 0, 1000, 100)])) == {0}


def test_the_more_pairs_are_asked_the_more_it_takes() -> None:
    two = [RiskBin(1, 0, 1000, 100), RiskBin(2, 10, 1000, 140)]
    more = [*two, *(RiskBin(place, 10 * place, 1000, 50) for place in range(3, 9))]
    assert contradictions(two)[2].p_value < contradictions(more)[2].p_value


BINS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=8)


@given(BINS)
def test_the_index_is_nought_for_equal_counts_never_negative_and_the_same_both_ways(
    bins: list[tuple[int, int]],
) -> None:
    before, after = [one for one, _ in bins], [other for _, other in bins]
    found = stability_index(before, after)
    if not (sum(before) and sum(after)):
        assert found is None
        return
    assert found is not None
    assert found >= 0
    assert stability_index(before, before) == 0
    assert stability_index(after, before) == pytest.approx(found)


def test_an_index_worked_out_by_hand() -> None:
    # Shares (60.5, 40.5) of 101 against (40.5, 60.5) of 101: 2 x 20/101 x ln(60.5 / 40.5)
    wanted = 2 * 20 / 101 * math.log(60.5 / 40.5)
    assert stability_index([60, 40], [40, 60]) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("degrees", "chi_square"),
    # Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.8
    [(1, 3.84146), (2, 5.99147), (10, 18.3070), (30, 43.7730)],
)
def test_noise_has_the_95_percent_points_of_the_printed_tables(
    degrees: int, chi_square: float
) -> None:
    assert stability_noise(degrees + 1, 2, 2) == pytest.approx(chi_square, abs=5e-5)
    assert stability_noise(degrees + 1, 200, 200) == pytest.approx(chi_square / 100, abs=5e-7)
    assert stability_noise(degrees + 1, 0, 100) is None
    assert stability_noise(1, 100, 100) is None


def test_mobility_is_nought_where_nobody_moves_and_one_where_the_start_does_not_matter() -> None:
    assert shorrocks_index([(1, 1, 10), (2, 2, 5)]) == 0
    even = [(before, after, 10) for before in (1, 2, 3) for after in (1, 2, 3)]
    assert shorrocks_index(even) == pytest.approx(1)
    assert shorrocks_index([(1, 2, 10), (2, 1, 10)]) == 2
    assert shorrocks_index([(1, 1, 10)]) is None


SCORES = st.lists(st.integers(35, 95).map(lambda tens: 10 * tens), min_size=2, max_size=40)


def _sums(values: list[int]) -> Sums:
    return Sums(len(values), sum(values), sum(value * value for value in values))


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
