"""Dates as people write them, clear errors where nothing is published, SQL that only reads."""

from datetime import date
from pathlib import Path

import pytest

from plainscore.common.errors import DateNotPublishedError, NothingPublishedError, QuestionError
from plainscore.show.reader import (
    Snapshots,
    open_copy,
    open_snapshots,
    query,
    refuse_writing,
    statements,
)


@pytest.mark.parametrize(
    ("word", "day"),
    [
        ("latest", date(2026, 10, 31)),
        ("2026-10-31", date(2026, 10, 31)),
        ("2026-09", date(2026, 9, 30)),
    ],
)
def test_a_date_is_a_day_a_month_or_latest(snapshots: Snapshots, word: str, day: date) -> None:
    assert snapshots.day(word) == day


def test_a_date_that_is_not_published_is_told_with_the_nearest(snapshots: Snapshots) -> None:
    with pytest.raises(DateNotPublishedError, match="the nearest is 2026-09-30; newest") as caught:
        snapshots.day("2026-10-02")
    assert caught.value.exit_code == 5
    with pytest.raises(DateNotPublishedError, match="no date of 2025-01 is published"):
        snapshots.day("2025-01")


@pytest.mark.parametrize("word", ["yesterday", "2026-13-01", "2026-02-30", "20261031", ""])
def test_what_is_no_date_is_refused(snapshots: Snapshots, word: str) -> None:
    with pytest.raises(QuestionError, match="is not a date") as caught:
        snapshots.day(word)
    assert caught.value.exit_code == 2


def test_where_nothing_is_published_the_first_step_is_named(tmp_path: Path) -> None:
    for open_them in (open_snapshots, open_copy):
        with pytest.raises(NothingPublishedError, match="plainscore run --as-of") as caught:
            open_them(tmp_path)
        assert caught.value.exit_code == 5


def test_a_directory_is_found_by_a_link_and_a_moved_or_broken_one_is_named_with_the_fix(
    own_autumn: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(own_autumn)
    with open_snapshots(tmp_path / "link") as opened:
        assert opened.dates() == [date(2026, 9, 30), date(2026, 10, 31)]
    moved = own_autumn.rename(tmp_path / "moved")
    with pytest.raises(NothingPublishedError, match="was moved from .*--rebuild-catalog"):
        open_snapshots(moved)
    (moved / "plainscore.duckdb").write_bytes(b"no database")
    with pytest.raises(NothingPublishedError, match="cannot be opened .*--rebuild-catalog"):
        open_snapshots(moved)


def test_every_reader_of_an_opened_catalog_keeps_the_footers_of_its_files(
    snapshots: Snapshots,
) -> None:
    for reader in (snapshots.con, snapshots.con.cursor()):
        kept = reader.execute("select current_setting('parquet_metadata_cache')").fetchall()
        assert kept == [(True,)]


# --- SQL of a reader -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "select count(*) from score",
        "from score limit 1",
        "with a as (select 1) from a",
        "describe score",
        "summarize score",
        "show tables",
        "explain select 1",
        "explain analyze from score",
        "pivot score on band using count(*) group by as_of_date",
        "from explain('p5', '2026-10-31')",
    ],
)
def test_what_reads_is_answered(snapshots: Snapshots, question: str) -> None:
    assert list(query(snapshots.con, question).rows)


@pytest.mark.parametrize(
    "statement",
    [
        "copy score to '{file}'",
        "explain analyze copy score to '{file}'",
        "/* x */ explain analyze copy score to '{file}'",
        "copy (pivot score on band using count(*)) to '{file}'",
        "export database '{file}'",
        "attach '{file}' as other",
        "create table main.t as select 1",
        "create temp table t as select 1",
        "drop view score",
        "delete from score",
        "set threads = 1",
        "install httpfs",
        "load httpfs",
        "checkpoint",
        "use memory",
        "select 1; copy score to '{file}'",
    ],
)
def test_what_writes_is_not_run(snapshots: Snapshots, tmp_path: Path, statement: str) -> None:
    file = tmp_path / "written"
    with pytest.raises(QuestionError):
        query(snapshots.con, statement.format(file=file))
    assert not file.exists()


def test_sql_that_is_wrong_is_told_in_a_few_lines(snapshots: Snapshots) -> None:
    for wrong in ("select nothing from score", "selec 1", "from nowhere"):
        with pytest.raises(QuestionError) as caught:
            query(snapshots.con, wrong)
        assert caught.value.exit_code == 2
        assert len(str(caught.value).splitlines()) <= 6


def test_statements_are_told_apart() -> None:
    assert len(statements("select ';'; from score")) == 2
    refuse_writing("select 1")
