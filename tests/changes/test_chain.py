"""Which states between two snapshots have to be computed, and which equal a neighbour."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plainscore.analysis.changes import (
    AFTER,
    BEFORE,
    LATE_DATA,
    RULES,
    STATES,
    TIME,
    Chain,
    chain_of,
)
from plainscore.contracts import SnapshotDates
from plainscore.publish.runs import Run, RunPair

D1, D2, K2 = date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 2)
UNCHANGED = {"is_same_rules": True, "is_same_input": True, "has_late_data": False}
TIME_PASSED = SnapshotDates(D2, K2, D1)


def chain(first_day: date = D1, **differing: bool) -> Chain:
    before, after = SnapshotDates(first_day, first_day), SnapshotDates(D2, K2)
    pair = RunPair(Run(before, 1, Path("a")), Run(after, 1, Path("b")))
    return chain_of(pair, **(UNCHANGED | differing))


@pytest.mark.parametrize(
    ("differing", "computed"),
    [
        ({}, {TIME: TIME_PASSED}),
        ({"has_late_data": True}, {LATE_DATA: SnapshotDates(D1, K2), TIME: TIME_PASSED}),
        ({"is_same_rules": False}, {RULES: SnapshotDates(D1, D1), TIME: TIME_PASSED}),
        # What was delivered into old arrival days since shows in the late data.
        ({"is_same_input": False}, {LATE_DATA: SnapshotDates(D1, K2), TIME: TIME_PASSED}),
        (
            {"is_same_rules": False, "is_same_input": False, "has_late_data": True},
            {
                RULES: SnapshotDates(D1, D1),
                LATE_DATA: SnapshotDates(D1, K2),
                TIME: TIME_PASSED,
            },
        ),
    ],
)
def test_only_what_can_differ_is_computed(differing: dict[str, bool], computed: Any) -> None:
    assert chain(**differing).to_compute == computed


def test_a_restatement_needs_nothing_computed() -> None:
    made = chain(D2, has_late_data=True)
    assert made.to_compute == {}
    assert [made.origin(state) for state in STATES] == [BEFORE, BEFORE, AFTER, AFTER, AFTER]


def test_states_that_equal_each_other_lead_to_one() -> None:
    made = chain()
    assert [made.origin(state) for state in STATES] == [BEFORE, BEFORE, BEFORE, TIME, AFTER]
    made = chain(is_same_rules=False)
    assert [made.origin(state) for state in STATES] == [BEFORE, RULES, RULES, TIME, AFTER]
