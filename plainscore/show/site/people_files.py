"""Everybody of one published date, as many small DuckDB files that a browser fetches one by one.

A lookup takes one file of some hundred kilobytes and nothing else, so that any host will do: one
file of everybody would be read by dozens of range requests, each of which waits for the network.
"""

import gzip
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from plainscore.show.snapshots import Snapshots

PEOPLE_PER_FILE = 1000
PERSON_TABLES = {
    "score": "person_id",
    "features": "person_id",
    "points": "person_id",
    "factor": "person_id",
    "reason": "person_id, rank",
    "friend": "person_id, friend_id",
}
"""Published views about one person each, and what their rows are sorted by."""

METHOD_TABLES = ("card", "feature_card")
"""What the macros read beside them: the same for everybody."""

MACROS = ("explain", "friends_of")
METHOD_FILE = "method.duckdb.gz"

# Engines of browsers are older than the one that publishes; the smallest blocks, for small files.
_FORMAT = "read_write, storage_version 'v1.0.0', block_size 16384"
_FILES_AT_ONCE = 50
_EFFORT = 6  # of packing; 9 takes five times as long and saves nothing
SHARED_MEMORY = "/dev/shm"


@dataclass(frozen=True)
class IdRange:
    """Ids from ``first`` to before ``end`` (None: to the last), by their UTF-8 bytes."""

    first: str
    end: str | None

    @property
    def condition(self) -> str:
        """The SQL condition on person_id."""
        first = f"person_id >= {_literal(self.first)}"
        return first if self.end is None else f"{first} and person_id < {_literal(self.end)}"


def write_people(
    snapshots: Snapshots, day: date, folder: Path, people_per_file: int = PEOPLE_PER_FILE
) -> list[str]:
    """Write the files ``00000.duckdb.gz``, ... of a published day; return each one's first id."""
    firsts = [
        person_id
        for (person_id,) in snapshots.rows(
            "select person_id from (select person_id, row_number() over (order by person_id) as "
            "place from score where as_of_date = $day) where (place - 1) % $each = 0 order by 1",
            {"day": day, "each": people_per_file},
        )
    ]
    folder.mkdir(parents=True)
    for number, ids in enumerate(_staged(snapshots, day, firsts)):
        tables = [
            f"create table {name} as from temp.staged_{name} where {ids.condition} order by {order}"
            for name, order in PERSON_TABLES.items()
        ]
        _write_file(snapshots, tables, folder / f"{number:05}.duckdb.gz")
    return firsts


def write_method(snapshots: Snapshots, day: date, file: Path) -> None:
    """Write the macros that explain somebody, as they are published, and what they read."""
    macros = snapshots.rows(
        "select function_name, parameters, macro_definition from duckdb_functions() "
        "where function_type = 'table_macro' and not internal "
        "and function_name in (select unnest($names)) order by 1",
        {"names": list(MACROS)},
    )
    method = [
        f"create table {name} as from {{published}}.{name} "
        f"where as_of_date = date '{day}' order by all"
        for name in METHOD_TABLES
    ]
    # A macro is bound where it is made, so what it reads of people must be there, for a moment.
    people = [f"create table {name} as from {{published}}.{name} limit 0" for name in PERSON_TABLES]
    written = [
        f"create macro {name}({', '.join(parameters)}) as table {definition}"
        for name, parameters, definition in macros
    ]
    gone = [f"drop table {name}" for name in PERSON_TABLES]
    _write_file(snapshots, [*method, *people, *written, *gone], file)


def _staged(snapshots: Snapshots, day: date, firsts: Sequence[str]) -> Iterator[IdRange]:
    """Yield the ids of each file, when their rows are in the tables ``staged_...``."""
    for place in range(0, len(firsts), _FILES_AT_ONCE):
        starts = firsts[place : place + _FILES_AT_ONCE]
        after = firsts[place + _FILES_AT_ONCE :][:1]
        end = after[0] if after else None
        for name in PERSON_TABLES:
            snapshots.rows(
                f"create or replace temp table staged_{name} as from {name} "
                f"where as_of_date = date '{day}' and {IdRange(starts[0], end).condition}"
            )
        for first, following in pairwise([*starts, end]):
            assert first is not None, "only the last file has no end"
            yield IdRange(first, following)


def _write_file(snapshots: Snapshots, statements: Sequence[str], file: Path) -> None:
    """Run statements in a new database and pack it; ``{published}`` is the catalog's name."""
    con = snapshots.con
    published = f'"{snapshots.rows("select current_database()")[0][0]}"'
    with TemporaryDirectory(dir=_place_in_memory()) as away:
        unpacked = Path(away, file.stem)
        con.execute(f"attach {_literal(str(unpacked))} as site_file ({_FORMAT})")
        try:
            con.execute("use site_file")
            for statement in statements:
                con.execute(statement.replace("{published}", published))
        finally:
            con.execute(f"use {published}")
            con.execute("detach site_file")
        file.write_bytes(gzip.compress(unpacked.read_bytes(), _EFFORT, mtime=0))


def _place_in_memory() -> str | None:
    """Return a folder in memory, where there is one: DuckDB waits for the disk ten times a file."""
    return SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
