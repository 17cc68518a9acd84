"""The worked examples cover the house, and notice when it is wrong."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.transforms.worked_example import (
    Days,
    WorkedExample,
    disagreements,
    house,
    read_value,
)

FOLDER = Path(__file__).parent
EXPLAINED_SCHEMAS = ("raw", "staging", "features", "scores", "audits", "changes", "outcomes")
A_LATE_BILL = """
given raw.payment

| event_type | event_date | bill_id | bill_type | amount_cents | due_date |
|---|---|---|---|---|---|
| bill | D-30 | b | card | 10000 | D-10 |
| payment | D-5 | b | - | 10000 | - |

then staging.bill

| bill_id | days_late |
|---|---|
| b | 5 |
"""
D = date(2026, 1, 31)


def test_every_transform_has_worked_examples() -> None:
    tables = [table for schema in EXPLAINED_SCHEMAS for table in house().of_schema(schema)]
    assert {path.stem for path in FOLDER.glob("*.*.md")} == {t.name for t in tables if t.sql}


def test_an_example_that_holds_says_nothing() -> None:
    assert disagreements(WorkedExample("staging.bill", "late", A_LATE_BILL, D)) == []


def test_an_example_that_does_not_hold_shows_both_rows() -> None:
    wrong = A_LATE_BILL.replace("| b | 5 |", "| b | 4 |")
    found = disagreements(WorkedExample("staging.bill", "late", wrong, D))
    assert found[:2] == [
        "made but not wanted (as written): b | 5",
        "wanted but not made (as written): b | 4",
    ]


def test_a_promise_of_the_contract_that_is_broken_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bill = house()["staging.bill"]
    least = replace(bill.column("days_late"), minimum=6)
    columns = tuple(least if column.name == "days_late" else column for column in bill.columns)
    monkeypatch.setitem(house().tables, bill.name, replace(bill, columns=columns))
    found = disagreements(WorkedExample("staging.bill", "late", A_LATE_BILL, D))
    assert found == ["breaks its contract: days_late < 6"] * 2


@pytest.mark.parametrize(
    ("cell", "column_type", "value"),
    [
        ("-", "BIGINT", None),
        ("", "VARCHAR", None),
        ("-3", "BIGINT", -3),
        ("3/4", "DOUBLE", 0.75),
        ("√6", "DOUBLE", 6**0.5),
        ("yes", "BOOLEAN", True),
        ("D-31", "DATE", date(2025, 12, 31)),
        ("D+1", "DATE", date(2026, 2, 1)),
        ("2025-12-31", "DATE", date(2025, 12, 31)),
    ],
)
def test_cells_are_read_by_the_type_of_their_column(
    cell: str, column_type: str, value: object
) -> None:
    assert read_value(cell, column_type, Days(D, D, D)) == value
