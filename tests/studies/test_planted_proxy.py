"""The gap audit finds a region that causes reliability, and none where it causes nothing.

On the latent trait alone, with the noise that a score adds to it.
"""

from collections import Counter
from datetime import date

import pytest

from plainscore.analysis.statistics import group_gap
from plainscore.synthetic.chance import Dice
from plainscore.synthetic.people import GENDERS, REGIONS, populate
from plainscore.synthetic.rows import day_number
from tests.studies.counted import as_rows, counted

PEOPLE = 1_500


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_planted_proxy_is_found_when_it_is_there_and_not_when_not(seed: int) -> None:
    assert "region" in _found(seed, is_region_causal=True)
    assert "region" not in _found(seed, is_region_causal=False)


def _found(seed: int, *, is_region_causal: bool) -> set[str]:
    """Return the attributes of which the audit finds a gap."""
    dice = Dice(seed)
    people = populate(dice, PEOPLE, day_number(date(2026, 1, 1)), is_region_causal=is_region_causal)
    noise = dice.roll("test.noise", people.everyone).bell()
    points = (390 + (people.reliability + noise) // 15).clip(0, 600).tolist()
    groups = {
        "region": [REGIONS[no] if no >= 0 else "unknown" for no in people.region],
        "gender": [GENDERS[no] if no >= 0 else "unknown" for no in people.gender],
        "age_band": [str(year // 10) if year >= 0 else "unknown" for year in people.birth_year],
    }
    rows = [
        ("standard", attribute, sorted(set(names)).index(name), name, "all", value, count)
        for attribute, names in groups.items()
        for (name, value), count in Counter(zip(names, points, strict=True)).items()
    ]
    with counted(group_points=rows) as con:
        gaps = as_rows("statistics.group_gap", [*group_gap(con)])
    return {row["attribute"] for row in gaps if row["is_significant"]}
