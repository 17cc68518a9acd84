"""Moves between bands, counted by hand."""

import numpy as np

from plainscore.analysis.drift.stability import shorrocks_index
from plainscore.analysis.societies.mobility import Placed, moves, up_and_down


def placed(bands: dict[int, int]) -> Placed:
    return np.array(list(bands)), np.array(list(bands.values()))


def test_only_who_is_in_both_moves_and_the_index_is_that_of_shorrocks() -> None:
    before = placed({1: 1, 2: 1, 3: 2, 4: 2, 5: 0, 9: 3})
    after = placed({1: 1, 2: 2, 3: 2, 4: 2, 5: 1, 7: 2})
    counted = moves(before, after)
    assert counted == [(0, 1, 1), (1, 1, 1), (1, 2, 1), (2, 2, 2)]
    # Rows: not scored stays 0 of 1, band 1 stays 1 of 2, band 2 stays 2 of 2: (3 - 1.5) / 2.
    assert shorrocks_index(counted) == 0.75
    assert up_and_down(counted) == (1, 0)


def test_nobody_moves_where_nothing_changes_and_one_band_tells_nothing() -> None:
    still = moves(placed({1: 1, 2: 2}), placed({1: 1, 2: 2}))
    assert shorrocks_index(still) == 0
    assert shorrocks_index([(3, 3, 5)]) is None
