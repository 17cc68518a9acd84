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
    statements,
)


def test_a_date_is_a_day_a_month_or_latest(snapshots: Snapshots) -> None:
    october = date(2026, 10, 31)
    assert {snapshots.day(word) for word in ("latest", "2026-10-31", "2026-10")} == {october}
    assert snapshots.day("2026-09") == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("2026-10-02", 5, "the nearest is 2026-09-30; newest"),
        ("2025-01", 5, "no date of 2025-01 is published"),
        *((word, 2, "is not a date") for word in ("soon", "2026-13-01", "2026-02-30", "20261031")),
        ("", 2, "is not a date"),
    ],
)
def test_what_is_no_published_date_is_refused(
    snapshots: Snapshots, word: str, code: int, said: str
) -> None:
    with pytest.raises((DateNotPublishedError, QuestionError), match=said) as caught:
        snapshots.day(word)
    assert caught.value.exit_code == code


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
    with pytest.raises(NothingPublishedError, match="was copied or moved from .*--rebuild-catalog"):
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


@pytest.mark.parametrize("wrong", ["select nothing from score", "selec 1", "from nowhere"])
def test_sql_that_is_wrong_is_refused_in_a_few_lines(snapshots: Snapshots, wrong: str) -> None:
    with pytest.raises(QuestionError) as caught:
        query(snapshots.con, wrong)
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) <= 6


@pytest.mark.parametrize("unknown", ["staging.bill", "scores"])
def test_a_table_that_is_not_published_is_told_with_where_the_others_are(
    snapshots: Snapshots, unknown: str
) -> None:
    with pytest.raises(QuestionError, match=f'{unknown}"? does not exist(.|\n)*"show tables"'):
        query(snapshots.con, f"from {unknown}")


@pytest.mark.parametrize(
    ("sql", "count"),
    [("select ';'; from score", 2), ("pivot score on band using count(*) ; ", 1)],
)
def test_statements_are_told_apart(sql: str, count: int) -> None:
    assert len(statements(sql)) == count
