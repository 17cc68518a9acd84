"""The smallest moves to the next band are sufficient, and none smaller is."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from plainscore.show.next_band import FriendMean, NextBand, Step, next_band

FRIENDS = st.builds(
    FriendMean,
    own_points_max=st.just(570),
    max_distance_ppm=st.just(150_000),
    max_points=st.just(16),
    terms=st.lists(
        st.tuples(st.integers(1, 12), st.integers(0, 1_000_000)), min_size=1, max_size=4
    ).map(tuple),
)
GAINS = st.lists(
    st.lists(st.integers(1, 30), max_size=4, unique=True).map(sorted), min_size=1, max_size=6
)


def _steps(gains: list[list[int]]) -> list[list[Step]]:
    return [
        [Step(f"feature_{no}", f"at least {gain}", gain) for gain in features]
        for no, features in enumerate(gains)
    ]


def _gap(gains: list[list[int]], friends: FriendMean, own: int, missing: int) -> NextBand:
    return next_band("good", 600 + missing, 600, own, _steps(gains), friends)


@given(GAINS, FRIENDS, st.integers(0, 400), st.integers(1, 60))
def test_every_move_reaches_the_band(
    gains: list[list[int]], friends: FriendMean, own: int, missing: int
) -> None:
    gap = _gap(gains, friends, own, missing)
    for move in (*gap.one_feature_moves, *gap.two_feature_moves):
        gained = sum(step.points_gained for step in move.steps)
        change = gained + friends.points(own + gained) - friends.points(own)
        assert move.score_change == change >= missing


@given(GAINS, FRIENDS, st.integers(0, 400), st.integers(1, 60))
def test_no_smaller_move_is_overlooked(
    gains: list[list[int]], friends: FriendMean, own: int, missing: int
) -> None:
    def change(gained: int) -> int:
        return gained + friends.points(own + gained) - friends.points(own)

    gap = _gap(gains, friends, own, missing)
    alone = [change(gain) for features in gains for gain in features]
    enough = [one for one in alone if one >= missing]
    assert [m.score_change for m in gap.one_feature_moves[:1]] == ([min(enough)] if enough else [])
    together = [
        change(a + b)
        for first, second in combinations(gains, 2)
        for a in first
        for b in second
        if change(a) < missing and change(b) < missing and change(a + b) >= missing
    ]
    found = [move.score_change for move in gap.two_feature_moves[:1]]
    assert found == ([min(together)] if together else [])


def test_the_mean_of_friends_is_rounded_half_up() -> None:
    friends = FriendMean(570, 150_000, 16, ((12, 500_000),))
    assert friends.points(285) == 8
    assert friends.points(570) == 14  # clipped to 0.85: 13.6
    assert friends.points(0) == 2  # clipped to 0.15: 2.4
