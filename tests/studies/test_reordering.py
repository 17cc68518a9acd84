"""Points in the order of observed risk: what is merged, what stays, where missing ends up."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.metrics import RiskBin, contradictions
from tests.campaigns.card_order import MISSING, reordered

# (people, bad per mille, step of points up from the bin before)
BINS = st.lists(
    st.tuples(st.integers(0, 5_000), st.integers(0, 1_000), st.integers(0, 20)),
    min_size=1,
    max_size=6,
)


def _bins(rows: Sequence[tuple[int, int, int]], missing: int = 5) -> list[RiskBin]:
    points, bins = 0, []
    for place, (people, per_mille, step) in enumerate(rows):
        points = points + step if place else missing
        bins.append(RiskBin(place, points, people, people * per_mille // 1000))
    return bins


def _contradicted(bins: Sequence[RiskBin], points: dict[int, int]) -> set[int]:
    now = [RiskBin(b.place, points[b.place], b.people, b.bad) for b in bins]
    return {
        place
        for place, found in contradictions(now).items()
        if found.is_significant
        for place in (place, found.place)
    }


def test_points_in_the_order_of_risk_stay_as_they_are() -> None:
    bins = [
        RiskBin(0, 10, 1000, 150), RiskBin(1, 0, 1000, 300), RiskBin(2, 10, 1000, 150),
        RiskBin(3, 20, 1000, 50),
    ]  # fmt: skip
    assert reordered(bins) == {0: 10, 1: 0, 2: 10, 3: 20}


def test_bins_that_contradict_each_other_earn_their_mean_by_people() -> None:
    # (6 x 3000 + 12 x 1000) / 4000 = 7.5, half up
    bins = [
        RiskBin(1, 0, 1000, 400), RiskBin(2, 6, 3000, 300), RiskBin(3, 12, 1000, 200),
        RiskBin(4, 20, 1000, 20),
    ]  # fmt: skip
    assert reordered(bins) == {1: 0, 2: 8, 3: 8, 4: 20}


def test_a_best_bin_that_is_no_better_keeps_the_most_points_and_shares_them() -> None:
    bins = [RiskBin(1, 0, 1000, 400), RiskBin(2, 8, 1000, 50), RiskBin(3, 12, 1000, 200)]
    assert reordered(bins) == {1: 0, 2: 12, 3: 12}


def test_what_lies_between_two_bins_that_contradict_each_other_is_merged_with_them() -> None:
    bins = [
        RiskBin(1, 0, 1000, 50), RiskBin(2, 4, 10, 1), RiskBin(3, 8, 1000, 200),
        RiskBin(4, 9, 10, 0),
    ]  # fmt: skip
    assert reordered(bins) == {1: 4, 2: 4, 3: 4, 4: 9}


def test_missing_earns_at_least_what_a_riskier_bin_does_and_no_more_than_a_safer_one() -> None:
    values = [RiskBin(1, 0, 1000, 400), RiskBin(2, 30, 1000, 200), RiskBin(3, 60, 1000, 20)]
    for points, risk, wanted in ((10, 100, 30), (60, 100, 60), (60, 300, 30), (10, 300, 10)):
        assert reordered([RiskBin(0, points, 1000, risk), *values])[MISSING] == wanted


def test_missing_of_whom_nobody_is_known_keeps_its_points() -> None:
    values = [RiskBin(1, 0, 1000, 400), RiskBin(2, 30, 1000, 200)]
    assert reordered([RiskBin(0, 7, 0, 0), *values])[MISSING] == 7


@given(BINS)
def test_no_bin_contradicts_another_afterwards_and_points_still_rise_to_the_same_most(
    rows: list[tuple[int, int, int]],
) -> None:
    values = _bins(rows)[1:]
    if not values:
        return
    points = dict(reordered(values))
    assert not _contradicted(values, points)
    ordered = [points[one.place] for one in values]
    assert all(low <= high for low, high in pairwise(ordered))
    assert max(ordered) == max(one.points for one in values)


@given(BINS)
def test_the_order_in_which_bins_are_given_does_not_matter(
    rows: list[tuple[int, int, int]],
) -> None:
    bins = _bins(rows)
    if len(bins) > 1:
        assert reordered(bins) == reordered(bins[::-1])


@given(BINS)
def test_a_feature_and_its_mirror_are_put_in_order_alike(rows: list[tuple[int, int, int]]) -> None:
    bins = _bins(rows)[1:]
    if bins:
        last = bins[-1].place + 1
        mirror = [RiskBin(last - b.place, b.points, b.people, b.bad) for b in bins]
        points = reordered(mirror)
        assert reordered(bins) == {last - place: p for place, p in points.items()}
