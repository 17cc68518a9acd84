"""What holds only where there are more rows than a worked example can show."""

from datetime import date

from plainscore.contracts import SnapshotDates
from plainscore.engines import EngineOptions
from plainscore.engines.duckdb import DuckDBEngine
from tests.transforms.worked_example import cards, house

D = date(2026, 1, 31)
PAIRS = "insert into staging.tie select low, high, {days}, 3 from {pairs} as pair (low, high)"

BACKWARDS = (
    "insert into staging.tie select friend_key, person_key, tie_days, contact_months "
    "from staging.tie"
)


def _built(table_name: str, filled_by: str) -> list[tuple[int, ...]]:
    engine = DuckDBEngine(house(), SnapshotDates(D, D), EngineOptions(threads=1))
    engine.load_reference(cards())
    table = house()[table_name]
    for name in table.inputs:
        if not name.startswith("reference."):
            engine.con.execute(house()[name].ddl)
    engine.con.execute(filled_by)
    engine.build(table)
    rows = engine.con.execute(f"select * from {table_name} order by all").fetchall()
    engine.close()
    return rows


def test_of_more_than_20000_people_attacks_are_tried_on_every_nth_by_their_record() -> None:
    rows = _built(
        "audits.attacker",
        """insert into events.person select range, 'p' || range from range(40001);
        insert into scores.friend_reliability
        select 'standard', range, 40001 - range, 0, 12, 0, 0 from range(40001);
        insert into scores.own_points by name
        select 'standard' as scorecard, range as person_key, 0 as own_points from range(40001);
        insert into scores.score select 'standard', range, 350, 'poor', 1, 1, null
        from range(40001)""",
    )
    # Every third from the lowest record, which is that of the last person.
    assert {(row[2], row[3], row[4]) for row in rows} == {
        (place, 13333, 3 * place) for place in range(1, 13334)
    }


def test_a_day_on_which_very_many_ties_began_is_an_import_and_no_burst() -> None:
    imported = "insert into audits.import_day select 100, 2000"
    one_way = PAIRS.format(
        days=100, pairs="(values (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4))"
    )
    ring = f"{one_way}; {BACKWARDS}"
    assert len(_built("audits.triangle_side", ring)) == 12
    assert _built("audits.triangle_side", f"{ring}; {imported}") == []

    def days_of_import(of_day: int, of_other_days: int) -> list[int]:
        ties = (
            PAIRS.format(
                days=days, pairs=f"(select {first} + range, 600000 + range from range({n}))"
            )
            for days, first, n in ((100, 0, of_day), (300, 100_000, of_other_days))
        )
        return [row[0] for row in _built("audits.import_day", "; ".join(ties))]

    assert days_of_import(999, 0) == []
    assert days_of_import(1_000, 48_999) == [100, 300]
    # 1,000 of 50,000 are one in fifty, and no more.
    assert days_of_import(1_000, 49_000) == [300]
