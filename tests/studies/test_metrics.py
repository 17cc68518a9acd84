"""Figures of separation, stability, means and shares are what their definitions and scipy say."""

import math
import statistics
from functools import partial
from itertools import product

import numpy as np
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
    difference_interval,
    errors_of,
    holm,
    ratio_interval,
    separation,
    shorrocks_index,
    stability_index,
    stability_noise,
    two_shares_p,
    wilson,
)
from tests.campaigns.coverage import ACCESS, SHAPES, holds_access, holds_separation, share_of

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
        assert found[2:] == (None,) * 8
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
    # DeLong's variance, person by person, and the interval on the scale of log odds.
    of_good = [statistics.fmean(beats(one, b) for b in bad) for one in good]
    of_bad = [statistics.fmean(beats(g, one) for g in good) for one in bad]
    parts = [statistics.variance(one, auc) / len(one) for one in (of_good, of_bad)]
    low, high = _newcombe(auc, len(good), len(bad))
    if 0 < auc < 1 and sum(parts):
        degrees = sum(parts) ** 2 / sum(
            part**2 / (len(one) - 1) for part, one in zip(parts, (good, bad), strict=True)
        )
        spread = stats.t.ppf(0.975, degrees) * math.sqrt(sum(parts)) / (auc * (1 - auc))
        odds = math.log(auc / (1 - auc))
        low, high = (
            which(end, 1 / (1 + math.exp(-odds - step)))
            for which, end, step in ((min, low, -spread), (max, high, spread))
        )
    assert (found.auc_low, found.auc_high) == pytest.approx((low, high), abs=1e-5)
    assert found.auc_low <= found.auc <= found.auc_high


def _newcombe(auc: float, good: int, bad: int) -> tuple[float, float]:
    """Return every AUC from which the one that was found is at most 1.96 standard errors away."""
    true = np.linspace(0, 1, 200_001)
    spread = 1 + ((good + bad) / 2 - 1) * ((1 - true) / (2 - true) + true / (1 + true))
    variance = true * (1 - true) * spread / (good * bad)
    within = true[(true - auc) ** 2 <= 1.959963984540054**2 * variance + 1e-12]
    return float(within.min()), float(within.max())


def test_a_worked_example() -> None:
    # Good 3, 2, 2; bad 2, 1: the pairs are won 1 + 1, and half + 1 twice: 5 of 6.
    found = separation([(1, 0, 1), (2, 2, 1), (3, 1, 0)])
    assert (found.auc, found.ks) == (pytest.approx(5 / 6), pytest.approx(0.5))


@pytest.mark.parametrize("counts", [[(1, 48, 56), (2, 32, 14)], [(1, 32, 14), (2, 48, 56)]])
def test_the_interval_of_ks_is_newcombes_less_what_chance_adds(counts: list[PointsCount]) -> None:
    # At or below the same points: 56 of 70 bad, 48 of 80 good; Newcombe's first example, 1998,
    # has 0.0524 to 0.3339. Chance adds 0.2 - sqrt(0.04 - 0.8225 * (1/70 + 1/80)) = 0.0659.
    found = separation(counts)
    assert found.ks == pytest.approx(0.2)
    assert (found.ks_low, found.ks_high) == pytest.approx((0, 0.3339), abs=5e-5)
    assert found.ks_corrected == pytest.approx(0.1341, abs=5e-5)
    tenfold = [(points, 10 * good, 10 * bad) for points, good, bad in counts]
    low, high = difference_interval(560, 700, 480, 800)
    added = 0.2 - math.sqrt(0.04 - math.pi**2 / 12 * (1 / 700 + 1 / 800))
    found = separation(tenfold)
    assert (found.ks_low, found.ks_high) == pytest.approx((low - added, high))
    assert found.ks_corrected == pytest.approx(0.2 - added)


def test_where_no_bad_person_has_more_points_the_interval_of_auc_has_a_width() -> None:
    found = separation([(1, 0, 6), (2, 300, 0)])
    assert (found.auc, found.auc_high) == (1, 1)
    assert found.auc_low == pytest.approx(_newcombe(1, 300, 6)[0], abs=1e-5)
    mirrored = separation([(1, 300, 0), (2, 0, 6)])
    assert (mirrored.auc_low, mirrored.auc_high) == pytest.approx((0, 1 - found.auc_low))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(("bad", "auc"), [(6, 0.5), (6, 0.75), (6, 0.9), (25, 0.5), (25, 0.6)])
def test_intervals_hold_the_truth_with_few_bad_people_and_where_nothing_is_separated(
    name: str, bad: int, auc: float
) -> None:
    held = partial(holds_separation, SHAPES[name](auc), f"{name} {auc}", 300, bad)
    of_auc, of_ks = share_of(held, 300)
    assert of_auc >= 0.92
    assert of_ks >= 0.9


@pytest.mark.parametrize("name", ["seven of 12 to 43, no difference", "three of 1,000, 30 to 36 %"])
def test_ratios_to_the_best_off_group_hold_together(name: str) -> None:
    all_hold, is_quiet = share_of(partial(holds_access, *ACCESS[name]), 300)
    assert min(all_hold, is_quiet) >= 0.93


def test_the_interval_of_a_ratio_is_that_of_its_authors() -> None:
    # Donner and Zou's limits follow from Wilson's of 0.5 and of 0.625; either end as they print it.
    share, other = 450 / 900, 250 / 400
    (low, high), (other_low, other_high) = wilson(450, 900), wilson(250, 400)
    product = share * other
    ends = [
        (product + sign * math.sqrt(product**2 - a * b * (2 * share - a) * (2 * other - b)))
        / (b * (2 * other - b))
        for sign, a, b in ((-1, low, other_high), (1, high, other_low))
    ]
    assert ratio_interval(450, 900, 250, 400) == pytest.approx(ends)
    wider = ratio_interval(450, 900, 250, 400, errors_of(6))
    assert wider[0] < ends[0] < 0.8 < ends[1] < wider[1]


@given(st.integers(0, 50), st.integers(1, 50), st.integers(1, 50), st.integers(1, 50))
def test_a_ratio_lies_within_its_interval(a: int, n: int, b: int, m: int) -> None:
    hits, other_hits = min(a, n), min(b, m)
    low, high = ratio_interval(hits, n, other_hits, m, errors_of(21))
    assert 0 <= low <= hits / n / (other_hits / m) * (1 + 1e-9)
    assert hits / n / (other_hits / m) <= high * (1 + 1e-9)


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
