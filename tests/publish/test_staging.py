"""A staged snapshot has the same bytes however it was made."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Column, Table
from plainscore.publish.publication import new_staging, stage_snapshot
from plainscore.publish.sets import GROUP_ROWS, WIDE_COLUMNS, WIDE_GROUP_ROWS
from tests.publish.invented import OCTOBER, SEPTEMBER, engine, house, stage

ROWS = 300_000  # more than two row groups, so that threads have something to share
NARROW = Table(
    "published.made", "Made up", "one row per person", ("person_id",),
    (
        Column("person_id", "VARCHAR", "Person."),
        Column("share", "DOUBLE", "Share.", nullable=True),
        Column("points", "INTEGER", "Points."),
    ),
    sql="select 1",
)  # fmt: skip
MORE = [f"more_{number}" for number in range(WIDE_COLUMNS)]
WIDE = replace(
    NARROW, columns=(*NARROW.columns, *(Column(name, "INTEGER", "More.") for name in MORE))
)


def _staged_file(table: Table, folder: Path, threads: int, order: str) -> Path:
    more = "".join(f", (i % 7) :: integer as {name}" for name in MORE if table is WIDE)
    with duckdb.connect(config={"threads": threads, "preserve_insertion_order": False}) as con:
        con.execute("create schema published")
        con.execute(
            "create table published.made as select 'p' || (i * 7919 % 1000003) as person_id, "
            "case when i % 11 > 0 then (i % 97) / 96.0 end :: double as share, "
            f"(i % 60) :: integer as points{more} from range({ROWS}) as t(i) order by {order}"
        )
        return stage_snapshot(con, Catalog([table], {}), OCTOBER, folder).file(table.short_name)


@pytest.mark.parametrize("table", [NARROW, WIDE], ids=["narrow", "wide"])
def test_threads_and_the_order_of_rows_change_no_byte(table: Table, tmp_path: Path) -> None:
    variants = [(1, "i"), (2, "i"), (2, "i desc"), (4, "hash(i)")]
    digests = set()
    for number, (threads, order) in enumerate(variants):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = _staged_file(table, folder, threads, order)
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_one_row_of_a_wide_table_is_unpacked_with_fewer_others(tmp_path: Path) -> None:
    rows = {}
    for name, table in (("narrow", NARROW), ("wide", WIDE)):
        folder = tmp_path / name
        folder.mkdir()
        file = _staged_file(table, folder, 2, "i")
        told = f"select max(row_group_num_rows) from parquet_metadata('{file}')"
        with duckdb.connect() as con:
            rows[name] = con.execute(told).fetchall()[0][0]
    assert rows == {"narrow": GROUP_ROWS, "wide": WIDE_GROUP_ROWS}


def test_the_same_snapshot_is_the_same_bytes(tmp_path: Path) -> None:
    def files() -> Sequence[tuple[str, bytes]]:
        made = engine(OCTOBER, people=12)
        staged = stage_snapshot(made.con, house(), OCTOBER, new_staging(tmp_path, OCTOBER))
        made.close()
        return [(table.name, staged.file(table.short_name).read_bytes()) for table in staged.tables]

    assert files() == files()


def test_people_stand_in_the_order_of_their_utf8_bytes(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    with duckdb.connect() as con:
        rows = con.execute(
            "select person_id, scorecard_no from read_parquet(?)", [str(staged.file("score"))]
        )
        keys = [(person_id.encode(), number) for person_id, number in rows.fetchall()]
    assert keys == sorted(keys)


def test_checks_see_what_will_be_published(tmp_path: Path) -> None:
    made = engine(OCTOBER, people=12)
    staged = stage_snapshot(made.con, house(), OCTOBER, new_staging(tmp_path, OCTOBER))
    before = made.con.execute("select count(*) from published.score").fetchall()
    for table in staged.tables:
        staged.file(table.short_name).unlink()
    assert before == [(24,)]
    with pytest.raises(duckdb.IOException):
        made.con.execute("select count(*) from published.score")
    made.close()


def test_what_a_dead_run_left_behind_is_removed(tmp_path: Path) -> None:
    left = stage(tmp_path, SEPTEMBER)
    folder = new_staging(tmp_path, OCTOBER)
    assert not left.folder.exists()
    assert list(folder.parent.iterdir()) == [folder]
