"""Population stability and mobility are what their definitions say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.metrics import shorrocks_index, stability_index, stability_noise

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


def test_noise_falls_with_people_and_rises_with_bins() -> None:
    assert stability_noise(1, 100, 100) is None
    assert stability_noise(5, 0, 100) is None
    few, many = stability_noise(5, 100, 100), stability_noise(5, 10_000, 10_000)
    more_bins = stability_noise(20, 100, 100)
    assert few
    assert many == pytest.approx(few / 100)
    assert more_bins
    assert few < more_bins


def test_mobility_is_nought_where_nobody_moves_and_one_where_the_start_does_not_matter() -> None:
    assert shorrocks_index([(1, 1, 10), (2, 2, 5)]) == 0
    even = [(before, after, 10) for before in (1, 2, 3) for after in (1, 2, 3)]
    assert shorrocks_index(even) == pytest.approx(1)
    assert shorrocks_index([(1, 2, 10), (2, 1, 10)]) == 2
    assert shorrocks_index([(1, 1, 10)]) is None
