"""What is published about groups holds everyone, whatever they call themselves."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.publish.invented import OCTOBER, engine


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Sixty people, each of a gender and a region of their own, but the last of no region."""
    edits = {
        "raw.profile": "update raw.profile set region = case when person_key < 59"
        " then 'r' || person_key end; update raw.profile set gender = 'g' || person_key"
    }
    house = engine(OCTOBER, people=60, edits=edits)
    yield house.con
    house.close()


def test_of_many_groups_fifty_stand_for_themselves_and_nobody_is_left_out(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Names decide between groups of the same size."""
    genders = _people(con, "gender")
    assert (len(genders), genders["others"], sum(genders.values())) == (51, 10, 60)
    assert "g9" not in genders
    assert "g0" in genders


def test_who_did_not_say_is_never_among_the_others(con: duckdb.DuckDBPyConnection) -> None:
    regions = _people(con, "region")
    assert (len(regions), regions["unknown"], regions["others"]) == (52, 1, 9)


def test_parts_of_a_gap_are_those_of_the_group_against_all_others(
    con: duckdb.DuckDBPyConnection,
) -> None:
    gaps, parts = con.execute(
        """select
            (select list(round(gap_points, 6) order by group_no) from published.gap
            where scorecard_no = 1 and attribute = 'gender' and points_counted = 'all'
            and scored_count > 0),
            (select list(round(part, 6) order by group_no) from (
                select group_no, sum(feature_gap) as part from published.gap_split
                where scorecard_no = 1 and attribute = 'gender' group by group_no
            ))"""
    ).fetchall()[0]
    assert gaps == parts
    assert len(gaps) == 50  # person 0 is not scored


def _people(con: duckdb.DuckDBPyConnection, attribute: str) -> dict[str, int]:
    rows = con.execute(
        "select group_name, people from published.gap"
        " where attribute = ? and points_counted = 'all' and scorecard_no = 1",
        [attribute],
    ).fetchall()
    return dict(rows)
