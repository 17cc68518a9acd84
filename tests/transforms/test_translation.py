"""What Spark and Sail say differently, each by a worked example; nothing is left unsaid."""

import logging
from datetime import date

import pytest

from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import tables_read
from plainscore.contracts.contract import Column, ContractError, Table
from plainscore.engines.spark import BUILT_THERE, columns_there, translate
from tests.transforms.worked_example import house

DATES = SnapshotDates(date(2026, 1, 31), date(2026, 2, 3))
BUILT = [t for t in house().tables.values() if t.schema in BUILT_THERE]

EXAMPLES = {
    "a table is a view": (
        "select days_late as x from staging.bill",
        "SELECT days_late AS x FROM staging__bill AS bill",
    ),
    "an alias stays": (
        "select mine.days_late as x from staging.bill as mine",
        "SELECT mine.days_late AS x FROM staging__bill AS mine",
    ),
    "dates stand in it": (
        "select 1 as x from raw.payment where arrived <= $known_on and event_date <= $as_of_date",
        "SELECT 1 AS x FROM raw__payment AS payment WHERE arrived <= CAST('2026-02-03' AS DATE) "
        "AND event_date <= CAST('2026-01-31' AS DATE)",
    ),
    "days before a date": (
        "select 1 as x from staging.bill where due_date > $as_of_date - interval 365 day",
        "SELECT 1 AS x FROM staging__bill AS bill "
        "WHERE due_date > CAST('2026-01-31' AS DATE) - INTERVAL '365' DAY",
    ),
    "days between dates, the later one last": (
        "select date_diff('day', due_date, paid_date) as x from staging.bill",
        "SELECT DATEDIFF(DAY, due_date, paid_date) AS x FROM staging__bill AS bill",
    ),
    "division of whole numbers is not that of doubles": (
        "select amount_cents * 3 // 7 as x from staging.bill",
        "SELECT amount_cents * 3 DIV 7 AS x FROM staging__bill AS bill",
    ),
    "nulls come last where they rise": (
        "select row_number() over (order by paid_date, bill_id desc) as x from staging.bill",
        "SELECT ROW_NUMBER() OVER (ORDER BY paid_date NULLS LAST, bill_id DESC) AS x "
        "FROM staging__bill AS bill",
    ),
    "qualify is a query around it": (
        "select bill_id as x from staging.bill "
        "qualify row_number() over (order by bill_id desc) = 1",
        "SELECT x FROM (SELECT bill_id AS x, ROW_NUMBER() OVER (ORDER BY bill_id DESC) AS _w "
        "FROM staging__bill AS bill) AS _t WHERE _w = 1",
    ),
    "an aggregate keeps its filter": (
        "select count(*) filter (where days_late > 0) as x from staging.bill",
        "SELECT COUNT(*) FILTER(WHERE days_late > 0) AS x FROM staging__bill AS bill",
    ),
    "but not over a window": (
        "select count(*) filter (where days_late > 0) over (partition by bill_type) as x "
        "from staging.bill",
        "SELECT COUNT(CASE WHEN days_late > 0 THEN 1 END) OVER (PARTITION BY bill_type) AS x "
        "FROM staging__bill AS bill",
    ),
    "nor where it sums": (
        "select sum(days_late) filter (where is_late) over (partition by bill_type) as x "
        "from staging.bill",
        "SELECT SUM(CASE WHEN is_late THEN days_late END) OVER (PARTITION BY bill_type) AS x "
        "FROM staging__bill AS bill",
    ),
    "groups are written out": (
        "select bill_type as x, days_late // 30 as y, count(*) as z from staging.bill group by all",
        "SELECT bill_type AS x, days_late DIV 30 AS y, COUNT(*) AS z FROM staging__bill AS bill "
        "GROUP BY bill_type, days_late DIV 30",
    ),
    "what leaves BIGINT": (
        "select cast(sum(cast(amount_cents as decimal(38, 0))) as decimal(38, 0)) as x "
        "from staging.bill",
        "SELECT CAST(SUM(CAST(amount_cents AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) AS x "
        "FROM staging__bill AS bill",
    ),
}


@pytest.mark.parametrize(("ours", "theirs"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_difference_is_said(ours: str, theirs: str) -> None:
    assert [sql for _, sql in translate(_table(ours), DATES)] == [theirs]


@pytest.mark.parametrize("table", BUILT, ids=lambda table: table.name)
def test_every_transform_can_be_said_without_a_warning(
    table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        last = translate(table, DATES)[-1]
    assert caplog.records == []
    assert last[0] == table.name


def test_what_is_read_twice_is_computed_once() -> None:
    sql = """
    with plain as (select days_late from staging.bill),
    twice as (select days_late from plain)
    select days_late as x from twice union all select -days_late as x from twice"""
    assert translate(_table(sql), DATES) == [
        (
            "scores.named.twice",
            "WITH plain AS (SELECT days_late FROM staging__bill AS bill) "
            "SELECT days_late FROM plain",
        ),
        (
            "scores.named",
            "SELECT days_late AS x FROM scores__named__twice AS twice UNION ALL "
            "SELECT -days_late AS x FROM scores__named__twice AS twice",
        ),
    ]


def test_what_cannot_be_said_is_an_error() -> None:
    frame = "rows between 1 preceding and 1 following exclude ties"
    sql = f"select sum(days_late) over (order by bill_id {frame}) as x from staging.bill"
    with pytest.raises(
        ContractError, match=r"scores.named cannot be said in Spark's SQL: .*EXCLUDE"
    ):
        translate(_table(sql), DATES)


def test_a_schema_is_written_in_their_types() -> None:
    columns = tuple(
        Column(f"c{n}", t, "") for n, t in enumerate(("VARCHAR", "TIMESTAMP", "INTEGER"))
    )
    table = Table("scores.named", "", "", (), columns)
    assert columns_there(table, frozenset({"c2"})) == "`c0` STRING, `c1` TIMESTAMP_NTZ"


def _table(sql: str) -> Table:
    table = Table("scores.named", "", "", (), (Column("x", "BIGINT", "named"),), (), sql)
    return Table("scores.named", "", "", (), table.columns, (), sql, tables_read(table))
