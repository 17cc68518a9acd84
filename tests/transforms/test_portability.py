"""The lint passes over the whole house, and every rule of it catches its fault."""

import pytest

from plainscore.contracts.catalog import tables_read
from plainscore.contracts.contract import Column, ContractError, Table
from tests.transforms.portability import RULES, TYPED_RULES, faults
from tests.transforms.worked_example import house

BUILT = [table for table in house().tables.values() if not table.is_source]

# Rule -> SELECTs that break it; each has one output column of the type given.
PLANTED: dict[str, list[tuple[str, str]]] = {
    "a function outside the portable subset": [
        ("DOUBLE", "select avg(days_late) as x from staging.bill"),
        ("DOUBLE", "select stddev(days_late) as x from staging.bill"),
        ("BIGINT", "select median(days_late) as x from staging.bill"),
        ("BIGINT", "select mode(days_late) as x from staging.bill"),
        ("VARCHAR", "select arg_max(bill_id, due_date) as x from staging.bill"),
        ("VARCHAR", "select first(bill_id) as x from staging.bill"),
        ("VARCHAR", "select any_value(bill_id) as x from staging.bill"),
        ("VARCHAR", "select list(bill_id) as x from staging.bill"),
        ("VARCHAR", "select string_agg(bill_id, ',') as x from staging.bill"),
        ("BIGINT", "select approx_count_distinct(bill_id) as x from staging.bill"),
        ("BIGINT", "select quantile_disc(days_late, 0.5) as x from staging.bill"),
        ("BIGINT", "select ntile(4) over (order by bill_id) as x from staging.bill"),
        ("DOUBLE", "select round(1.5) as x from staging.bill"),
        ("DATE", "select current_date as x from staging.bill"),
        ("DATE", "select today() as x from staging.bill"),
        ("TIMESTAMP", "select now() as x from staging.bill"),
        ("DOUBLE", "select random() as x from staging.bill"),
        ("BIGINT", "select hash(bill_id) as x from staging.bill"),
        ("VARCHAR", "select regexp_replace(bill_id, 'a', 'b') as x from staging.bill"),
        ("BIGINT", "select dayofweek(due_date) as x from staging.bill"),
        ("BIGINT", "select extract(isodow from due_date) as x from staging.bill"),
        ("BIGINT", "select epoch(due_date) as x from staging.bill"),
        ("DATE", "select date_trunc('month', due_date) as x from staging.bill"),
        ("BIGINT", "select x from read_parquet('a.parquet')"),
        ("BIGINT", "select columns('days_.*') as x from staging.bill"),
    ],
    "sum() needs a cast to bigint or decimal(38, 0)": [
        ("BIGINT", "select sum(amount_cents) as x from staging.bill"),
        ("BIGINT", "select cast(sum(amount_cents) as double) as x from staging.bill"),
        ("BIGINT", "select sum(days_late) over (partition by bill_type) as x from staging.bill"),
    ],
    "a table is written with its schema": [("VARCHAR", "select bill_id as x from bill")],
    "the final select is written out": [
        ("VARCHAR", "select * from staging.bill"),
        ("VARCHAR", "select bill.* from staging.bill as bill"),
        ("VARCHAR", "select bill_id as x from staging.bill union all select * from staging.bill"),
    ],
    "write inner join, left join or cross join, with on": [
        ("BIGINT", f"select bill.days_late as x from staging.bill as bill {join}")
        for join in (
            ", staging.person as person",
            "join staging.person as person on true",
            "natural join staging.person as person",
            "inner join staging.person as person using (person_key)",
            "asof join staging.person as person on bill.person_key >= person.person_key",
            "positional join staging.person as person",
        )
    ],
    "no pivot, sample, unnest, limit, lateral, list or lambda": [
        ("VARCHAR", "select bill_id as x from staging.bill limit 3"),
        ("VARCHAR", "select bill_id as x from staging.bill using sample 10"),
        ("VARCHAR", "select bill_id[1] as x from staging.bill"),
        ("BIGINT", "with p as (pivot staging.bill on bill_type using max(days_late)) "
                   "select 1 as x from p"),
    ],
    "this window needs an order": [
        ("BIGINT", "select row_number() over (partition by bill_type) as x from staging.bill"),
    ],
    "a window's order ends in a unique key": [
        ("BIGINT", "select row_number() over (order by due_date) as x from staging.bill"),
        ("BIGINT", "select lag(days_late) over (order by due_date desc) as x from staging.bill"),
    ],
    "an ordered aggregate needs `rows between`": [
        ("BIGINT", "select count(*) over (order by bill_id) as x from staging.bill"),
        ("BIGINT", "select count(*) over (order by bill_id range between unbounded preceding and "
                   "current row) as x from staging.bill"),
    ],
    "differences and intervals are in days": [
        ("BIGINT", "select date_diff('month', due_date, paid_date) as x from staging.bill"),
        ("BIGINT", "select date_diff('year', due_date, paid_date) as x from staging.bill"),
        ("VARCHAR", "select bill_id as x from staging.bill "
                    "where due_date > $as_of_date - interval 6 month"),
    ],
    "windows of time look at dates, not at times": [
        ("VARCHAR", "select event_id as x from raw.payment where event_time <= $as_of_date"),
    ],
    "only $as_of_date, $known_on and $events_until": [
        ("VARCHAR", "select bill_id as x from staging.bill where due_date > $today"),
    ],
    "a type that not every engine has": [
        ("BIGINT", "select cast(days_late as hugeint) as x from staging.bill"),
        ("BIGINT", "select cast(days_late as decimal(18, 3)) as x from staging.bill"),
        ("BIGINT", "select cast(bill_id as uuid) as x from staging.bill"),
    ],
    "a sum of floats depends on the order of rows": [
        ("BIGINT", "select cast(sum(on_time_share) as bigint) as x from features.credit_history"),
        ("BIGINT", "select cast(sum(days_late / 2) as bigint) as x from staging.bill"),
    ],
    "engines round fractions differently on their way to whole numbers": [
        ("BIGINT", "select cast(days_late / 2 as bigint) as x from staging.bill"),
        ("INTEGER", "select cast(on_time_share as integer) as x from features.credit_history"),
    ],
    "date_diff needs two dates": [
        ("BIGINT", "select cast(date_diff('day', event_time, $as_of_date) as bigint) as x "
                   "from raw.payment"),
    ],
    "cast it": [
        ("BIGINT", "select date_diff('day', due_date, $as_of_date) as x from staging.bill"),
        ("BIGINT", "select row_number() over (order by bill_id) as x from staging.bill"),
        ("INTEGER", "select days_late as x from staging.bill"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("table", BUILT, ids=lambda table: table.name)
def test_every_transform_keeps_to_the_portable_subset(table: Table) -> None:
    assert faults(table, house().tables) == []


def test_every_rule_has_planted_faults() -> None:
    assert set(PLANTED) == {*RULES, *TYPED_RULES, "cast it"}


@pytest.mark.parametrize(
    ("rule", "column_type", "sql"),
    [(rule, *planted) for rule, faulty in PLANTED.items() for planted in faulty],
)
def test_a_planted_fault_is_caught(rule: str, column_type: str, sql: str) -> None:
    assert any(rule in fault for fault in faults(_planted(column_type, sql), house().tables))


def test_the_subset_itself_is_allowed() -> None:
    sql = """
    with recent as (
        select * from staging.bill where due_date > $as_of_date - interval 9 day
    )
    select cast(sum(least(days_late, 90)) filter (where days_late > 0) as bigint) as x
    from recent
    semi join staging.person as person on recent.person_key = person.person_key
    group by all"""
    assert faults(_planted("BIGINT", sql), house().tables) == []


def test_a_misspelt_column_is_a_fault() -> None:
    found = faults(_planted("BIGINT", "select day_late as x from staging.bill"), house().tables)
    assert len(found) == 1
    assert "day_late" in found[0]


def _planted(column_type: str, sql: str) -> Table:
    table = Table("scores.planted", "", "", (), (Column("x", column_type, "planted"),), (), sql)
    try:
        inputs = tables_read(table)
    except ContractError:  # a bare name: the catalog refuses it as well
        inputs = frozenset()
    return Table("scores.planted", "", "", (), table.columns, (), sql, inputs)
