"""Search everything under a data directory for an id: the proof that a person is gone.

It reads what is there, file by file, and trusts nothing that the erasure says of itself.
"""

import gzip
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from plainscore.common.lock import ERASURE_JOURNAL, LOCK_NAME
from plainscore.common.text import identifier, read_parquet
from plainscore.erasure.erased_ids import NAMING_FIELDS, ErasedIds, json_texts
from plainscore.erasure.landing import mentions
from plainscore.erasure.landing_rows import columns_of, find_naming_rows, refused_row_names
from plainscore.logs.event_store import open_store
from plainscore.logs.identity import CONFLICT_REASON
from plainscore.logs.landing import FileRefused, LandingFile, list_landing
from plainscore.logs.tables import LOGS

_NAME_NO_ONE = {name for log in LOGS.values() for name in log.names} - set(NAMING_FIELDS)
_TEXTS = (".csv", ".ndjson", ".jsonl", ".tsv", ".txt", ".toml", ".sql", ".md", ".html")
_SURE_BYTES = 8
_UNREADABLE = (EOFError, OSError, ValueError, zipfile.BadZipFile, duckdb.Error)


@dataclass
class SearchResult:
    """Where ids occur: ``found`` where they may name a person, ``elsewhere`` inside other texts.

    Each entry says the file, the place in it, and how many rows or lines.
    """

    files: int = 0
    columns: int = 0
    found: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def add(self, place: str, counts: tuple[int, int], rows: str = "rows") -> None:
        """Note how many rows at a place may name a person, and how many hold an id inside."""
        for count, places in zip(counts, (self.found, self.elsewhere), strict=True):
            if count:
                places.append(f"{place}{count} {rows}")


def search(data_dir: Path, names: ErasedIds) -> SearchResult:
    """Search every file under a data directory, its name and every column, for some ids.

    Ids of fewer than four characters are looked for as whole values only: within a longer text
    they are a date's day more often than a person. Costs a reading of everything.
    """
    result = SearchResult()
    with duckdb.connect(config={"threads": 1}) as con:
        one = _Searching(data_dir, names, result, con)
        for path in sorted(data_dir.rglob("*")):
            one.search(path)
    result.found += _nameless_keys(data_dir)
    return result


class _Searching:
    def __init__(
        self, data_dir: Path, names: ErasedIds, result: SearchResult, con: duckdb.DuckDBPyConnection
    ) -> None:
        self._home, self._names, self._result, self._con = data_dir, names, result, con
        landing = data_dir / "landing"
        listed = list_landing(landing).files if landing.is_dir() else []
        self._files = {file.path: file for file in listed}
        self._columns_of = cache(lambda file: columns_of(landing / file))

    def search(self, path: Path) -> None:
        """Search one file or folder."""
        where = path.relative_to(self._home).as_posix()
        if self._names.matches(path.name):
            self._result.found.append(f"{where}: its name")
        elif self._names.are_inside(path.name):
            self._result.elsewhere.append(f"{where}: its name")
        if not path.is_file() or where in (LOCK_NAME, ERASURE_JOURNAL):
            return
        self._result.files += 1
        try:
            self._search_file(path, where)
        except _UNREADABLE:
            if self._bytes_mention(path.read_bytes()):
                self._result.found.append(f"{where}: its bytes (it cannot be read)")

    def _search_file(self, path: Path, where: str) -> None:
        if path.suffix == ".parquet":
            self._search_parquet(path, where)
        elif path.name.removesuffix(".gz").removesuffix(".zst").endswith(_TEXTS):
            self._search_lines(path, where)
        elif path.suffix == ".json":
            self._search_json(path, where)
        elif path.suffix == ".duckdb":
            self._search_database(path, where)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                members = [packed.read(name) for name in packed.namelist()]
            if any(self._bytes_mention(member, 0) for member in members):
                self._result.found.append(f"{where}: a file in it")
        elif self._bytes_mention(path.read_bytes()):
            self._result.found.append(f"{where}: its bytes")

    def _search_parquet(self, path: Path, where: str) -> None:
        source = read_parquet([path])
        described = self._con.execute(f"describe from {source}").fetchall()
        types = {name: kind for name, kind, *_ in described}
        is_quarantine = "/quarantine/" in where and {"raw", "reason", "file"} <= types.keys()
        hits = 0
        for name, kind in types.items():
            if _is_number(kind) and not name.endswith("_id"):
                continue
            self._result.columns += 1
            if is_quarantine and name == "raw":
                counts = self._quarantined(source)
            else:
                counts = self._values(source, name)
            hits += sum(counts)
            self._result.add(f"{where}: column {name}, ", counts)
        if not hits and self._bytes_mention(path.read_bytes()):
            self._result.found.append(f"{where}: its statistics or its metadata")

    def _rows(self, source: str, name: str, others: str = "") -> list[tuple[str, ...]]:
        """Return the texts of a column that can hold an id, how often, and further columns."""
        text = f"cast({identifier(name)} as varchar)"
        query = f"""
            select {text}, count(*) {others} from {source}
            where list_bool_or([contains({text}, one) for one in $ids]) or contains({text}, '\\')
            group by all
        """
        return self._con.execute(query, {"ids": list(self._names.ids)}).fetchall()

    def _values(self, source: str, name: str) -> tuple[int, int]:
        """Count the cells of a column that may name a person, and the others with an id inside."""
        found = inside = 0
        for text, count in self._rows(source, name):
            if name in NAMING_FIELDS:
                is_found = text in self._names.ids
            else:
                is_found = name not in _NAME_NO_ONE and self._names.matches(text)
            found += is_found * int(count)
            inside += (not is_found and self._names.are_inside(text)) * int(count)
        return found, inside

    def _quarantined(self, source: str) -> tuple[int, int]:
        """Count the refused rows that name a person, and those of others with an id inside."""
        found = inside = 0
        for raw, count, file, reason in self._rows(source, "raw", ", file, reason"):
            is_conflict = reason == CONFLICT_REASON  # of another person, where it was kept
            known = LOGS[file.partition("/")[0]].names
            is_found = not is_conflict and refused_row_names(
                raw, self._columns_of(file), known, self._names
            )
            found += is_found * int(count)
            inside += (not is_found and self._names.are_inside(raw)) * int(count)
        return found, inside

    def _search_lines(self, path: Path, where: str) -> None:
        self._result.columns += 1
        file = self._files.get(path)
        named = inside = 0
        for line in self._lines(path):
            if self._names.may_be_in(line, is_json=True):
                text = line.decode("utf-8", "replace")
                is_named = mentions(text, self._names)
                named += is_named
                inside += not is_named and self._names.are_inside(text)
        if file is not None and named and not _holds_people(file, self._names):
            named, inside = 0, named + inside
        self._result.add(f"{where}: ", (named, inside), "lines")

    def _lines(self, path: Path) -> Iterator[bytes]:
        if path.suffix == ".zst":
            query = (
                "select coalesce(line, '') from read_csv($file, columns = {'line': 'VARCHAR'}, "
                "auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', "
                "compression = 'zstd', strict_mode = false, max_line_size = 100000000)"
            )
            for (line,) in self._con.execute(query, {"file": str(path)}).fetchall():
                yield line.encode()
            return
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            yield from stream

    def _search_json(self, path: Path, where: str) -> None:
        content = path.read_text(errors="replace")
        # The log of a table has one document a line.
        documents = content.splitlines() if path.parent.name == "_delta_log" else [content]
        texts = [text for document in documents for text in _texts_within(document)]
        if any(self._names.matches(text) for text in texts):
            self._result.found.append(f"{where}: its text")
        else:
            inside = sum(self._names.are_inside(text) for text in texts)
            self._result.add(f"{where}: ", (0, inside), "texts")

    def _search_database(self, path: Path, where: str) -> None:
        with duckdb.connect(str(path), read_only=True) as con:
            queries = (
                "select sql from duckdb_views() where not internal",
                "select comment from duckdb_columns() where comment is not null",
                "select macro_definition from duckdb_functions() where not internal",
            )
            texts = [str(text) for query in queries for (text,) in con.execute(query).fetchall()]
        if any(self._names.matches(text) for text in texts):
            self._result.found.append(f"{where}: a view or a comment")
        elif self._bytes_mention(path.read_bytes()):
            self._result.found.append(f"{where}: its bytes")

    def _bytes_mention(self, content: bytes, least: int = _SURE_BYTES) -> bool:
        """Look for long ids in any bytes; a short one occurs in some by chance."""
        sure = ErasedIds([one for one in self._names.ids if len(one) >= least])
        if not sure.ids or not sure.may_be_in(content):
            return False
        return sure.matches(content.decode("utf-8", "replace"))


def _is_number(kind: str) -> bool:
    return kind.startswith(("DECIMAL", "DOUBLE", "FLOAT", "BOOLEAN")) or kind.endswith(
        ("INT", "INTEGER")
    )


def _texts_within(document: str) -> Iterator[str]:
    """Yield the texts of JSON, and of JSON within them, as a table's log holds statistics."""
    for text in json_texts(document, with_numbers=False):
        yield text
        yield from _texts_within(text)


def _holds_people(file: LandingFile, names: ErasedIds) -> bool:
    try:
        return bool(find_naming_rows(file, names).spans)
    except FileRefused:
        return True


def _nameless_keys(data_dir: Path) -> Iterator[str]:
    """Yield the tables of the event store that hold rows under a key without an id."""
    if not (data_dir / "events").is_dir():
        return
    store = open_store(data_dir)
    people = [pl.read_parquet(file, glob=False) for file in store.person_files()]
    known = pl.concat(people)["person_key"] if people else pl.Series([], dtype=pl.Int64)
    for table in (*LOGS, "repeat"):
        for file in store.files(table):
            schema = pl.scan_parquet(file, glob=False, hive_partitioning=False).collect_schema()
            keys = [name for name in schema if name.endswith("_key")]
            rows = pl.read_parquet(file, columns=keys, glob=False, hive_partitioning=False)
            for name in keys:
                nameless = (~rows[name].drop_nulls().is_in(known.implode())).sum()
                if nameless:
                    yield f"events/{table}: {nameless} rows under a {name} that no one has"
