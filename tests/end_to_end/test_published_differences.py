"""The comparison itself sees every kind of difference."""

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.end_to_end.published import (
    REASON_COLUMNS,
    SCORE_COLUMNS,
    differences,
    read_published,
)
from tests.oracle.nasty_worlds import nasty_world
from tests.oracle.score import FEATURES
from tests.oracle.snapshot import PersonResult, snapshot


@pytest.fixture(scope="module")
def expected() -> dict[str, PersonResult]:
    world = nasty_world(2)
    return snapshot(world.events, world.as_of_date, world.known_on)


@pytest.fixture
def data_dir(catalog: Path, tmp_path: Path) -> Path:
    """A folder with a catalog that a test may change."""
    shutil.copy(catalog, tmp_path / "plainscore.duckdb")
    return tmp_path


@pytest.fixture(scope="module")
def catalog(expected: dict[str, PersonResult], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog as it should be, in plain tables."""
    path = tmp_path_factory.mktemp("right") / "plainscore.duckdb"
    people = expected.values()
    is_double = {
        name: any(isinstance(p.features[name], float) for p in people) for name in FEATURES
    }
    feature_types = ", ".join(
        f"{name} {'double' if is_double[name] else 'bigint'}" for name in FEATURES
    )
    point_types = ", ".join(f"{name} integer" for name in FEATURES)
    with duckdb.connect(str(path)) as con:
        con.execute(
            "create table score (person_id varchar, scorecard varchar, score integer,"
            " band varchar, band_no integer, not_scored_code varchar)"
        )
        con.execute(f"create table features (person_id varchar, {feature_types})")
        con.execute(f"create table points (person_id varchar, {point_types})")
        con.execute(
            "create table reason (person_id varchar, rank integer, code varchar, value double,"
            " points integer, max_points integer, points_lost integer, reason varchar,"
            " what_to_do varchar)"
        )
        for p in people:
            _insert(
                con, "score", [p.person_id, "standard", *(getattr(p, c) for c in SCORE_COLUMNS[1:])]
            )
            _insert(con, "features", [p.person_id, *p.features.values()])
            if p.points:
                _insert(con, "points", [p.person_id, *p.points.values()])
            for r in p.reasons:
                _insert(con, "reason", [p.person_id, *(getattr(r, c) for c in REASON_COLUMNS)])
    return path


def _insert(con: duckdb.DuckDBPyConnection, table: str, values: list[object]) -> None:
    con.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)


def test_an_equal_snapshot_has_no_difference(
    expected: dict[str, PersonResult], data_dir: Path
) -> None:
    assert differences(expected, read_published(data_dir)) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("delete from score where person_id = 'paragon 0'", "missing in score"),
        ("insert into features (person_id) values ('ghost')", "'ghost' should not be in features"),
        ("update score set band_no = 4 where person_id = 'paragon 0'", "oracle 5, pipeline 4"),
        ("update points set on_time_share = 59 where on_time_share = 60", "points.on_time_share"),
        ("update features set paid_bills = null where paid_bills = 0", "oracle 0, pipeline None"),
        ("update features set refund_share = refund_share + 1e-9", "features.refund_share"),
        ("alter table features alter paid_bills type double", "pipeline 0.0"),
        ("delete from reason where rank = 2", "4 reasons by the oracle, 3 by the pipeline"),
        ("update reason set rank = 5 - rank", "reason 1.code"),
    ],
)
def test_each_kind_of_difference_is_seen(
    expected: dict[str, PersonResult], data_dir: Path, change: str, line: str
) -> None:
    with duckdb.connect(str(data_dir / "plainscore.duckdb")) as con:
        con.execute(change)
    assert line in "\n".join(differences(expected, read_published(data_dir)))
