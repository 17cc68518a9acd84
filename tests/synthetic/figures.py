"""The figures of a world beside those of real data: what targets.toml declares, measured.

`python -m tests.synthetic.figures --data DATA` prints the table of docs/explanation/world.md for a
world that was written as parquet under DATA/landing.
"""

import argparse
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from plainscore.synthetic import shape
from plainscore.synthetic.delivery import LOGS

DECLARED = shape.TARGETS
# Each event once, with the most frequent of its values, which are those of the whole row.
_VIEWS = """
    create temp view bill as
    select
        bill_id,
        any_value(person_id) as person_id,
        mode(bill_type) as bill_type,
        mode(due_date) as due_date,
        mode(amount) as amount,
        mode(event_time)::date as issued_on
    from payment
    where event_type = 'bill' and bill_id is not null
    group by bill_id;

    create temp view paid as
    select bill_id, max(event_time)::date as paid_on
    from payment
    where event_type = 'payment' and bill_id is not null and event_time < world_end() + 1
    group by bill_id;

    -- Bills whose end the world has seen: due 91 days before its last day or earlier.
    create temp table ended_bill as
    select
        bill.*,
        paid.paid_on,
        troubled_bill.bill_id is not null as is_bad,
        date_diff('day', bill.due_date, paid.paid_on) as days_late
    from bill
    left join paid using (bill_id)
    left join troubled_bill using (bill_id)
    where bill.due_date <= world_end() - 91 and bill.amount > 0;

    create temp table bought as
    select
        order_id,
        any_value(person_id) as person_id,
        mode(event_time) as bought_at,
        mode(amount) as amount
    from purchase
    where event_type = 'purchase' and order_id is not null
    group by order_id;

    create temp view month_bought as
    select month(bought_at) as of_year, count(*) as purchases
    from bought
    where bought_at < world_end() + 1
    group by date_trunc('month', bought_at), of_year;

    create temp view ended_instalment as
    select
        coalesce(ended_bill.days_late, 0) as days_late,
        troubled_bill.bill_id is not null and troubled_bill.days_late is null as is_never_paid
    from ended_bill
    left join troubled_bill using (bill_id)
    where ended_bill.bill_type = 'instalment';

    create temp view gap as
    select
        person_id,
        date_diff('day', lag(bought_on) over (partition by person_id order by bought_on), bought_on)
            as days
    from (select distinct person_id, bought_at::date as bought_on from bought);

    create temp view spacing as
    select person_id, count(days) as gaps, avg(days) as mean, stddev(days) as deviation,
        max(days) as longest
    from gap
    where days is not null
    group by person_id;

    create temp table statement as
    select event_id, any_value(person_id) as person_id, mode(event_time) as stated_at,
        mode(account_balance) as balance
    from payment
    where event_type = 'balance' and account_balance is not null and event_id is not null
    group by event_id;

    create temp view account_month as
    select person_id, date_trunc('month', stated_at) as month, min(balance) as lowest,
        arg_max(balance, stated_at) as at_end
    from statement
    group by person_id, date_trunc('month', stated_at);

    create temp view earned as
    select person_id, date_trunc('month', event_time) as month, sum(amount) as amount
    from (
        select event_id, any_value(person_id) as person_id, mode(event_time) as event_time,
            mode(amount) as amount
        from payment
        where event_type = 'income' and event_id is not null
        group by event_id
    )
    group by person_id, date_trunc('month', event_time);

    -- Both ends of each tie, and when it began first.
    create temp table begun as
    with side as (
        select person_id, friend_id, event_time from friendship where event_type = 'added'
        union all
        select friend_id, person_id, event_time from friendship where event_type = 'added'
    )
    select person_id, friend_id, min(event_time)::date as begun_on
    from side
    where person_id <> friend_id
    group by person_id, friend_id;

    create temp view degree as
    select person_id, count(friend_id) as ties
    from person
    left join begun using (person_id)
    group by person_id;

    create temp view closed as
    select one.person_id, count(*) as pairs, count(tie.person_id) as known
    from begun as one
    inner join begun as other
        on one.person_id = other.person_id and one.friend_id < other.friend_id
    left join begun as tie on one.friend_id = tie.person_id and other.friend_id = tie.friend_id
    group by one.person_id;

    -- People at 90 days before the end: what they look like, and whether any bill due in these 90
    -- days became 30 or more days late (known from the truth, also after the end).
    create temp table outcome as
    select
        person.person_id,
        max((troubled_bill.bill_id is not null)::int) as is_bad,
        bool_or(bill.bill_type in ('card', 'loan')) as has_credit,
        any_value(last_bought.last_on) as last_bought_on
    from person
    inner join bill on person.person_id = bill.person_id
    left join troubled_bill on bill.bill_id = troubled_bill.bill_id
    left join (
        select person_id, max(bought_at)::date as last_on
        from bought
        where bought_at <= world_end() - 90
        group by person_id
    ) as last_bought on person.person_id = last_bought.person_id
    where bill.due_date between world_end() - 89 and world_end() and bill.amount > 0
    group by person.person_id;
"""


@dataclass(frozen=True)
class Target:
    """One figure: `real` (None where none was found) with its source, and the range to lie in."""

    name: str
    title: str
    low: float
    high: float
    real: float | None
    source: str
    figure: str


def read_targets_file(path: Path = DECLARED) -> dict[str, Target]:
    """Return the declared figures by name."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _target(name, table) for name, table in tables.items()}


def _target(name: str, table: Mapping[str, Any]) -> Target:
    low, high = table["range"]
    source, figure = table.get("source", ""), table["figure"]
    return Target(name, table["title"], low, high, table.get("real"), source, figure)


def measure(landing: Path, last: date) -> Iterator[tuple[Target, float | None]]:
    """Yield every target with the figure of a world of parquet files, computed from its events."""
    with duckdb.connect() as con:
        for log in LOGS:
            files = f"read_parquet('{landing}/{log.name}/*/*.parquet', hive_partitioning = false)"
            con.execute(f"create temp view {log.name} as from {files}")
        for table in (landing / "_truth").glob("*.parquet"):
            con.execute(f"create temp view {table.stem} as from read_parquet('{table}')")
        con.execute(f"create temp macro world_end() as date '{last}'")
        con.execute(_VIEWS)
        for target in read_targets_file().values():
            (found,) = con.execute(target.figure).fetchone() or (None,)
            yield target, found


def table_lines(landing: Path, last: date) -> Iterator[str]:
    """Yield the table of real and invented figures as Markdown."""
    yield "| figure | real | source | range | invented | |"
    yield "|---|---|---|---|---|---|"
    for target, found in measure(landing, last):
        real = "" if target.real is None else f"{target.real:g}"
        is_met = found is not None and target.low <= found <= target.high
        invented = "" if found is None else f"{found:.3g}"
        span, verdict = f"{target.low:g} to {target.high:g}", "met" if is_met else "MISSED"
        yield f"| {target.title} | {real} | {target.source} | {span} | {invented} | {verdict} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--last", type=date.fromisoformat, default=date(2026, 10, 31))
    asked = parser.parse_args()
    print("\n".join(table_lines(asked.data / "landing", asked.last)))
