"""Search everything under a data directory for an id: the proof that a person is gone.

It reads what is there, file by file, and trusts nothing that the erasure says of itself.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.lock import ERASURE_JOURNAL, LOCK_NAME
from plainscore.common.text import identifier, read_parquet
from plainscore.erasure.erased_ids import ErasedIds, json_texts
from plainscore.erasure.rewrite import kind_of, unpacked
from plainscore.erasure.rows import UNREADABLE, Landing
from plainscore.logs.deduplicate import CONFLICT_REASON
from plainscore.store.event_store import open_store

_SURE_BYTES = 8
_CATALOG_TEXTS = """
select sql from duckdb_views() where not internal
union all select comment from duckdb_columns() where comment is not null
union all select macro_definition from duckdb_functions() where not internal
"""
_CATALOG_COLUMNS = """
select table_name, column_name from duckdb_columns() where not internal
and data_type = 'VARCHAR' and table_oid in (select t.table_oid from duckdb_tables() as t)
"""
_STATISTICS = "ducklake_file_column_stats", "ducklake_table_column_stats"
_COLUMN_NAMES = "select distinct table_id, column_id, column_name from ducklake_column"


@dataclass
class SearchResult:
    """Where ids occur: ``found`` where they may name a person, ``elsewhere`` inside other texts.

    Each entry says the file, the place in it, and how many rows or lines.
    """

    files: int = 0
    columns: int = 0
    found: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def add(self, place: str, found: int, inside: int, unit: str = "rows") -> None:
        """Note how many rows at a place may name a person, and how many hold an id inside."""
        self.found += [f"{place}{found} {unit}"] * bool(found)
        self.elsewhere += [f"{place}{inside} {unit}"] * bool(inside)


def search(data_dir: Path, names: ErasedIds) -> SearchResult:
    """Search every file under a data directory, its name and every column, for some ids.

    Ids of fewer than four characters are looked for as whole values only: within a longer text
    they are a date's day more often than a person. Costs a reading of everything.
    """
    result = SearchResult()
    with duckdb.connect(config={"threads": 1}) as con:
        searching = _Searching(data_dir, names, result, con)
        for path in sorted(data_dir.rglob("*")):
            searching.search(path)
        result.found += _nameless_keys(data_dir, con)
    return result


class _Searching:
    def __init__(
        self, data_dir: Path, names: ErasedIds, result: SearchResult, con: duckdb.DuckDBPyConnection
    ) -> None:
        self._home, self._names, self._result, self._con = data_dir, names, result, con
        self._landing = Landing(data_dir, names)
        logs = self._landing.logs.values()
        self._naming = {name for log in logs for name in log.person_fields}
        self._name_no_one = {name for log in logs for name in log.names} - self._naming

    def search(self, path: Path) -> None:
        """Search one file or folder."""
        where = path.relative_to(self._home).as_posix()
        self._note(where, "its name", [path.name])
        if not path.is_file() or where in (LOCK_NAME, ERASURE_JOURNAL):
            return
        self._result.files += 1
        try:
            self._search_file(path, where)
        except (*UNREADABLE, zipfile.BadZipFile):
            if self._bytes_mention(path.read_bytes()):
                self._result.found.append(f"{where}: its bytes (it cannot be read)")

    def _search_file(self, path: Path, where: str) -> None:
        kind, is_listed = kind_of(path), path in self._landing.files
        if kind == "parquet":
            self._search_parquet(path, where)
        elif kind == "lines" or is_listed:
            self._search_rows(path, where)
        elif kind == "json":
            with unpacked(path) as stream:
                document = stream.read().decode("utf-8", "replace")
            self._note(where, "its text", list(_texts_within(document)))
        elif path.suffix == ".duckdb":
            self._search_database(path, where)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                texts = [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
            self._note(where, "files in it", texts)
        elif self._bytes_mention(path.read_bytes()):
            self._result.found.append(f"{where}: its bytes")

    def _note(self, where: str, place: str, texts: list[str]) -> None:
        """Note texts of ours: one that mentions anyone may name them."""
        if any(self._names.matches(text) for text in texts):
            self._result.found.append(f"{where}: {place}")
        elif any(self._names.are_inside(text) for text in texts):
            self._result.elsewhere.append(f"{where}: {place}")

    def _search_parquet(self, path: Path, where: str) -> None:
        source = read_parquet([path])
        described = self._con.execute(f"describe from {source}").fetchall()
        is_quarantine = {"raw", "reason", "file"} <= {name for name, *_ in described}
        hits = 0
        for name, kind, *_ in described:
            if _is_number(kind) and not name.endswith("_id"):
                continue
            self._result.columns += 1
            is_raw = is_quarantine and name == "raw"
            found, inside = self._quarantined(source) if is_raw else self._values(source, name)
            hits += found + inside
            self._result.add(f"{where}: column {name}, ", found, inside)
        if not hits and self._bytes_mention(path.read_bytes()):
            self._result.found.append(f"{where}: its statistics or its metadata")

    def _texts(
        self, con: duckdb.DuckDBPyConnection, source: str, name: str, *others: str
    ) -> list[tuple[Any, ...]]:
        """Return the texts of a column that can hold an id, and what stands beside them."""
        column = identifier(name)
        chosen = ", ".join([f"cast({column} as varchar)", *others])
        where = self._names.may_hold(column)
        return con.execute(f"select {chosen} from {source} where {where}").fetchall()

    def _values(self, source: str, name: str) -> tuple[int, int]:
        """Count the cells of a column that may name a person, and the others with an id inside."""
        found = inside = 0
        for (text,) in self._texts(self._con, source, name):
            if name in self._naming:
                is_found = text in self._names.ids
            else:
                is_found = name not in self._name_no_one and self._names.matches(text)
            found += is_found
            inside += not is_found and self._names.are_inside(text)
        return found, inside

    def _quarantined(self, source: str) -> tuple[int, int]:
        """Count the refused rows that name a person, and those of others with an id inside."""
        held = self._texts(self._con, source, "raw", "file", "reason")
        # A conflict is the row of another person, where it was kept.
        rows = [(self._landing.quarantined(file, raw), why) for raw, file, why in held]
        are_theirs = [row.is_theirs and why != CONFLICT_REASON for row, why in rows if row]
        return sum(are_theirs), len(are_theirs) - sum(are_theirs)

    def _search_rows(self, path: Path, where: str) -> None:
        self._result.columns += 1
        are_theirs = [row.is_theirs for row in self._landing.rows(path)]
        found = sum(are_theirs)
        self._result.add(f"{where}: ", found, len(are_theirs) - found, "lines")

    def _search_database(self, path: Path, where: str) -> None:
        """Search a catalog: views, comments, every text of its tables, and free blocks."""
        with duckdb.connect(str(path), read_only=True) as con:
            texts = [str(text) for (text,) in con.execute(_CATALOG_TEXTS).fetchall()]
            echoed: list[str] = []
            for table, name in con.execute(_CATALOG_COLUMNS).fetchall():
                source, own = identifier(table), "null"
                if table in _STATISTICS:
                    source, own = (
                        f"{source} join ({_COLUMN_NAMES}) using (table_id, column_id)",
                        "column_name",
                    )
                for text, of_column in self._texts(con, source, name, own):
                    # The smallest or largest text of a column is searched as the column is.
                    is_ours = of_column is None or of_column in self._naming
                    (texts if is_ours else echoed).append(text)
        self._note(where, "its tables, views or comments", texts)
        if any(map(self._names.are_inside, echoed)) and not self._result.elsewhere:
            self._result.found.append(f"{where}: statistics of no cell")
        if not (texts or echoed) and self._bytes_mention(path.read_bytes()):
            self._result.found.append(f"{where}: its bytes")

    def _bytes_mention(self, content: bytes) -> bool:
        """Look for long ids in any bytes; a short one occurs in some by chance."""
        sure = ErasedIds([one for one in self._names.ids if len(one) >= _SURE_BYTES])
        text = content.decode("utf-8", "replace")
        return sure.may_be_in(text) and sure.matches(text)


def _is_number(kind: str) -> bool:
    return kind.startswith(("DECIMAL", "DOUBLE", "FLOAT", "BOOLEAN")) or kind.endswith(
        ("INT", "INTEGER")
    )


def _texts_within(document: str) -> Iterator[str]:
    """Yield the texts of JSON, and of JSON within them."""
    for text in json_texts(document, with_numbers=False):
        yield text
        yield from _texts_within(text)


def _nameless_keys(data_dir: Path, con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield the tables of the event store that hold rows under a key without an id."""
    if not (data_dir / "events").is_dir():
        return
    store = open_store(data_dir)
    people = store.person_files()
    known = (
        f"select person_key from {read_parquet(people)}" if people else "select null where false"
    )
    for table in sorted(store.head.files.keys() - {"person", "erasure"}):
        if not (files := store.files(table)):
            continue
        source = read_parquet(files)
        for name, *_ in con.execute(f"describe from {source}").fetchall():
            if name.endswith("_key"):
                key = identifier(name)
                ((count,),) = con.execute(
                    f"select count(*) from {source} where {key} not in ({known})"
                ).fetchall()
                if count:
                    yield f"events/{table}: {count} rows under a {name} that no one has"
