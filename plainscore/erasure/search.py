"""What is held of a person: searched for everywhere, listed, and as one archive.

The search is the proof that a person is gone: it reads what is there, file by file, and trusts
nothing that the erasure says of itself. An export gives rows where they are kept: as delivered, as
events, as refused, and as published in every run. What is made of those rows and names the person
too (report pages, statistics of the catalog) is listed by name.
"""

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.errors import UnknownPersonError, UsageError
from plainscore.common.lock import ERASURE_JOURNAL, LOCK_NAME
from plainscore.common.text import identifier, printable, read_parquet
from plainscore.engines.duckdb import records
from plainscore.erasure.erased_ids import ErasedIds, json_texts
from plainscore.erasure.landing import files_under
from plainscore.erasure.rewrite import kind_of, texts_in, unpacked
from plainscore.erasure.rows import UNREADABLE, Landing, NoRows, scratch
from plainscore.logs.deduplicate import CONFLICT_REASON
from plainscore.logs.documents import DAMAGED_ZIP
from plainscore.publish.sets import CHECK_RESULT_TABLE, SNAPSHOTS
from plainscore.show.reader import render_page
from plainscore.store.event_store import EventStore, open_store, store_folder

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
        people = store.files("person")
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


# Everything that is held of one person, as `erase` would find it


MANIFEST, README = "manifest.json", "README.txt"
DELIVERED, REFUSED, KEY = "delivered.ndjson", "events/quarantine.ndjson", "events/person.ndjson"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip; the clock is no part of an archive
Row = dict[str, Any]


@dataclass(frozen=True)
class PersonExport:
    """What is held: file of the archive -> rows, and the other files that name the person."""

    person_id: str
    rows: Mapping[str, Sequence[Row]]
    also_in: Sequence[str]

    @property
    def counts(self) -> dict[str, int]:
        """File of the archive -> how many rows it has."""
        return {name: len(rows) for name, rows in self.rows.items()}

    def write(self, file: Path, data_dir: Path) -> None:
        """Write the archive. Raises UsageError where that is impossible, or inside the data."""
        if file.resolve().is_relative_to(data_dir.resolve()):
            raise UsageError(f"--export {file}: it would be part of {data_dir}; write it elsewhere")
        manifest = {"person_id": self.person_id, "rows": self.counts, "also_in": [*self.also_in]}
        texts = {
            README: render_page("terminal/person.txt", person=printable(self.person_id)) + "\n",
            MANIFEST: json.dumps(manifest, ensure_ascii=False, indent=1) + "\n",
        }
        for name, rows in self.rows.items():
            lines = (json.dumps(row, ensure_ascii=False, default=str) for row in rows)
            texts[name] = "".join(f"{line}\n" for line in lines)
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, text in texts.items():
                    archive.writestr(zipfile.ZipInfo(name, EARLIEST), text.encode())
        except OSError as error:
            raise UsageError(f"--export {file}: {error.strerror}") from error


def export_person(data_dir: Path, person_id: str) -> PersonExport:
    """Return everything that is held of one person; costs a reading of everything, twice.

    Raises UnknownPersonError where no row and no file names them.
    """
    names = ErasedIds([person_id])
    with duckdb.connect(config={"threads": 1}) as con:
        export = _Export(data_dir, names, con)
        export.take_delivered()
        export.take_events()
        export.take_refused()
        export.take_published()
    found = search(data_dir, names).found
    if not (export.rows or found):
        raise UnknownPersonError(
            f"'{printable(person_id)}' is not known in {data_dir}: no row or snapshot names such a "
            "person, friend or counterparty; ids are case-sensitive"
        )
    also_in = [one for one in found if one.partition(": ")[0] not in export.covered]
    return PersonExport(person_id, dict(sorted(export.rows.items())), also_in)


@dataclass(frozen=True)
class DeliveredEvents:
    """Accepted events of one person's own, of one log and landing folder."""

    log: str
    source: str
    events: int
    first_arrived: date
    last_arrived: date


def delivered_events(data_dir: Path, person_id: str, known_on: date) -> list[DeliveredEvents]:
    """Return where the events of a person came from that had arrived by a day, by log."""
    with duckdb.connect(config={"threads": 1}) as con:
        held = _Held(open_store(data_dir), con, person_id)
        found: list[DeliveredEvents] = []
        for log in held.store.logs:
            rows = con.execute(
                f"select split_part(file.file, '/', 1) as source, count(*), min(event.arrived), "
                f"max(event.arrived) from {read_parquet(held.store.files(log))} as event "
                f"inner join {held.ledger} as file on event.file_no = file.file_no "
                "and file.log = $log where event.person_key = $key and event.arrived <= $known_on "
                "group by source order by source",
                {"log": log, "key": held.key, "known_on": known_on},
            )
            found += [DeliveredEvents(log, *row) for row in rows.fetchall()]
    return found


class _Held:
    """The event store of one person: their key, and how keys and places read as ids and files."""

    def __init__(self, store: EventStore, con: duckdb.DuckDBPyConnection, person_id: str) -> None:
        self.store, self.people = store, read_parquet(store.files("person"))
        self.ledger = (
            f"(select distinct file_no, log, file from {read_parquet(store.files('file'))})"
        )
        found = None
        if store.files("person"):
            asked = f"select person_key from {self.people} where person_id = ?"
            found = con.execute(asked, [person_id]).fetchone()
        self.key = None if found is None else int(found[0])


@dataclass
class _Export:
    """``covered``: the files under the data directory whose rows of the person are in ``rows``."""

    data_dir: Path
    names: ErasedIds
    con: duckdb.DuckDBPyConnection
    rows: dict[str, list[Row]] = field(default_factory=dict)
    covered: set[str] = field(default_factory=set)
    places: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.landing, self.store = Landing(self.data_dir, self.names), open_store(self.data_dir)

    def _add(self, name: str, path: Path | str, rows: Sequence[Row]) -> None:
        if rows:
            self.rows.setdefault(name, []).extend(rows)
            self.covered.add(Path(path).relative_to(self.data_dir.absolute()).as_posix())

    def take_delivered(self) -> None:
        """Take the rows that name the person, as they were delivered."""
        folder = self.data_dir.absolute() / "landing"
        for path in files_under(folder) if folder.is_dir() else ():
            with suppress(NoRows, *UNREADABLE):
                theirs = [row for row in self.landing.rows(self._own(path)) if row.is_theirs]
                file = path.relative_to(folder).as_posix()
                found = [{"file": file, "line": row.line, "text": row.text} for row in theirs]
                self.places |= {(file, row.line) for row in theirs}
                self._add(DELIVERED, path, found)

    def _own(self, path: Path) -> Path:
        """Return a path as the landing folder lists it."""
        return self.data_dir / path.relative_to(self.data_dir.absolute())

    def take_events(self) -> None:
        """Take events and repeats of the person, or that name them, ids in place of keys."""
        held = _Held(self.store, self.con, self.names.ids[0])
        if held.key is None:
            return
        own = {"person_key": held.key, "person_id": self.names.ids[0]}
        for path in self.store.files("person"):
            where = f"from {read_parquet([path])} where person_key = {held.key}"
            if self.con.execute(f"select 1 {where}").fetchone():
                self._add(KEY, path, [own])
        repeats = [f"repeats.{log}" for log in self.store.logs]
        for table in (*self.store.logs, *repeats):
            for path in self.store.files(table):
                self._add(f"events/{table}.ndjson", path, self._events(held, table, path))

    def _events(self, held: _Held, table: str, path: str) -> list[Row]:
        source = read_parquet([path])
        keys = [name for name in self._columns(source) if name.endswith("_key")]
        cells = ", ".join(
            f"(select p.person_id from {held.people} as p where p.person_key = event.{name}) "
            f"as {name.removesuffix('_key')}_id"
            for name in keys
        )
        is_theirs = " or ".join(f"event.{name} = {held.key}" for name in keys)
        log = table.rpartition(".")[2]
        found = self._records(
            f"select file.file, event.line, {cells}, event.* exclude "
            f"({', '.join([*keys, 'file_no', 'line'])}) from {source} as event "
            f"left join {held.ledger} as file on event.file_no = file.file_no and "
            f"file.log = '{log}' where {is_theirs} order by event.file_no, event.line"
        )
        self.places |= {(row["file"], row["line"]) for row in found}
        return found

    def take_refused(self) -> None:
        """Take refused rows that name the person, or stand where a row of theirs was delivered."""
        for path in self.store.files("quarantine"):
            source = read_parquet([path])
            found = []
            for row in self._records(
                f"select * exclude (file_no) from {source} order by file, line"
            ):
                is_theirs = (row["file"], row["line"]) in self.places
                if not is_theirs and row["raw"] and row["reason"] != CONFLICT_REASON:
                    read = self.landing.quarantined(row["file"], row["raw"])
                    is_theirs = read is not None and read.is_theirs
                if is_theirs:
                    found.append(row)
            self._add(REFUSED, path, found)

    def take_published(self) -> None:
        """Take the rows of every run and derived set, retired ones included, that name them."""
        folder = self.data_dir.absolute() / SNAPSHOTS
        for path in sorted(folder.rglob("*.parquet")):
            name = path.relative_to(folder).with_suffix(".ndjson").as_posix()
            self._add(f"published/{name}", path, self._published(path))

    def _published(self, path: Path) -> list[Row]:
        source = read_parquet([path])
        columns = self._columns(source)
        if path.stem == CHECK_RESULT_TABLE:
            held = self.names.may_hold("examples")
            found = self._records(f"select * from {source} where examples is not null and {held}")
            return [row for row in found if self._mention(row["examples"])]
        ids = [identifier(name) for name in columns if name.endswith("_id")]
        if not ids:
            return []
        is_theirs = " or ".join(f"cast({name} as varchar) = $id" for name in ids)
        return self._records(f"select * from {source} where {is_theirs}", {"id": self.names.ids[0]})

    def _mention(self, examples: str) -> bool:
        return any(self.names.matches(text) for text in json_texts(examples, with_numbers=False))

    def _columns(self, source: str) -> list[str]:
        return self.con.sql(f"from {source}").columns

    def _records(self, sql: str, parameters: Any = ()) -> list[Row]:
        return records(self.con, sql, parameters)


def summary(export: PersonExport) -> Iterator[tuple[str, int]]:
    """Yield what is held and how many rows, published rows by table."""
    published: Counter[str] = Counter()
    for name, count in export.counts.items():
        if name.startswith("published/"):
            published[f"published {Path(name).stem}"] += count
        else:
            yield name.removesuffix(".ndjson"), count
    yield from sorted(published.items())
