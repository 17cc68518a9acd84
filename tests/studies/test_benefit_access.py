"""Access is held against the group that has most of it, as the four-fifths rule says."""

from typing import Any

import pytest

from plainscore.analysis.statistics.benefit_access import benefit_access
from tests.studies.counted import as_rows, counted

PEOPLE = {"east": (400, 250), "north": (900, 450), "south": (800, 352), "west": (20, 20)}


def _access(groups: dict[str, tuple[int, int]]) -> dict[str, dict[str, Any]]:
    rows = [
        ("standard", "region", no, name, "loan", people, open_count)
        for no, (name, (people, open_count)) in enumerate(groups.items(), start=1)
    ]
    with counted(benefit_count=rows) as con:
        made = as_rows("statistics.benefit_access", [*benefit_access(con)])
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
