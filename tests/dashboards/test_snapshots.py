"""Dates as people write them, and clear words where there is nothing to read."""

from datetime import date
from pathlib import Path

import pytest

from plainscore.common.errors import DateNotPublishedError, NothingPublishedError, QuestionError
from plainscore.show.reader import Snapshots, open_snapshots
from tests.publish.invented import published


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


def test_where_nothing_is_published_the_first_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError, match="plainscore run --as-of") as caught:
        open_snapshots(tmp_path)
    assert caught.value.exit_code == 5


def test_a_moved_directory_and_a_broken_catalog_are_told_with_the_mend(tmp_path: Path) -> None:
    published(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    with pytest.raises(NothingPublishedError, match="was moved from .*--rebuild-catalog"):
        open_snapshots(tmp_path / "new")
    (tmp_path / "new" / "plainscore.duckdb").write_bytes(b"no database")
    with pytest.raises(NothingPublishedError, match="cannot be opened .*--rebuild-catalog"):
        open_snapshots(tmp_path / "new")


def test_a_directory_reached_by_a_link_is_the_same_directory(tmp_path: Path) -> None:
    published(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with open_snapshots(tmp_path / "link") as opened:
        assert opened.dates() == [date(2026, 10, 31)]


def test_every_reader_of_an_opened_catalog_keeps_the_footers_of_its_files(
    snapshots: Snapshots,
) -> None:
    for reader in (snapshots.con, snapshots.con.cursor()):
        kept = reader.execute("select current_setting('parquet_metadata_cache')").fetchall()
        assert kept == [(True,)]
