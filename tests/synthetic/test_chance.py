"""Draws are functions of their counter and keep their bits for ever."""

import numpy as np
import pytest

from plainscore.synthetic.chance import Dice, odds_to_ppm, power_of_two

_PEOPLE = np.arange(100_000)
_KNOWN_BITS = ["d3728605a4ce786a", "693f2542a1689d8f", "243bb13cfbd8432b"]


def test_known_draws_keep_their_bits() -> None:
    bits = Dice(1).roll("person.reliability", np.array([0, 1, 17]), 24_298)
    assert [f"{value:016x}" for value in bits.bits.tolist()] == _KNOWN_BITS


def test_a_draw_does_not_depend_on_who_else_is_drawn() -> None:
    together = Dice(7).roll("stream", _PEOPLE, 3).bits
    assert Dice(7).roll("stream", np.array([17]), 3).bits[0] == together[17]


@pytest.mark.parametrize(
    ("seed", "stream", "when"), [(8, "stream", 3), (7, "other", 3), (7, "stream", 4)]
)
def test_seed_stream_and_time_each_give_other_draws(seed: int, stream: str, when: int) -> None:
    one = Dice(7).roll("stream", _PEOPLE, 3).lane(0)
    other = Dice(seed).roll(stream, _PEOPLE, when).lane(0)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


def test_the_four_lanes_are_even_and_independent() -> None:
    bits = Dice(1).roll("stream", _PEOPLE)
    lanes = np.stack([bits.lane(number) for number in range(4)])
    assert np.all(np.abs(lanes.mean(axis=1) - 32_767.5) < 300)
    assert np.all(np.abs(np.corrcoef(lanes) - np.eye(4)) < 0.02)


def test_the_bell_has_mean_zero_and_deviation_one_thousand() -> None:
    values = Dice(1).roll("stream", _PEOPLE).bell()
    assert abs(values.mean()) < 15
    assert abs(values.std() - 1000) < 10


def test_likely_hits_its_probability_and_pick_its_range() -> None:
    draws = Dice(1).roll("stream", _PEOPLE)
    assert abs(draws.likely(0, 20_000).mean() - 0.02) < 0.002
    assert not draws.likely(0, 0).any()
    assert draws.likely(0, 1_000_000).all()
    assert np.unique(draws.pick(0, 7)).tolist() == list(range(7))


def test_powers_and_odds_are_what_they_are_called() -> None:
    exponents = np.array([-2048, 0, 512, 1024, 10_240])
    assert power_of_two(exponents) == pytest.approx([0.25, 1, 2**0.5, 2, 1024], rel=1e-14)
    assert odds_to_ppm(np.array([-1024, 0, 1024])).tolist() == [333_333, 500_000, 666_666]
