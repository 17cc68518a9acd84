"""Everything that is held of one person, as `erase` would find it: listed, and as one archive.

Rows are given where they are kept: as delivered, as events, as refused, and as published in every
run. What is made of those rows and names the person too (report pages, statistics of the
catalog) is listed by name.
"""

import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.errors import UnknownPersonError, UsageError
from plainscore.common.text import identifier, printable, read_parquet
from plainscore.erasure.erased_ids import ErasedIds, json_texts
from plainscore.erasure.landing import files_under
from plainscore.erasure.rows import UNREADABLE, Landing, NoRows
from plainscore.erasure.search import search
from plainscore.logs.deduplicate import CONFLICT_REASON
from plainscore.publish.sets import CHECK_RESULT_TABLE, SNAPSHOTS
from plainscore.store.event_store import EventStore, open_store

MANIFEST, README = "manifest.json", "README.txt"
DELIVERED, REFUSED, KEY = "delivered.ndjson", "events/quarantine.ndjson", "events/person.ndjson"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip; the clock is no part of an archive
WORDS = """Everything that is held of {person}, one JSON object a line.

delivered.ndjson      rows as they were delivered: file, line, text
events/<log>.ndjson   accepted events; repeats.<log>: those delivered again, or in conflict
events/quarantine.ndjson  rows that were refused, and why
published/            published rows, in the folder of their run, and what was computed from runs
manifest.json         how many rows each file has; also_in: other files that name the person, made
                      of these rows

Rows of other people that name this person are among them: look at those before you hand this on.
A wrong row is corrected where it was delivered from: column file says where. A correction counts
from the day on which it arrives.
"""
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
            README: WORDS.format(person=printable(self.person_id)),
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
        self.store, self.people = store, read_parquet(store.person_files())
        self.ledger = (
            f"(select distinct file_no, log, file from {read_parquet(store.files('file'))})"
        )
        found = None
        if store.person_files():
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
        for path in self.store.person_files():
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
        for path in self.store.quarantine_files():
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
        return [name for name, *_ in self.con.execute(f"describe from {source}").fetchall()]

    def _records(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        result = self.con.execute(sql, parameters or {})
        names = [one[0] for one in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def summary(export: PersonExport) -> Iterator[tuple[str, int]]:
    """Yield what is held and how many rows, published rows by table."""
    published: Counter[str] = Counter()
    for name, count in export.counts.items():
        if name.startswith("published/"):
            published[f"published {Path(name).stem}"] += count
        else:
            yield name.removesuffix(".ndjson"), count
    yield from sorted(published.items())
