"""A gap is each group's scores against everyone else's, and found only where it stands out."""

import random
from typing import Any

import pytest

from plainscore.analysis.statistics.group_gap import group_gap
from tests.studies.counted import as_rows, counted

Counted = tuple[str, str, int, str, str, int | None, int]


def _gaps(rows: list[Counted]) -> dict[str, dict[str, Any]]:
    with counted(group_points=rows) as con:
        return {
            row["group_name"]: row for row in as_rows("statistics.group_gap", [*group_gap(con)])
        }


def _group(name: str, no: int, points: dict[int | None, int]) -> list[Counted]:
    return [
        ("standard", "region", no, name, "all", value, people) for value, people in points.items()
    ]


def test_a_mean_is_held_against_that_of_everyone_else() -> None:
    found = _gaps(
        _group("north", 1, {300: 1, 200: 1, None: 2})
        + _group("south", 2, {100: 3})
        + _group("west", 3, {180: 1})
    )
    north = found["north"]
    # (650 + 550) / 2 against (3 x 450 + 530) / 4.
    assert (north["mean_score"], north["rest_mean_score"], north["gap_points"]) == (600, 470, 130)
    assert (north["people"], north["scored_count"], north["not_scored_share"]) == (4, 2, 0.5)
    assert found["south"]["gap_low"] < found["south"]["gap_points"] < found["south"]["gap_high"]
    west = found["west"]
    assert (west["gap_points"], west["p_value"], west["is_significant"]) == (530 - 510, None, False)


def test_a_group_without_anyone_scored_has_people_and_no_mean() -> None:
    found = _gaps(_group("north", 1, {300: 5, 310: 5}) + _group("unknown", 2, {None: 4}))
    unknown = found["unknown"]
    assert (unknown["people"], unknown["not_scored_share"], unknown["is_small"]) == (4, 1, True)
    assert (unknown["mean_score"], unknown["gap_points"]) == (None, None)
    assert (found["north"]["rest_mean_score"], found["north"]["gap_points"]) == (None, None)


@pytest.mark.parametrize(("shift", "is_found"), [(0, False), (60, True)])
def test_only_a_gap_that_chance_would_not_make_is_found(shift: int, is_found: bool) -> None:
    draw = random.Random(3)
    rows = [
        row
        for no, name in enumerate(("east", "north", "south", "west"), start=1)
        for row in _group(
            name, no, {draw.randint(100, 500) - shift * (no == 4): 1 for _ in range(150)}
        )
    ]
    found = _gaps(rows)
    assert found["west"]["is_significant"] == is_found
    assert not found["east"]["is_small"]
    assert all(row["adjusted_p_value"] >= row["p_value"] for row in found.values())
