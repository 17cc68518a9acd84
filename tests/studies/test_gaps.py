"""Gaps, access and inequality are what their definitions say, group by group and pair by pair."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.analysis.statistics import benefit_access, gini, group_gap, theil, theil_parts
from plainscore.engines.duckdb import insert_rows
from plainscore.scorecards.compile import reference_rows
from plainscore.synthetic.chance import Dice
from plainscore.synthetic.people import GENDERS, REGIONS, populate
from plainscore.synthetic.rows import day_number
from tests.transforms.worked_example import cards, house

Counted = tuple[str, str, int, str, str, int | None, int]
Fill = Callable[[duckdb.DuckDBPyConnection], Iterator[tuple[Any, ...]]]
Records = list[dict[str, Any]]


def _made(fill: Fill, statistic: str, audit: str, rows: Sequence[tuple[Any, ...]]) -> Records:
    """Return the rows of a statistic by column, filled from these counts of an audit."""
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("create schema reference; create schema audits")
        card_rows = reference_rows(cards(), house().feature_column)["reference.card"]
        for name, given in (("reference.card", card_rows), (f"audits.{audit}", rows)):
            con.execute(house()[name].ddl)
            insert_rows(con, name, list(given))
        names = [column.name for column in house()[f"statistics.{statistic}"].columns]
        return [dict(zip(names, row, strict=True)) for row in fill(con)]


def _gaps(rows: Sequence[Counted]) -> dict[str, dict[str, Any]]:
    made = _made(group_gap, "group_gap", "group_points", rows)
    return {row["group_name"]: row for row in made}


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


PEOPLE = {"east": (400, 250), "north": (900, 450), "south": (800, 352), "west": (20, 20)}


def _access(groups: dict[str, tuple[int, int]]) -> dict[str, dict[str, Any]]:
    rows = [
        ("standard", "region", no, name, "loan", people, open_count)
        for no, (name, (people, open_count)) in enumerate(groups.items(), start=1)
    ]
    made = _made(benefit_access, "benefit_access", "benefit_count", rows)
    return {row["group_name"]: row for row in made}


def test_shares_are_held_against_the_best_of_those_that_are_not_small() -> None:
    # 250 / 400 = 0.625 is best; 0.5 is exactly four fifths of it, 0.44 is less.
    found = _access(PEOPLE)
    assert {row["best_group"] for row in found.values()} == {"east"}
    assert [found[name]["is_below_four_fifths"] for name in PEOPLE] == [False, False, True, False]
    assert (found["north"]["four_fifths_ratio"], found["south"]["open_share"]) == (0.8, 0.44)
    assert (found["east"]["p_value"], found["west"]["is_small"]) == (None, True)
    assert found["west"]["four_fifths_ratio"] == 1.6
    assert found["south"]["is_significant"]


def test_below_four_fifths_by_the_luck_of_few_is_not_significant() -> None:
    found = _access({"east": (40, 20), "north": (40, 15)})
    north = found["north"]
    assert (north["is_below_four_fifths"], north["is_significant"]) == (True, False)


def test_where_nobody_or_only_a_small_group_has_it_there_is_nothing_to_hold_against() -> None:
    found = _access({"east": (100, 0), "west": (29, 29)})
    assert {(row["best_group"], row["four_fifths_ratio"]) for row in found.values()} == {
        (None, None)
    }
    assert not any(row["is_below_four_fifths"] for row in found.values())


def test_fairlearn_finds_the_same_shares_and_ratios() -> None:
    metrics = pytest.importorskip("fairlearn.metrics")
    groups = {name: counts for name, counts in PEOPLE.items() if name != "west"}
    has_it = [n < opened for people, opened in groups.values() for n in range(people)]
    group_of = [name for name, (people, _) in groups.items() for _ in range(people)]
    frame = metrics.MetricFrame(
        metrics=metrics.selection_rate, y_true=has_it, y_pred=has_it, sensitive_features=group_of
    )
    found = _access(groups)
    assert {name: row["open_share"] for name, row in found.items()} == pytest.approx(
        frame.by_group.to_dict()
    )
    assert min(row["four_fifths_ratio"] for row in found.values()) == pytest.approx(frame.ratio())


COUNTS = st.lists(st.tuples(st.integers(0, 600), st.integers(1, 5)), min_size=1, max_size=12)


def _everyone(counts: list[tuple[int, int]]) -> list[int]:
    return [value for value, people in counts for _ in range(people)]


@given(COUNTS)
def test_gini_is_half_the_mean_difference_of_two_against_the_mean(
    counts: list[tuple[int, int]],
) -> None:
    values = _everyone(counts)
    total, people = sum(values), len(values)
    differences = sum(abs(one - other) for one in values for other in values)
    expected = differences / (2 * people * total) if total else None
    assert gini(counts) == (expected if expected is None else pytest.approx(expected))


@given(COUNTS)
def test_theil_is_the_mean_of_shares_times_their_logarithms(counts: list[tuple[int, int]]) -> None:
    values = _everyone(counts)
    if not sum(values):
        assert theil(counts) is None
        return
    mean = sum(values) / len(values)
    terms = [value / mean * math.log(value / mean) for value in values if value]
    assert theil(counts) == pytest.approx(math.fsum(terms) / len(values), abs=1e-12)


@given(COUNTS, st.randoms())
def test_order_changes_no_digit(counts: list[tuple[int, int]], chance: "object") -> None:
    other = list(counts)
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert (gini(other), theil(other)) == (gini(counts), theil(counts))


def test_where_all_are_alike_nothing_is_unequal() -> None:
    assert gini([(300, 7)]) == 0
    assert theil([(300, 7)]) == 0


def test_where_one_has_everything_gini_is_nearly_one() -> None:
    assert gini([(0, 99), (600, 1)]) == pytest.approx(0.99)
    assert theil([(0, 99), (600, 1)]) == pytest.approx(math.log(100))


def test_nobody_at_all_is_no_number() -> None:
    assert (gini([]), theil([]), gini([(0, 5)])) == (None, None, None)


@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_the_parts_between_and_within_groups_make_the_whole(
    groups: list[list[tuple[int, int]]],
) -> None:
    whole, parts = theil([count for group in groups for count in group]), theil_parts(groups)
    between, within = parts
    if whole is None or between is None or within is None:
        assert (whole, parts) == (None, (None, None))
        return
    assert between + within == pytest.approx(whole, abs=1e-12)
    assert 0 <= between <= whole + 1e-12


def test_groups_that_are_alike_within_differ_between_alone() -> None:
    assert theil_parts([[(100, 3)], [(300, 1)]]) == (
        pytest.approx(theil([(100, 3), (300, 1)])),
        0,
    )
    between, within = theil_parts([[(100, 1), (300, 1)], [(300, 2), (100, 2)]])
    assert between == 0
    assert within == pytest.approx(theil([(100, 3), (300, 3)]))


PROXY_PEOPLE = 1_500


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_planted_proxy_is_found_when_it_is_there_and_not_when_not(seed: int) -> None:
    assert "region" in _found(seed, is_region_causal=True)
    assert "region" not in _found(seed, is_region_causal=False)


def _found(seed: int, *, is_region_causal: bool) -> set[str]:
    """Return the attributes of which the audit finds a gap, on the latent trait with noise."""
    dice = Dice(seed)
    people = populate(
        dice, PROXY_PEOPLE, day_number(date(2026, 1, 1)), is_region_causal=is_region_causal
    )
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
    gaps = _made(group_gap, "group_gap", "group_points", rows)
    return {row["attribute"] for row in gaps if row["is_significant"]}
