"""The figures of a world, counted while it is written, are those of the files it wrote.

Each is computed once more, by SQL over the delivered logs, and must agree: to the last digit where
the files hold all that was counted, nearly where the last days of the world are missing from them.
"""

from collections.abc import Iterator

import duckdb
import pytest

from plainscore.synthetic.delivery import FAULTS
from tests.synthetic.conftest import LOG_NAMES, MadeWorld

# Mangled copies have the event_id of their whole row, or none; conflicts come later or differ by a
# second or a cent; so the first and the most frequent values are those of the whole row.
_VIEWS = """
    create view purchases as
    select event_id, any_value(person_id) as person_id, min(event_time) as event_time
    from purchase where event_type = 'purchase' and event_id is not null group by event_id;

    create view months as
    select month(event_time) as of_year, count(*) as purchases
    from purchases group by date_trunc('month', event_time), of_year;

    create view busiest as
    select person.person_id, count(event_id) as purchases
    from person left join purchases using (person_id) group by person.person_id;

    create view bills as
    select bill_id, any_value(person_id) as person_id, min(due_date) as due_date,
        mode(amount) as amount
    from payment where event_type = 'bill' and bill_type = 'instalment' and bill_id is not null
    group by bill_id having min(due_date) <= $last and mode(amount) > 0;

    create view paid as
    select bill_id, max(event_time)::date as paid_on
    from payment where event_type = 'payment' and bill_id is not null group by bill_id;

    create view tie as
    select distinct least(person_id, friend_id) as low, greatest(person_id, friend_id) as high
    from friendship where event_type = 'added' and person_id <> friend_id;

    create view side as select low as a, high as b from tie union all select high, low from tie;

    create view degree as
    select person_id, count(a) as ties from person left join side on a = person_id
    group by person_id;

    create view closed as
    select one.a as person_id, count(*) as pairs, count(tie.low) as known
    from side as one join side as other on one.a = other.a and one.b < other.b
    left join tie on tie.low = one.b and tie.high = other.b
    group by one.a
"""
_EXACT = {
    "thin files, fakes included (share)": "select avg((is_thin or is_fake)::int) from person",
    "purchases of the busiest 20 % (share)": """
        select sum(purchases) filter (place <= people // 5) / sum(purchases) from (
            select purchases, row_number() over (order by purchases desc) as place,
                count(*) over () as people
            from busiest)""",
    "December / ordinary month": """
        select avg(purchases) filter (of_year = 12)
            / avg(purchases) filter (of_year between 3 and 10)
        from months""",
    "January, February / ordinary month": """
        select avg(purchases) filter (of_year <= 2)
            / avg(purchases) filter (of_year between 3 and 10)
        from months""",
    "rows per person and month": "select sum(rows) / (select count(*) from person) / 24 from rows",
    "payments taken back (share)": """
        select count(distinct event_id) filter (event_type = 'reversal')
            / count(distinct event_id) filter (event_type = 'payment')
        from payment""",
}
_NEAR = {
    "instalments paid late (share)": (0.05, """
        select avg((paid_on > due_date)::int * (bill_id not in (
            select bill_id from troubled_bill where days_late is null))::int)
        from bills left join paid using (bill_id)"""),
    "instalments never paid (share)": (0.05, """
        select avg((bill_id in (
            select bill_id from troubled_bill where days_late is null))::int)
        from bills"""),
    "ties per person (mean)": (0.01, "select avg(ties) from degree"),
    "ties per person (most)": (0.01, "select max(ties) from degree"),
    "degree assortativity": (0.05, """
        select corr(one.ties, other.ties) from side
        join degree as one on one.person_id = a join degree as other on other.person_id = b"""),
    "reliability of friends (correlation)": (0.02, """
        select corr(one.reliability, other.reliability) from side
        join person as one on one.person_id = a join person as other on other.person_id = b"""),
    # The figure is that of a sample of people.
    "clustering (mean of persons)": (0.05, "select avg(known / pairs) from closed"),
    "rows delivered twice (share)": (0.02, " + ".join(
        f"(select count(*) - (select count(*) from (select distinct * from {log})) from {log})"
        for log in LOG_NAMES).join(["select (", ") / sum(rows) from rows"])),
}  # fmt: skip


@pytest.fixture(scope="module")
def written(modest_world: MadeWorld) -> Iterator[duckdb.DuckDBPyConnection]:
    landing = modest_world.settings.landing
    with duckdb.connect() as con:
        for name in LOG_NAMES:
            files = f"read_parquet('{landing}/{name}/*/*.parquet', hive_partitioning = false)"
            con.execute(f"create table {name} as from {files}")
        for path in (landing / "_truth").glob("*.parquet"):
            con.execute(f"create table {path.stem} as from read_parquet('{path}')")
        con.execute("create view rows as select rows from delivery where what = 'rows'")
        con.execute(_VIEWS.replace("$last", f"date '{modest_world.settings.last}'"))
        yield con


@pytest.mark.parametrize("name", [*_EXACT, *_NEAR])
def test_a_figure_is_that_of_the_files(
    name: str, modest_world: MadeWorld, written: duckdb.DuckDBPyConnection
) -> None:
    generated = {t.name: t.generated for t in modest_world.statistics.targets}[name]
    distance, query = _NEAR[name] if name in _NEAR else (1e-12, _EXACT[name])
    (found,) = written.execute(query).fetchone() or (None,)
    assert found == pytest.approx(generated, rel=distance)


def test_rows_are_counted_as_delivered(
    modest_world: MadeWorld, written: duckdb.DuckDBPyConnection
) -> None:
    unreadable = "select coalesce(sum(rows), 0) from delivery where log = ? and what = any(?)"
    names = [f"corrupt: {fault.name}" for fault in FAULTS if fault.text is not None]
    for log, counted in modest_world.statistics.rows.items():
        (in_text,) = written.execute(unreadable, [log, names]).fetchone() or (0,)
        (typed,) = written.execute(f"select count(*) from {log}").fetchone() or (0,)
        assert typed + in_text == counted


def test_every_target_is_met(modest_world: MadeWorld) -> None:
    assert [target for target in modest_world.statistics.targets if not target.is_met] == []
    assert len(modest_world.statistics.targets) == 18
