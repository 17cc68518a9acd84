"""The catalog shows what is published, says what everything is, and can always be made again."""

import json
import re
import shutil
import struct
from datetime import date
from pathlib import Path

import duckdb
import pytest

from plainscore.common.errors import NothingPublishedError, UsageError
from plainscore.common.lock import writer_lock
from plainscore.common.text import file_literal
from plainscore.publish.catalog import rebuild_catalog, refresh_catalog
from plainscore.publish.proof import verify
from plainscore.publish.runs import find_latest_run, latest_runs, published_runs
from plainscore.publish.views import additions
from plainscore.show.reader import open_snapshots
from tests.publish.invented import OCTOBER, SEPTEMBER, published

V1_0_0 = 64  # the number of the storage version in the header of a DuckDB file


def _rows(data_dir: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_the_catalog_holds_views_and_macros_that_say_what_they_are_and_no_rows(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for sql in (
        "select view_name from duckdb_views() where not internal and comment is null",
        "select table_name || '.' || column_name from duckdb_columns() "
        "where not internal and comment is null",
        "select function_name from duckdb_functions() where not internal and comment is null",
        "select table_name from duckdb_tables()",
    ):
        assert con.execute(sql).fetchall() == []
    macros = con.execute("select function_name from duckdb_functions() where not internal")
    assert {row[0] for row in macros.fetchall()} == {
        "compare", "explain", "friend_factor", "friends_of", "mobility", "pinned_files_1",
        "points_for", "psi", "score_as_of", "superseded_files_1", "what_if", "why_changed",
    }  # fmt: skip


def test_every_run_is_named_once_and_no_view_names_files(con: duckdb.DuckDBPyConnection) -> None:
    naming = "select view_name from duckdb_views() where not internal and contains(sql, 'run=')"
    assert con.execute(naming).fetchall() == []
    pinned = con.execute("select pinned_files_1('score') || superseded_files_1('score')").fetchall()
    assert len(pinned[0][0]) == 4
    everything = con.execute("select distinct as_of_date, known_on, run from score_all").fetchall()
    assert len(everything) == 4


def test_files_of_other_dates_are_not_opened(con: duckdb.DuckDBPyConnection) -> None:
    for condition in ("as_of_date = '2026-10-31'", "is_latest"):
        for view in ("score", "feature_point"):
            asked = f"explain analyze select count(*) from {view} where {condition}"
            plan = con.execute(asked).fetchall()[0][1]
            assert set(re.findall(r"Total Files Read:\s+(\d+)", plan)) == {"1"}, plan


def test_engines_back_to_1_1_can_read_it(autumn: Path) -> None:
    header = (autumn / "plainscore.duckdb").read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert struct.unpack("<Q", header[12:20]) == (V1_0_0,)


def test_written_views_make_the_columns_that_they_declare(con: duckdb.DuckDBPyConnection) -> None:
    from plainscore.common.standard import STANDARD_METHOD
    from plainscore.publish.views import sql_views

    for view in sql_views(["paid_bills"], STANDARD_METHOD):
        made = [tuple(row[:2]) for row in con.execute(f"describe {view.name}").fetchall()]
        declared = [(column.name, column.type) for column in view.columns]
        assert made[: len(declared)] == declared, view.name


def test_every_view_with_a_date_says_which_rows_are_of_the_newest(
    con: duckdb.DuckDBPyConnection,
) -> None:
    dated = con.execute(
        "select table_name from duckdb_columns() where column_name = 'as_of_date' and not internal"
    ).fetchall()
    assert len(dated) > 60
    for (view,) in dated:
        wrong = con.execute(
            f"select count(*) from {view} where is_latest <> (as_of_date = date '2026-10-31') "
            "or not is_month_end"
        ).fetchone()
        assert wrong == (0,), view


def test_an_end_of_a_month_is_its_last_day_and_not_the_last_date_that_was_published() -> None:
    dates = [date(2026, 8, 31), date(2026, 9, 29), date(2026, 10, 12)]
    for days, expected in ((dates, "as_of_date in (date '2026-08-31')"), (dates[1:], "false")):
        found = (
            rest for needed, *rest in additions(set(days)) if needed == {("as_of_date", "DATE")}
        )
        added = {column.name: sql for column, sql in found}
        assert added == {"is_latest": "as_of_date = date '2026-10-12'", "is_month_end": expected}


def test_one_row_a_person_and_feature_whatever_challengers_there_are(
    con: duckdb.DuckDBPyConnection,
) -> None:
    joined = con.execute(
        "select count(*), count(distinct (person_id, feature)), count(distinct person_id), "
        "sum(points) from score inner join feature_point using (person_id, as_of_date) "
        "inner join band_card using (as_of_date, band_no) "
        "where band_card.is_champion and feature_point.is_latest"
    ).fetchone()
    expected = "select sum(score - 350) from score where is_latest"
    assert joined == (39 * 32, 39 * 32, 39, *con.execute(expected).fetchall()[0])


def test_labels_are_words(con: duckdb.DuckDBPyConnection) -> None:
    said = "select feature_label, factor_label from feature_point where feature = 'paid_bills'"
    assert con.execute(f"{said} limit 1").fetchall() == [("Paid bills", "Credit history")]
    assert con.execute("select count(*) from reason where contains(reason_short, '_')").fetchall()
    both = "select benefit_label, attack_label from benefit, gaming order by all limit 1"
    assert con.execute(both).fetchone() == ("Better exchange rate", "Bought friends")


def test_bands_have_the_colours_of_the_report(con: duckdb.DuckDBPyConnection) -> None:
    css = (Path(__file__).parents[2] / "dashboards/style/base.css").read_text()
    steps = [tuple(re.findall("#[0-9a-f]+", line)) for line in re.findall(r"--step-\d:[^;]+", css)]
    assert con.execute("select colour, colour_dark from dim_band").fetchall() == steps


def test_plain_views_show_the_newest_knowledge_and_the_champion(
    con: duckdb.DuckDBPyConnection,
) -> None:
    shown = con.execute("select distinct as_of_date::text, known_on::text, scorecard from score")
    assert sorted(shown.fetchall()) == [
        ("2026-09-30", "2026-09-30", "standard"),
        ("2026-10-31", "2026-11-15", "standard"),
    ]


def test_all_views_show_every_scorecard_known_on_and_run(con: duckdb.DuckDBPyConnection) -> None:
    everything = con.execute(
        "select known_on::text, run, scorecard, count(*) from score_all group by all order by all"
    )
    assert everything.fetchall() == [
        (known_on, run, card, 40)
        for known_on, run in (
            ("2026-09-30", "0001"), ("2026-10-31", "0001"), ("2026-11-15", "0001"),
            ("2026-11-15", "0002"),
        )
        for card in ("reported_b", "standard")
    ]  # fmt: skip


def test_runs_tell_which_are_live_and_which_are_shown(con: duckdb.DuckDBPyConnection) -> None:
    runs = con.execute("select known_on::text, run, is_live, is_shown from run order by all")
    assert runs.fetchall() == [
        ("2026-09-30", "0001", True, True),
        ("2026-10-31", "0001", True, False),
        ("2026-11-15", "0001", False, False),
        ("2026-11-15", "0002", True, True),
    ]


def test_check_results_stand_beside_the_run_that_they_judged(
    con: duckdb.DuckDBPyConnection,
) -> None:
    found = con.execute("select outcome, count(*) from check_result group by all order by all")
    assert found.fetchall() == [("passed", 4), ("warned", 4)]
    assert con.execute("select sum(checks_warned) from run").fetchall() == [(4,)]


def test_an_empty_quarantine_has_its_columns_and_types(con: duckdb.DuckDBPyConnection) -> None:
    assert [tuple(row[:2]) for row in con.execute("describe quarantine").fetchall()] == [
        ("log", "VARCHAR"), ("file", "VARCHAR"), ("line", "BIGINT"), ("reason", "VARCHAR"),
        ("raw", "VARCHAR"), ("arrived", "DATE"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["score=5", "what?"])
def test_a_folder_that_readers_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(UsageError, match="use another data directory"),
        writer_lock(tmp_path / name, "run"),
    ):
        pass
    assert not (tmp_path / name).exists()


def test_a_catalog_is_made_again_where_it_is_damaged_or_was_moved(tmp_path: Path) -> None:
    published(tmp_path / "old")
    assert refresh_catalog(tmp_path / "old") is False
    (tmp_path / "old" / "plainscore.duckdb").write_bytes(b"not a database")
    assert refresh_catalog(tmp_path / "old") is True
    assert _rows(tmp_path / "old", "select count(*) from score") == [(40,)]
    (tmp_path / "old").rename(tmp_path / "new")
    assert refresh_catalog(tmp_path / "new") is True
    assert _rows(tmp_path / "new", "select count(*) from score") == [(40,)]


def test_a_copied_directory_never_reads_the_old_place(tmp_path: Path) -> None:
    published(tmp_path / "old")
    copy = shutil.copytree(tmp_path / "old", tmp_path / "new")
    for view in ("score", "benefit", "feature_point", "stage", "score_all"):
        with pytest.raises(duckdb.Error, match="rebuild-catalog --data DIR"):
            _rows(copy, f"from {view}")
    shutil.copy(copy / "plainscore.duckdb", tmp_path / "other.duckdb")
    with duckdb.connect() as con:
        con.execute(f"attach '{tmp_path / 'other.duckdb'}' as x (read_only)")
        with pytest.raises(duckdb.Error, match="verify --rebuild-catalog"):
            con.execute("from x.score")
    with pytest.raises(NothingPublishedError, match="copied or moved"):
        open_snapshots(copy)
    assert len(verify(copy)) == 1
    assert refresh_catalog(copy) is True
    assert (_rows(copy, "from catalog_home"), verify(copy)) == ([(True,)], [])
    assert _rows(copy, "select count(*) from score") == [(40,)]
    assert str(copy) in str(_rows(copy, "select pinned_files_1('score')"))


def test_views_and_macros_answer_under_another_name(autumn: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"attach {file_literal(autumn / 'plainscore.duckdb')} as x (read_only)")
        assert con.execute("select count(*) from x.feature_point").fetchone() == (2560,)
        con.execute("set search_path = 'memory,x'")
        assert len(con.execute("from explain('p5', '2026-10-31')").fetchall()) == 32


def test_where_nothing_is_published_there_is_no_catalog(tmp_path: Path) -> None:
    rebuild_catalog(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_a_stray_writer_left_is_not_replayed(tmp_path: Path) -> None:
    published(tmp_path)
    (tmp_path / "plainscore.duckdb.wal").write_bytes(b"left behind")
    rebuild_catalog(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"plainscore.duckdb", "snapshots"}


def test_a_run_of_older_code_lacks_a_column_and_shows_it_empty(tmp_path: Path) -> None:
    old = published(tmp_path, SEPTEMBER).folder
    file = old / "features" / "features.parquet"
    with duckdb.connect() as con:
        con.execute(f"create table features as select * exclude (paid_bills) from '{file}'")
        con.execute(f"copy features to '{file}'")
    contracts = json.loads((old / "contracts.json").read_bytes())
    columns = contracts["features"]["columns"]
    contracts["features"]["columns"] = [c for c in columns if c["name"] != "paid_bills"]
    (old / "contracts.json").write_text(json.dumps(contracts))
    manifest = json.loads((old / "manifest.json").read_bytes())
    (old / "manifest.json").write_text(json.dumps(manifest | {"contracts_sha256": "older"}))
    published(tmp_path, OCTOBER)
    counted = "select as_of_date::text, count(*), count(paid_bills) > 0 from features group by all"
    assert sorted(_rows(tmp_path, counted)) == [("2026-09-30", 40, False), ("2026-10-31", 40, True)]
    assert len(_rows(tmp_path, "from explain('p5', '2026-09-30')")) == 32


def test_a_retired_run_is_published_no_more_and_keeps_its_number(tmp_path: Path) -> None:
    september, october = published(tmp_path, SEPTEMBER), published(tmp_path, OCTOBER)
    (october.folder / "retired.json").write_text("{}")
    assert published_runs(tmp_path) == latest_runs(tmp_path) == [september]
    assert find_latest_run(tmp_path, OCTOBER) is None
    assert refresh_catalog(tmp_path) is True
    assert _rows(tmp_path, "select distinct as_of_date::text from score") == [("2026-09-30",)]
    assert verify(tmp_path) == []
    assert published(tmp_path, OCTOBER).name == "0002"
