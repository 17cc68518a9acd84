"""Audit attributes cause nothing, unless the proxy is switched on."""

import numpy as np

from plainscore.synthetic.chance import Dice
from plainscore.synthetic.people import populate


def test_region_tells_nothing_of_reliability_unless_switched_on() -> None:
    gaps = {}
    for is_causal in (False, True):
        people = populate(Dice(5), 20_000, 20_000, is_region_causal=is_causal)
        poorer = people.region >= 4
        better = (people.region >= 0) & ~poorer
        gaps[is_causal] = people.reliability[better].mean() - people.reliability[poorer].mean()
    assert abs(gaps[False]) < 60
    assert 800 < gaps[True] < 1_000


def test_gender_and_birth_year_tell_nothing_of_any_trait() -> None:
    people = populate(Dice(1), 20_000, 20_000)
    for trait in (people.reliability, people.capacity, people.activity, people.sociability):
        for attribute in (people.gender, people.birth_year, people.region):
            stated = attribute >= 0
            assert abs(np.corrcoef(trait[stated], attribute[stated])[0, 1]) < 0.03
