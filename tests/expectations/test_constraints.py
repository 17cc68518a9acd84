"""Every kind of constraint that a contract can declare is broken once, alone, and says so."""

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from plainscore.checks.verdicts import (
    CheckResult,
    check_assertions,
    check_constraints,
    refuse_if_critical,
)
from plainscore.common.errors import ChecksRefused
from plainscore.contracts.contract import Check
from plainscore.engines.duckdb import DuckDBEngine
from tests.expectations.rent import CHECKED_COLUMNS, RENT, check_rent, not_passed
from tests.expectations.small_house import BUILT, DATES


def test_a_table_that_keeps_its_contract_passes_everything(
    rent: duckdb.DuckDBPyConnection,
) -> None:
    results = check_rent(rent)
    assert {(result.stage, result.table_name) for result in results} == {("staging", RENT.name)}
    assert {(r.outcome, r.failed_count, r.examples) for r in results} == {("passed", 0, "[]")}
    assert [result.check_name for result in results] == [
        "columns stand as declared",
        "types are as declared",
        "one row per person_key, month",
        "person_key is never empty",
        "person_key lies within 0..",
        "month is never empty",
        "month lies within 1..12",
        "paid_cents lies within 0..",
        "share lies within ..1",
        "ratio lies within the finite numbers",
        "city is one of ulm, o'fallon",
        "value_hash is never empty",
        "paid in full or not at all",
        "paid by the day of the snapshot",
    ]


ONE_ROW = "where person_key = 1 and month = 2"


OF_A_ROW = [
    ("value_hash = null", "value_hash is never empty", {}),
    ("month = null", "month is never empty", {"month": None}),
    ("paid_cents = -1", "paid_cents lies within 0..", {"paid_cents": -1}),
    ("month = 13", "month lies within 1..12", {"month": 13}),
    ("ratio = 'inf'", "ratio lies within the finite numbers", {"ratio": "inf"}),
    ("ratio = 'nan'", "ratio lies within the finite numbers", {"ratio": "nan"}),
    ("city = 'bonn'", "city is one of ulm, o'fallon", {"city": "bonn"}),
    ("share = 0.5", "paid in full or not at all", {"share": 0.5}),
    ("paid_on = date '2026-02-01'", "paid by the day of the snapshot", {"paid_on": "2026-02-01"}),
]
OF_MANY = [
    (
        "insert into staging.rent from staging.rent where person_key = 1",
        "one row per person_key, month",
        12,
        {"person_id": "yan", "month": 1, "row_count": 2},
    ),
    (
        "alter table staging.rent add column more bigint",
        "columns stand as declared",
        1,
        {"place": CHECKED_COLUMNS + 1, "declared_column": None, "made_column": "more"},
    ),
    (
        "alter table staging.rent alter month set data type integer",
        "types are as declared",
        1,
        {"column_name": "month", "declared_type": "BIGINT", "made_type": "INTEGER"},
    ),
]


@pytest.mark.parametrize("stands_in_a_file", [False, True], ids=["table", "file"])
@pytest.mark.parametrize(
    ("fault", "check_name", "count", "example"),
    [
        *OF_MANY,
        *(
            (
                f"update staging.rent set {change} {ONE_ROW}",
                name,
                1,
                {"person_id": "yan", "month": 2} | example,
            )
            for change, name, example in OF_A_ROW
        ),
    ],
)
def test_a_broken_constraint_alone_says_so(
    rent: duckdb.DuckDBPyConnection,
    fault: str,
    check_name: str,
    count: int,
    example: dict[str, object],
    stands_in_a_file: bool,
    tmp_path: Path,
) -> None:
    rent.execute(fault)
    if stands_in_a_file:
        # A view of a Parquet file, as logs and published tables are.
        file = tmp_path / "rent.parquet"
        rent.execute(f"copy staging.rent to '{file}'; drop table staging.rent")
        rent.execute(f"create view staging.rent as from read_parquet('{file}')")
    (result,) = not_passed(check_rent(rent))
    is_warning = check_name == "paid by the day of the snapshot"
    expected = ("warn", "warned") if is_warning else ("fail", "failed")
    assert (result.check_name, result.level, result.outcome) == (check_name, *expected)
    assert result.failed_count == count
    assert json.loads(result.examples)[0].items() >= example.items()
    if is_warning:
        refuse_if_critical([result])


def test_a_nan_is_seen_in_a_file_whose_greatest_value_says_nothing_of_it(
    rent: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rent.execute("update staging.rent set ratio = 0.25, share = 0 where month = 1")
    rent.execute(f"update staging.rent set ratio = 'nan', share = 'nan' {ONE_ROW}")
    file = tmp_path / "rent.parquet"
    rent.sql("from staging.rent").pl().write_parquet(file)
    rent.execute(f"drop table staging.rent; create view staging.rent as from '{file}'")
    [(greatest,)] = rent.execute(
        "select stats_max_value from parquet_metadata(?) where path_in_schema = 'ratio'",
        [str(file)],
    ).fetchall()
    assert greatest == "0.5"
    broken = {result.check_name for result in not_passed(check_rent(rent))}
    assert {"ratio lies within the finite numbers", "share lies within ..1"} <= broken


def test_swapped_columns_are_named_by_their_places(rent: duckdb.DuckDBPyConnection) -> None:
    swapped = replace(RENT, columns=(RENT.columns[1], RENT.columns[0], *RENT.columns[2:]))
    (result,) = not_passed(check_rent(rent, swapped))
    assert (result.check_name, result.failed_count) == ("columns stand as declared", 2)
    assert json.loads(result.examples)[0] == {
        "place": 1, "declared_column": "month", "made_column": "person_key",
    }  # fmt: skip


def test_a_lost_column_is_reported_and_what_is_declared_of_it_is_an_error(
    rent: duckdb.DuckDBPyConnection,
) -> None:
    rent.execute("alter table staging.rent drop column ratio")
    results = {result.check_name: result for result in not_passed(check_rent(rent))}
    assert set(results) == {"columns stand as declared", "ratio lies within the finite numbers"}
    assert results["columns stand as declared"].outcome == "failed"
    assert results["ratio lies within the finite numbers"].outcome == "error"


@pytest.mark.parametrize("level", ["fail", "warn"])
def test_a_check_that_errors_is_a_failure(rent: duckdb.DuckDBPyConnection, level: str) -> None:
    odd = Check("odd", "select * from {batch} where no_such_column > 1", level)
    (result,) = not_passed(check_rent(rent, replace(RENT, checks=(*RENT.checks, odd))))
    assert (result.check_name, result.level, result.outcome) == ("odd", "fail", "error")
    assert "no_such_column" in result.examples
    with pytest.raises(ChecksRefused, match="the check could not run"):
        refuse_if_critical([result])


def test_a_table_that_is_not_there_is_a_failure(rent: duckdb.DuckDBPyConnection) -> None:
    (result,) = check_rent(rent, replace(RENT, name="staging.nowhere"))
    assert (result.check_name, result.outcome) == ("the table can be read", "error")
    assert "nowhere" in result.examples


def test_examples_name_people_by_id_in_its_order_and_never_show_a_hash(
    rent: duckdb.DuckDBPyConnection,
) -> None:
    rent.execute("update staging.rent set share = 0.5 where month = 1")
    (result,) = not_passed(check_rent(rent))
    assert [row["person_id"] for row in json.loads(result.examples)] == ["xia", "yan", "zoe"]
    assert "secret" not in result.examples


def test_a_constraint_broken_by_many_rows_is_counted_whole(rent: duckdb.DuckDBPyConnection) -> None:
    rent.execute(
        "insert into staging.rent by name"
        " select range + 3 as person_key, 1 as month, 'h' as value_hash, -5 as paid_cents"
        " from range(50_000)"
    )
    (result,) = not_passed(check_rent(rent))
    assert result.failed_count == 50_000
    assert len(json.loads(result.examples)) == 3


def test_logs_are_not_searched_for_repeated_events(house: DuckDBEngine) -> None:
    results = check_constraints(house.con, house.catalog.of_schema("raw"), "raw", DATES.parameters)
    assert not [result for result in results if result.check_name.startswith("one row per")]


def test_two_broken_columns_are_two_results(rent: duckdb.DuckDBPyConnection) -> None:
    rent.execute(f"update staging.rent set paid_cents = -1, value_hash = null {ONE_ROW}")
    broken = {result.check_name for result in not_passed(check_rent(rent))}
    assert broken == {"paid_cents lies within 0..", "value_hash is never empty"}


def test_the_small_house_keeps_every_contract_and_every_assertion(house: DuckDBEngine) -> None:
    for stage in ("reference", *BUILT):
        tables = house.catalog.of_schema(stage)
        results = check_constraints(house.con, tables, stage, DATES.parameters)
        assert {result.table_name for result in results} == {table.name for table in tables}
        assertions = check_assertions(house.con, tables, stage, DATES.parameters)
        assert not not_passed([*results, *assertions])


# --- what a refusal says: the table, the check, the count and a few examples, and no more --------

FAILED = CheckResult("raw", "raw.bill", "odd", "fail", "failed", 2, '[{"person_id": "anna"}]')


def refusal_of(results: list[CheckResult]) -> ChecksRefused:
    with pytest.raises(ChecksRefused) as refusal:
        refuse_if_critical(results)
    return refusal.value


def test_a_refusal_shows_examples_only_in_full() -> None:
    refusal, head = refusal_of([FAILED]), "a check of raw failed, so nothing was published"
    assert refusal.exit_code == 3
    assert refusal.in_full == f"{head}\nraw.bill: odd: 2 rows, such as {FAILED.examples}"
    assert str(refusal) == f"{head}\nraw.bill: odd: 2 rows"


def test_a_refusal_stays_short() -> None:
    refusal = refusal_of([FAILED] * 9)
    assert len(str(refusal).splitlines()) == 5
    assert str(refusal).endswith("and 6 more")
