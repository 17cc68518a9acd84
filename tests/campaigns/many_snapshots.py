"""Many published snapshots of many people, multiplied from one real run.

Every published table of the run is read, its people are copied under other ids, its dates are
shifted, and the result is sorted, written, published and shown by the code that does it for real.
In each such snapshot rows belong to other people, so that scores move from one to the next. After
a few of them, further dates link to the same files: their dates are those of their folders, as the
views read them. What a reader has no use for is left out: content hashes and the root over the
people are not computed.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.contracts.contract import Column, Table
from plainscore.contracts.dates import SnapshotDates
from plainscore.publish import manifest
from plainscore.publish.proof import HashedPeople
from plainscore.publish.publication import (
    Provenance,
    StagedSnapshot,
    new_staging,
    publish,
    stage_snapshot,
)
from plainscore.publish.runs import Run
from plainscore.publish.sets import table_file
from plainscore.scorecards.reading import read_scorecards

CARDS = ("standard", "reported_b")
IDS = r"p\d{7}"
STEP = 997
"""How far people move on at every date, so that a row is another person's on each."""


def publish_copies(
    source: Run, days: Sequence[date], copies: int, different: int, data_dir: Path
) -> None:
    """Publish the source's tables as of each day, ``copies`` times as many people.

    ``copies``: up to 100; the source has at most 100,000 people of ids p0000000 to p0099999.
    ``different``: how many days get files of their own before the rest link to these in turn.
    """
    cards = read_scorecards(CARDS)
    house = load_catalog(cards)
    provenance = Provenance(cards, {"fingerprint": "0" * 64, "files": 0}, "0.1.0", "0" * 64)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manifest, "content_hash", lambda *_: "0" * 64)
        patched.setattr(manifest, "hash_people", _no_hashes)
        own: list[Run] = []
        for number, day in enumerate(days):
            dates = SnapshotDates(day, day)
            folder = new_staging(data_dir, dates)
            if number < different:
                staged = _staged(source, house, dates, folder, copies, number)
                own.append(publish(data_dir, staged, provenance, []))
            else:
                staged = _linked(own[number % different], house, dates, folder)
                publish(data_dir, staged, provenance, [])


def _staged(
    source: Run, house: Catalog, dates: SnapshotDates, folder: Path, copies: int, number: int
) -> StagedSnapshot:
    with duckdb.connect(config={"memory_limit": "6GB"}) as con:
        con.execute("create schema published")
        _multiply(con, house, source, copies, number, dates.as_of_date)
        return stage_snapshot(con, house, dates, folder)


def _linked(run: Run, house: Catalog, dates: SnapshotDates, folder: Path) -> StagedSnapshot:
    tables = tuple(house.of_schema("published"))
    for table in tables:
        file = table_file(folder, table.short_name)
        file.parent.mkdir()
        os.link(table_file(run.folder, table.short_name), file)
    return StagedSnapshot(dates, folder, tables, {"threads": 2})


def _no_hashes(_con: Any, _folder: Path, columns: Mapping[str, Any]) -> HashedPeople:
    return HashedPeople([], [], [b"0" * 32], dict.fromkeys(columns, "0" * 64))


def _multiply(
    con: duckdb.DuckDBPyConnection,
    house: Catalog,
    source: Run,
    copies: int,
    number: int,
    day: date,
) -> None:
    for table in house.of_schema("published"):
        file = table_file(source.folder, table.short_name)
        cells = ", ".join(_cell(column, number, day) for column in table.columns)
        copied = f"cross join range({copies}) as t(copy)" if _has_people(table) else ""
        con.execute(
            f"create table {table.name} as select {cells} from read_parquet(?) {copied}",
            [str(file)],
        )


def _has_people(table: Table) -> bool:
    return any(column.name == "person_id" for column in table.columns)


def _cell(column: Column, number: int, day: date) -> str:
    if column.name in ("as_of_date", "known_on"):
        return f"date '{day}' as {column.name}"
    if column.name in ("person_id", "friend_id"):
        moved = f"(cast(substr({column.name}, 2) as bigint) + {number * STEP}) % 100000"
        return f"printf('p%07d', {moved} + copy * 100000) as {column.name}"
    return column.name
