"""Search everything under a data directory for an id: the proof that a person is gone.

It reads what is there, file by file, and trusts nothing that the erasure says of itself.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from plainscore.common.lock import ERASURE_JOURNAL, LOCK_NAME
from plainscore.common.text import identifier, read_parquet
from plainscore.erasure.erased_ids import ErasedIds, json_texts
from plainscore.erasure.rewrite import kind_of, unpacked
from plainscore.erasure.rows import UNREADABLE, Landing, scratch
from plainscore.erasure.workbooks import texts_in
from plainscore.logs.deduplicate import CONFLICT_REASON
from plainscore.logs.documents import DAMAGED_ZIP
from plainscore.store.event_store import open_store
from plainscore.store.head import store_folder

_SURE_BYTES = 8
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "BOOLEAN", "INTEGER", "BIGINT", "HUGEINT", "SMALLINT")
_CATALOG_TEXTS = """
select sql from duckdb_views() where not internal
union all select comment from duckdb_columns() where comment is not null
union all select macro_definition from duckdb_functions() where not internal
"""
_CATALOG_COLUMNS = """
select table_name, list(column_name order by column_index) from duckdb_columns()
where not internal and data_type = 'VARCHAR'
    and table_oid in (select t.table_oid from duckdb_tables() as t)
group by table_name order by table_name
"""
# The smallest and largest text of a column; the cells themselves are searched where they are.
_STATISTICS = "ducklake_file_column_stats", "ducklake_table_column_stats"


@dataclass
class SearchResult:
    """Where ids occur: ``found`` where they may name a person, ``elsewhere`` inside other texts.

    Each entry says the file, the place in it, and how many rows or lines.
    """

    files: int = 0
    columns: int = 0
    found: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def add(self, place: str, are_theirs: list[bool], unit: str = "") -> None:
        """Note each thing at a place that holds an id: whether it may name a person."""
        theirs = sum(are_theirs)
        for count, places in ((theirs, self.found), (len(are_theirs) - theirs, self.elsewhere)):
            if count:
                places.append(f"{place}{count} {unit}" if unit else place)


def search(data_dir: Path, names: ErasedIds) -> SearchResult:
    """Search every file under a data directory, its name and every column, for some ids.

    Ids of fewer than four characters are looked for as whole values only: within a longer text
    they are a date's day more often than a person. Costs a reading of everything.
    """
    searching = _Searching(data_dir, names)
    for path in sorted(data_dir.rglob("*")):
        searching.search(path)
    searching.search_keys()
    return searching.result


class _Searching:
    def __init__(self, data_dir: Path, names: ErasedIds) -> None:
        self._home, self._names = data_dir, names
        self.result, self._landing = SearchResult(), Landing(data_dir, names)
        logs = self._landing.inputs.logs.values()
        self._naming = {name for log in logs for name in log.person_fields}
        self._name_no_one = {name for log in logs for name in log.names} - self._naming
        self._name_no_one.add("unknown_columns")

    def search(self, path: Path) -> None:
        """Search one file or folder."""
        where = path.relative_to(self._home).as_posix()
        self._search_texts(f"{where}: its name", [path.name])
        if not path.is_file() or where in (LOCK_NAME, ERASURE_JOURNAL):
            return
        self.result.files += 1
        try:
            self._search_file(path, where)
        except (*UNREADABLE, *DAMAGED_ZIP):
            self._search_bytes(path, f"{where}: its bytes (it cannot be read)")

    def _search_file(self, path: Path, where: str) -> None:
        kind, is_listed = kind_of(path), path in self._landing.files
        is_text = kind in ("csv", "lines") or (kind == "json" and is_listed)
        if is_text or is_listed:
            self.result.columns += 1
            try:
                rows = self._landing.rows(path)
            except UNREADABLE:
                if not zipfile.is_zipfile(path):
                    raise
                rows = []  # no workbook, but files that can be searched
            self.result.add(f"{where}: ", [row.is_theirs for row in rows], "rows")
            if is_text or rows:
                return
        if kind == "parquet":
            self._search_parquet(path, where)
        elif kind == "json":
            with unpacked(path) as stream:
                document = stream.read().decode("utf-8", "replace")
            self._search_texts(f"{where}: its text", _texts_within(document))
        elif path.suffix == ".duckdb":
            self._search_database(path, where)
        elif kind == "xlsx" and zipfile.is_zipfile(path):
            parts = texts_in(path.read_bytes())
            self._search_texts(f"{where}: files in it", (text for _, own in parts for text in own))
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                texts = [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
            self._search_texts(f"{where}: files in it", texts)
        else:
            self._search_bytes(path, f"{where}: its bytes")

    def _search_texts(self, place: str, texts: Iterable[str]) -> bool:
        """Search texts of ours: one that mentions anyone may name them."""
        matching = ((self._names.matches(one), one) for one in texts)
        held = [match for match, one in matching if match or self._names.are_inside(one)]
        self.result.add(place, held)
        return bool(held)

    def _search_bytes(self, path: Path, place: str) -> None:
        """Search for long ids in any bytes; a short one occurs in some by chance."""
        sure = ErasedIds([one for one in self._names.ids if len(one) >= _SURE_BYTES])
        text = path.read_bytes().decode("utf-8", "replace")
        if sure.may_be_in(text) and sure.matches(text):
            self.result.add(place, [True])

    def _search_parquet(self, path: Path, where: str) -> None:
        source, is_there = read_parquet([path]), False
        with scratch() as con:
            read = con.sql(f"from {source}")
            names = [
                name
                for name, kind in zip(read.columns, map(str, read.types), strict=True)
                if name.endswith("_id") or not kind.lstrip("U").startswith(_NUMBERS)
            ]
            self.result.columns += len(names)
            is_quarantine = {"raw", "reason", "file"} <= {*names}
            for name in names if self._may_hold(con, source, names) else ():
                is_raw = is_quarantine and name == "raw"
                held = self._quarantined(con, source) if is_raw else self._cells(con, source, name)
                self.result.add(f"{where}: column {name}, ", held, "rows")
                is_there = is_there or bool(held)
        if not is_there:
            self._search_bytes(path, f"{where}: its statistics or its metadata")

    def _may_hold(self, con: duckdb.DuckDBPyConnection, source: str, names: Sequence[str]) -> bool:
        """Return quickly whether a cell of some columns may hold an id."""
        if not names:
            return False
        cells = ", ".join(f"cast({identifier(name)} as varchar)" for name in names)
        row = f"concat_ws(chr(10), {cells})"
        found = con.execute(f"select 1 from {source} where {self._names.may_hold(row)} limit 1")
        return found.fetchone() is not None

    def _cells(self, con: duckdb.DuckDBPyConnection, source: str, name: str) -> list[bool]:
        """Return for each cell of a column that holds an id whether it may name a person."""
        names, column = self._names, identifier(name)
        found = con.execute(
            f"select cast({column} as varchar) from {source} where {names.may_hold(column)}"
        )
        if name in self._naming:
            cells = [(text, text in names.ids) for (text,) in found.fetchall()]
        else:
            may_name = name not in self._name_no_one
            cells = [(text, may_name and names.matches(text)) for (text,) in found.fetchall()]
        return [is_theirs for text, is_theirs in cells if is_theirs or names.are_inside(text)]

    def _quarantined(self, con: duckdb.DuckDBPyConnection, source: str) -> list[bool]:
        """Return the like for refused rows. A conflict is another person's, where it was kept."""
        held = con.execute(
            f"select file, raw, reason from {source} where {self._names.may_hold('raw')}"
        ).fetchall()
        rows = [(self._landing.quarantined(file, raw), why) for file, raw, why in held]
        return [row.is_theirs and why != CONFLICT_REASON for row, why in rows if row]

    def _search_database(self, path: Path, where: str) -> None:
        """Search a catalog: views, comments, every text of its tables, and free blocks."""
        with duckdb.connect(str(path), read_only=True) as con:
            texts = [str(text) for (text,) in con.execute(_CATALOG_TEXTS).fetchall()]
            held = 0
            columns = [
                (table, name)
                for table, names in con.execute(_CATALOG_COLUMNS).fetchall()
                if self._may_hold(con, identifier(table), names)
                for name in names
            ]
            for table, name in columns:
                source, column = identifier(table), identifier(name)
                if table in _STATISTICS:
                    held += len(self._cells(con, source, name))
                    naming = ", ".join(f"'{one}'" for one in sorted(self._naming))
                    source += (
                        " semi join (select table_id, column_id from ducklake_column "
                        f"where column_name in ({naming})) using (table_id, column_id)"
                    )
                query = f"select {column} from {source} where {self._names.may_hold(column)}"
                texts += [text for (text,) in con.execute(query).fetchall()]
        is_there = self._search_texts(f"{where}: its tables, views or comments", texts)
        if not is_there and not held:
            self._search_bytes(path, f"{where}: its bytes")

    def search_keys(self) -> None:
        """Search the event store for rows under a key that no one has."""
        if not store_folder(self._home).is_dir():
            return
        store = open_store(self._home)
        people = store.person_files()
        person = read_parquet(people) if people else "(select null as person_key where false)"
        for table in sorted(store.head.files.keys() - {"person", "erasure"}):
            if not (files := store.files(table)):
                continue
            source = read_parquet(files)
            with scratch() as con:
                for name in con.sql(f"from {source}").columns:
                    if name.endswith("_key"):
                        ((count,),) = con.execute(
                            f"select count(*) from {source} where {identifier(name)} not in "
                            f"(select p.person_key from {person} as p)"
                        ).fetchall()
                        place = f"events/{table}: {count} rows under a {name} that no one has"
                        self.result.add(place, [True] * bool(count))


def _texts_within(document: str) -> Iterator[str]:
    """Yield the texts of JSON, and of JSON within them."""
    for text in json_texts(document, with_numbers=False):
        yield text
        yield from _texts_within(text)
