"""The oracle's bins, bands and friend_reliability against figures worked out by hand."""

from fractions import Fraction

import pytest

from tests.oracle.score import (
    CARD,
    FEATURES,
    FRIEND_RELIABILITY,
    CardRow,
    band_of,
    binned_points,
    friend_points,
)
from tests.oracle.social_connections import Tie, friend_reliability


@pytest.mark.parametrize("row", CARD, ids=FEATURES)
def test_every_bin_begins_at_its_edge_and_missing_has_points_of_its_own(row: CardRow) -> None:
    for at_least, points in row.bins:
        assert binned_points(row, at_least) == points
    if row.feature != FRIEND_RELIABILITY:
        assert binned_points(row, None) == row.missing_points
        assert binned_points(row, -1e9) == row.bins[0][1]
        assert max(points for _at_least, points in row.bins) == row.max_points


def test_the_card_reaches_from_350_to_950() -> None:
    assert len(FEATURES) == 32
    assert sum(row.max_points for row in CARD) == 600
    caps = [sum(r.max_points for r in CARD if r.factor == f) for f in {r.factor: 0 for r in CARD}]
    assert caps == [210, 150, 120, 90, 30]


@pytest.mark.parametrize(
    ("score", "band_no", "band"),
    [
        (350, 1, "poor"),
        (549, 1, "poor"),
        (550, 2, "fair"),
        (600, 3, "good"),
        (650, 4, "excellent"),
        (699, 4, "excellent"),
        (700, 5, "outstanding"),
        (950, 5, "outstanding"),
    ],
)
def test_bands_begin_at_their_edges(score: int, band_no: int, band: str) -> None:
    assert band_of(score) == (band_no, band)


def test_friend_reliability_by_hand() -> None:
    own = {"ann": 570, "bob": 285, "cat": 0}
    alone = friend_reliability("bob", [], own)
    assert alone == Fraction(1, 2)
    assert friend_points(alone) == 8
    best = friend_reliability("ann", [Tie("ann's twin", 9, 12)], own | {"ann's twin": 570})
    assert best == Fraction(12 * 850_000 + 12 * 1_000_000, 24 * 1_000_000)
    unscored_friend = friend_reliability("ann", [Tie("stranger", 9, 12)], own)
    assert unscored_friend == Fraction(85, 100)
    low_friend = friend_reliability("bob", [Tie("cat", 9, 12)], own)
    assert low_friend == Fraction(500_000 + 350_000, 2_000_000)


@pytest.mark.parametrize(
    ("x", "points"), [(Fraction(1), 16), (Fraction(1, 32), 1), (Fraction(499, 16_000), 0)]
)
def test_friend_points_round_half_up(x: Fraction, points: int) -> None:
    assert friend_points(x) == points
