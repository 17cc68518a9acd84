"""The macros add up, and what_if says what the pipeline would say."""

import math
from typing import Any

import duckdb
import pytest

from tests.publish.invented import COMPILED, OCTOBER_LATER, engine, house, person_id

SEPTEMBER_DAY, OCTOBER_DAY = "2026-09-30", "2026-10-31"
PERSON_KEY = 5
WHO = person_id(PERSON_KEY)
WRITTEN = [t for t in house().of_schema("features") if t.name not in COMPILED]


def _rows(con: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return con.execute(sql, list(values)).fetchall()


def test_explained_points_and_the_base_are_the_score(con: duckdb.DuckDBPyConnection) -> None:
    for person, score in _rows(
        con, "select person_id, score from score where as_of_date = ?", OCTOBER_DAY
    )[:8]:
        sql = "select points, points_lost, max_points from explain(?, ?)"
        explained = _rows(con, sql, person, OCTOBER_DAY)
        assert len(explained) == 32
        if score is not None:
            assert 350 + sum(points for points, _, _ in explained) == score
            assert all(points + lost == most for points, lost, most in explained)
        else:
            assert {points for points, _, _ in explained} == {None}


def test_why_changed_sums_to_the_change_of_the_score(con: duckdb.DuckDBPyConnection) -> None:
    changes = _rows(
        con, "select points_change from why_changed(?, ?, ?)", WHO, SEPTEMBER_DAY, OCTOBER_DAY
    )
    compared = _rows(
        con,
        "select score_change from compare(?, ?) where person_id = ?",
        SEPTEMBER_DAY,
        OCTOBER_DAY,
        WHO,
    )
    assert [(sum(change for (change,) in changes),)] == compared


def test_mobility_counts_everyone_once(con: duckdb.DuckDBPyConnection) -> None:
    moved = _rows(con, "select sum(people) from mobility(?, ?)", SEPTEMBER_DAY, OCTOBER_DAY)
    assert moved == [(40,)]
    shares = _rows(
        con,
        "select sum(share) from mobility(?, ?) group by band_no_before",
        SEPTEMBER_DAY,
        OCTOBER_DAY,
    )
    assert all(share == pytest.approx(1) for (share,) in shares)


def test_nothing_shifts_against_itself(con: duckdb.DuckDBPyConnection) -> None:
    same = _rows(con, "select measure, psi, people_before from psi(?, ?)", OCTOBER_DAY, OCTOBER_DAY)
    assert len(same) == 33
    assert {(value, people) for _, value, people in same} == {(0.0, 39)}
    moved = _rows(con, "select min(psi), max(psi) from psi(?, ?)", SEPTEMBER_DAY, OCTOBER_DAY)
    assert moved[0][0] >= 0
    assert moved[0][1] > 0


def test_the_terms_of_the_friends_sum_to_friend_reliability(
    con: duckdb.DuckDBPyConnection,
) -> None:
    people = _rows(
        con,
        "select person_id, friend_reliability from features "
        "where as_of_date = ? and friend_reliability is not null",
        OCTOBER_DAY,
    )
    assert len(people) == 39
    for person, reliability in people[:10]:
        sql = "select contribution, weight_share, abs(clipped_ppm - own_ppm) from friends_of(?, ?)"
        terms = _rows(con, sql, person, OCTOBER_DAY)
        assert sum(term[0] for term in terms) == pytest.approx(reliability)
        assert sum(term[1] for term in terms) == pytest.approx(1)
        assert max(term[2] for term in terms) <= 150_000


def test_score_as_of_takes_the_newest_date_until_then(con: duckdb.DuckDBPyConnection) -> None:
    for day, shown in (("2026-10-30", SEPTEMBER_DAY), ("2027-01-01", OCTOBER_DAY)):
        dates = _rows(con, "select distinct as_of_date::text from score_as_of(?)", day)
        assert dates == [(shown,)]
    assert _rows(con, "from score_as_of('2026-09-29')") == []


def test_what_is_already_so_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    for feature, value in _rows(con, "select feature, value from explain(?, ?)", WHO, OCTOBER_DAY):
        found = _rows(
            con,
            "select score_change, points_then - points_now, friend_points_then - friend_points_now"
            " from what_if(?, ?, ?, ?)",
            WHO, OCTOBER_DAY, feature, value,
        )  # fmt: skip
        assert found == [(0, 0, 0)], feature


@pytest.mark.parametrize(
    ("feature", "value"),
    [
        ("utilisation", 0.1),
        ("utilisation", None),
        ("utilisation", math.nan),
        ("worst_days_late", 0),
        ("refund_share", 0.9),
    ],
)
def test_what_if_says_what_the_pipeline_would_say(
    con: duckdb.DuckDBPyConnection, feature: str, value: float | None
) -> None:
    answered = _rows(
        con,
        "select score_then, band_then from what_if(?, ?, ?, ?)",
        WHO,
        OCTOBER_DAY,
        feature,
        value,
    )
    home = next(table.name for table in WRITTEN if feature in [c.name for c in table.columns])
    literal = "null" if value is None or math.isnan(value) else str(value)
    edit = f"update {home} set {feature} = {literal} where person_key = {PERSON_KEY}"
    made = engine(OCTOBER_LATER, seed=3, edits={home: edit})
    scored = made.con.execute(
        "select score, band from published.score where person_id = ? and scorecard_no = 1", [WHO]
    ).fetchall()
    made.close()
    assert answered == scored
