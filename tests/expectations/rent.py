"""An invented table with every kind of constraint, and how it is checked."""

import duckdb

from plainscore.checks.verdicts import SMALL, CheckResult, check_constraints
from plainscore.contracts.contract import Check, Column, Table
from tests.expectations.small_house import DATES

RENT = Table(
    name="staging.rent",
    title="Rent (an invented table)",
    grain="one row per person and month",
    key=("person_key", "month"),
    columns=(
        Column("person_key", "BIGINT", "Who.", minimum=0),
        Column("month", "BIGINT", "Which month.", minimum=1, maximum=12),
        Column("paid_cents", "BIGINT", "Paid.", minimum=0, nullable=True),
        Column("share", "DOUBLE", "Share of the rent.", maximum=1, nullable=True),
        Column("ratio", "DOUBLE", "Rent to income.", nullable=True),
        Column("city", "VARCHAR", "Where.", among=("ulm", "o'fallon"), nullable=True),
        Column("value_hash", "VARCHAR", "Never shown."),
        Column("paid_on", "DATE", "When.", nullable=True),
    ),
    checks=(
        Check("paid in full or not at all", "select * from {batch} where share not in (0, 1)"),
        Check(
            "paid by the day of the snapshot",
            "select b.* from {batch} as b where b.paid_on > $as_of_date and b.city <> 'a:b{{1}}'",
            "warn",
        ),
    ),
)
CHECKED_COLUMNS = 8


def check_rent(con: duckdb.DuckDBPyConnection, table: Table = RENT) -> list[CheckResult]:
    """Check a table as one of a small and of a large stage, which gives the same results."""
    small, large = (
        check_constraints(con, [table], "staging", DATES.parameters, rows)
        for rows in (SMALL, SMALL + 1)
    )
    assert small == large
    return small


def not_passed(results: list[CheckResult]) -> list[CheckResult]:
    return [result for result in results if result.outcome != "passed"]
