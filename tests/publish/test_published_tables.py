"""What is published adds up, and has the types and columns that readers rely on."""

import duckdb

from tests.publish.invented import house

PUBLISHED_TYPES = {"INTEGER", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN", "VARCHAR"}


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def test_every_published_table_is_dated() -> None:
    for table in house().of_schema("published"):
        names = [column.name for column in table.columns]
        assert {"as_of_date", "known_on"} <= set(names), table.name
        assert "person_id" not in names or names[0] == "person_id", table.name


def test_no_published_table_tells_a_key_of_the_inside() -> None:
    for table in house().of_schema("published"):
        assert not [column.name for column in table.columns if column.name.endswith("_key")]


def test_views_have_published_types_only(con: duckdb.DuckDBPyConnection) -> None:
    types = con.execute(
        "select distinct data_type from duckdb_columns() where not internal"
    ).fetchall()
    assert {row[0] for row in types} <= PUBLISHED_TYPES


def test_every_score_is_the_base_and_its_points(con: duckdb.DuckDBPyConnection) -> None:
    names = [row[0] for row in con.execute("select feature from dim_feature").fetchall()]
    total = " + ".join(names)
    keys = "person_id, as_of_date, known_on, run, scorecard"
    sql = f"select count(*) from score_all inner join points_all using ({keys}) where score"
    assert _count(con, f"{sql} = 350 + {total}") == 4 * 39 * 2
    assert _count(con, f"{sql} <> 350 + {total}") == 0


def test_every_score_is_the_base_and_its_factors(con: duckdb.DuckDBPyConnection) -> None:
    names = con.execute("select distinct factor from dim_feature").fetchall()
    total = " + ".join(row[0] for row in names)
    both = "score inner join factor using (person_id, as_of_date)"
    assert _count(con, f"select count(*) from {both} where score <> 350 + {total}") == 0


def test_everyone_has_features_and_a_score_or_a_code(con: duckdb.DuckDBPyConnection) -> None:
    assert _count(con, "select count(*) from features") == 2 * 40
    assert (
        _count(con, "select count(*) from score where (score is null) = (not_scored_code is null)")
        == 0
    )
    unscored = con.execute(
        "select friend_reliability from features semi join (from score where score is null) "
        "as unscored using (person_id, as_of_date)"
    ).fetchall()
    assert unscored == [(None,), (None,)]


def test_points_and_reasons_are_of_scored_people_only(con: duckdb.DuckDBPyConnection) -> None:
    unscored = "(from score where score is null) as unscored using (person_id, as_of_date)"
    for view in ("points", "factor", "reason", "friend", "benefit"):
        assert _count(con, f"select count(*) from {view} semi join {unscored}") == 0, view


def test_benefits_open_at_their_score(con: duckdb.DuckDBPyConnection) -> None:
    wrong = (
        "select count(*) from benefit inner join score using (person_id, as_of_date) "
        "where is_open <> (score >= min_score) or is_open <> (points_short = 0) "
        "or (not is_open and points_short <> min_score - score)"
    )
    assert _count(con, wrong) == 0
    assert _count(con, "select count(*) from benefit") == 2 * 39 * 17


def test_what_is_wanted_of_the_outside_contract_is_there(con: duckdb.DuckDBPyConnection) -> None:
    wanted = {
        "score": "person_id as_of_date known_on scorecard score band band_no not_scored_code",
        "features": "person_id as_of_date known_on on_time_share friend_reliability",
        "points": "person_id as_of_date known_on scorecard on_time_share friend_reliability",
        "reason": "person_id as_of_date known_on scorecard rank code value points max_points "
        "points_lost reason what_to_do",
        "benefit": "person_id as_of_date known_on scorecard benefit min_score is_open points_short",
        "quarantine": "log file line reason raw",
        "factor": "credit_history social_connections",
        "score_all": "scorecard known_on run",
        "points_all": "scorecard known_on run",
        "run": "as_of_date known_on run",
        "check_result": "as_of_date known_on run table_name check_name outcome",
    }
    for view, names in wanted.items():
        found = {row[0] for row in con.execute(f"describe {view}").fetchall()}
        assert set(names.split()) <= found, view
