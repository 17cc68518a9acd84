"""Ingest what is new in a landing directory into the event store."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from plainscore.common.errors import InputRefused
from plainscore.common.files import fsync_path
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import identifier, text_literal
from plainscore.logs import deduplicate
from plainscore.logs.changes import FileStates, corrected_files
from plainscore.logs.deduplicate import COUNTS
from plainscore.logs.json_lines import rows_of
from plainscore.logs.judge import judge_sql
from plainscore.logs.landing import (
    FileRefused,
    LandingFile,
    Listing,
    RefusedFile,
    blocked_days,
    list_landing,
)
from plainscore.logs.mapping import log_rows, unclaimed
from plainscore.logs.quarantine import SetAside
from plainscore.logs.read_mappings import changed_mappings, note_mappings
from plainscore.logs.readers import FileFacts, Reader
from plainscore.logs.sources import Inputs, Source, read_inputs
from plainscore.project import Project, read_project
from plainscore.store.event_store import OWN_TABLES, places_while_rebuilt, settle_rebuild
from plainscore.store.lake import REPEATS, Lake

BATCH_BYTES = 400 * 2**20
FEW_BYTES = 16 * 2**20
_TEXT_BYTES_PER_BYTE = {"parquet": 8, "xlsx": 8, "gz": 8, "zst": 8}
_SHOWN_NAMES = 20

Progress = Callable[[str, int, int], None]
"""Called with a folder of landing/, the bytes of it read so far, and all its bytes."""


@dataclass(frozen=True)
class IngestedFile:
    """What became of one file's rows as events of one log.

    rows = accepted + duplicates + quarantined.
    """

    log: str
    file: str
    arrived: date
    rows: int
    accepted: int
    duplicates: int
    quarantined: int


@dataclass(frozen=True)
class Unused:
    """Delivered rows of which something is not used, and the first of them.

    ``field``: an optional field that could not be read in them; None: they became no event.
    """

    log: str
    field: str | None
    rows: int
    file: str
    line: int

    def __str__(self) -> str:
        """Return it as one line, with the place."""
        what = f"{self.field} could not be read" if self.field else "no event was made"
        return f"{what} in {self.rows:,} rows, such as {self.file}:{self.line}"


@dataclass
class IngestReport:
    """What one ingest did.

    Attributes
    ----------
    files
        The files that were ingested, by log and arrival.
    rejudged
        Files ingested earlier whose counts changed, because a row that arrived before theirs was
        delivered only now.
    refused
        Files and folders that were refused; their (folder, arrival day) was left out.
    warnings
        What is worth knowing and stops nothing.
    unused
        What the ingested files hold and no event has, by log (rows: by folder) and field.
    unused_columns
        Columns of the ingested files that their source does not read, by folder.
    """

    files: list[IngestedFile] = field(default_factory=list)
    rejudged: list[IngestedFile] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unused: list[Unused] = field(default_factory=list)
    unused_columns: dict[str, list[str]] = field(default_factory=dict)

    def unused_lines(self) -> Iterator[str]:
        """Yield what was delivered and is not used, each as a line."""
        yield from (f"{one.log}: {one}" for one in self.unused)
        for folder, names in self.unused_columns.items():
            yield f"{folder}: columns not used: {', '.join(names)}"

    def note_unused(self, found: Iterable[Unused], columns: Mapping[str, Iterable[str]]) -> None:
        """Add what further files hold."""
        known = {(one.log, one.field): one for one in self.unused}
        for one in found:
            before = known.get((one.log, one.field))
            rows = one.rows + (before.rows if before else 0)
            known[one.log, one.field] = replace(before or one, rows=rows)
        self.unused = list(known.values())
        for folder, names in columns.items():
            if all_names := sorted({*self.unused_columns.get(folder, ()), *names}):
                self.unused_columns[folder] = all_names[:_SHOWN_NAMES]


def ingest_new(
    data_dir: Path,
    *,
    project: Project | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Ingest every new file under ``data_dir/landing`` into ``data_dir/events``.

    The caller holds the writer lock. A kill at any moment leaves the store as it was after the
    last whole batch; the next call goes on from there and ends in the same state.

    Parameters
    ----------
    data_dir
        The data directory.
    project
        What declares logs and sources; if not given, the one in force for ``data_dir``.
    threads, memory_limit
        Of DuckDB: all processors and 2 GB if not given.
    progress
        Called after each batch.

    Raises
    ------
    InputRefused
        There is no landing directory. (Refused files do not raise; they are in the report.)
    """
    inputs = read_inputs(project or read_project(data_dir))
    return ingest_landing(
        data_dir / "landing", data_dir / "events", inputs, threads, memory_limit, progress
    )


def ingest_landing(
    landing: Path,
    events: Path,
    inputs: Inputs,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Ingest a landing directory into an event store; see ``ingest_new``."""
    listing = list_landing(landing, inputs.sources)
    open_lake = lambda: Lake(events, inputs.stored, threads, memory_limit)  # noqa: E731
    ingest = _Ingest(landing, events, inputs, open_lake, progress)
    try:
        return ingest.run(listing, threads)
    except (OSError, duckdb.IOException, duckdb.FatalException) as error:
        where = getattr(error, "filename", None) or events
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise InputRefused(
            f"{where} cannot be written ({why}): fix that and run again; "
            "what was committed before stands"
        ) from error
    finally:
        ingest.lake.close()


def rebuild_store(
    data_dir: Path, *, threads: int | None = None, progress: Progress | None = None
) -> IngestReport:
    """Read all of landing/ again, as the project declares it now, into a store that replaces this.

    The caller holds the writer lock. A kill leaves the old store, or the new one.

    Raises
    ------
    InputRefused
        A file of which the store holds rows is gone, changed or refused: nothing was changed.
    """
    inputs = read_inputs(read_project(data_dir))
    landing, events = data_dir / "landing", data_dir / "events"
    fresh, old = places_while_rebuilt(events)
    with Lake(events, inputs.stored, threads) as lake:
        known = dict(lake.con.execute("select file, sha256 from lake.file").fetchall())
    listing = list_landing(landing, inputs.sources)
    present = {file.file for file in listing.files}
    lost = [f"{file} is gone" for file in known if file not in present]
    kept = [file for file in listing.files if file.file in known]
    lost += map(str, FileStates(events).refuse_changed(kept, known))
    try:
        if not lost:
            report = ingest_landing(landing, fresh, inputs, threads, progress=progress)
            read = {file.file for file in report.files}
            why = {one.file: str(one) for one in report.refused}
            lost = [
                why.get(file, f"{file}: its day is refused") for file in known if file not in read
            ]
        if lost:
            more = f", and {len(lost) - 1} more like it" if len(lost) > 1 else ""
            raise InputRefused(
                f"{lost[0]}{more}: its rows are in the store and would be lost; put it right and "
                "run again; nothing was changed"
            )
        events.rename(old)
        fresh.rename(events)
        fsync_path(data_dir)
    finally:
        settle_rebuild(events)
    return report


class _Ingest:
    def __init__(
        self,
        landing: Path,
        events: Path,
        inputs: Inputs,
        open_lake: Callable[[], Lake],
        progress: Progress | None,
    ) -> None:
        self._landing, self._events = landing, events
        self._inputs = inputs
        self._open_lake = open_lake
        self._progress = progress
        self._report = IngestReport()
        self._open()
        self._states = FileStates(events)

    def _open(self) -> None:
        self.lake = self._open_lake()
        deduplicate.prepare(self.lake)

    def run(self, listing: Listing, threads: int | None) -> IngestReport:
        con = self.lake.con
        known = dict(con.execute("select file, sha256 from ledger").fetchall())
        old = [file for file in listing.files if file.file in known]
        changed = self._states.refuse_changed(old, known)
        corrected = self._forget_corrected(changed)
        known = {file: sha256 for file, sha256 in known.items() if file not in corrected}
        changed = [one for one in changed if one.file not in corrected]
        self._report.refused = listing.refused + changed
        before = self._counts()
        present = {file.file for file in listing.files} | {one.file for one in listing.refused}
        self._report.warnings += [
            f"{file} is gone from landing/; the event store still holds its rows"
            for file in known
            if file not in present
        ]
        sources = self._inputs.sources
        self._report.warnings += changed_mappings(self._events, sources, known)
        note_mappings(self._events, sources, known)
        new = [file for file in listing.files if file.file not in known]
        if threads is None and sum(map(_weight, new)) < FEW_BYTES:
            con.execute("set threads = 1")  # waking others costs more than they take over
        read_bytes = _ReadBytes(listing.files, known)
        for batch in self._batches(new):
            self._take(batch)
            for folder in read_bytes.add(batch):
                if self._progress is not None:
                    self._progress(folder, *read_bytes.of(folder))
        self._states.save()
        after = self._counts()
        self._report.files = [one for place, one in after.items() if place not in before]
        self._report.rejudged = [
            one for place, one in after.items() if before.get(place, one) != one
        ]
        return self._report

    def _forget_corrected(self, changed: Sequence[RefusedFile]) -> set[str]:
        """Forget changed files of which nothing had been accepted; they are new files then."""
        con = self.lake.con
        fruitless = con.execute(
            "select file from ledger group by file having sum(accepted + duplicates) = 0"
        ).fetchall()
        corrected = corrected_files(changed, {file for (file,) in fruitless})
        if corrected:
            of_them = "file_no in (select f.file_no from forgotten as f)"
            con.execute(
                "create or replace temp table forgotten as select distinct file_no from ledger "
                "where list_contains(?, file)",
                [sorted(corrected)],
            )
            with self.lake.transaction():
                repeats = [f"{REPEATS}.{log}" for log in self._inputs.logs]
                for table in ("quarantine", *repeats):
                    self.lake.remove(table, of_them)
                con.execute(f"delete from ledger where {of_them}")
                deduplicate.apply_changes(self.lake)
        return corrected

    def _counts(self) -> dict[tuple[str, str], IngestedFile]:
        rows = self.lake.con.execute(
            f"select log, file, arrived, {', '.join(map(identifier, COUNTS))} from ledger "
            "order by log, arrived, file"
        ).fetchall()
        return {(row[0], row[1]): IngestedFile(*row) for row in rows}

    def _batches(self, files: Sequence[LandingFile]) -> Iterator[list[LandingFile]]:
        """Cut files, in order of folder and arrival, into batches of whole days."""
        batch: list[LandingFile] = []
        size = 0
        order = {folder: place for place, folder in enumerate(self._inputs.sources)}
        ordered = sorted(files, key=lambda file: (order[file.log], file))
        for _, day in groupby(ordered, key=lambda file: (file.log, file.arrived)):
            same_day = list(day)
            weight = sum(map(_weight, same_day))
            if batch and size + weight > BATCH_BYTES:
                yield batch
                batch, size = [], 0
            batch += same_day
            size += weight
        if batch:
            yield batch

    def _take(self, batch: Sequence[LandingFile]) -> None:
        """Ingest a batch; where DuckDB fails over a file, refuse it and go on without it."""
        while free := self._free(batch):
            try:
                self._write(free)
            except duckdb.Error:
                self.lake.close()
                self._open()
                found = [self._failure(file) for file in free]
                if not (refused := [one for one in found if one is not None]):
                    raise
                self._report.refused += refused
                continue
            return

    def _free(self, files: Sequence[LandingFile]) -> list[LandingFile]:
        """Leave out the files whose day is blocked by a refused one."""
        blocked = blocked_days(self._report.refused)
        return [file for file in files if (file.log, file.arrived) not in blocked]

    def _failure(self, file: LandingFile) -> RefusedFile | None:
        """Read a file on a connection of its own; return what DuckDB fails over."""
        try:
            error = reason_to_refuse(file, self._inputs)
        except duckdb.Error as failed:
            said = str(failed).splitlines()[0][:200]
            error = FileRefused(f"cannot be read ({said})", "deliver the whole file again")
        if error is None:
            return None
        return RefusedFile(file.log, file.file, file.arrived, error.reason, error.hint)

    def _write(self, batch: Sequence[LandingFile]) -> None:
        """Ingest a batch in one transaction."""
        kept: list[tuple[LandingFile, FileFacts]] = []
        refused: list[RefusedFile] = []
        unused: list[Unused] = []
        with self.lake.transaction():
            for folder, files in groupby(batch, key=lambda file: file.log):
                reading = Reading(self.lake, self._inputs, self._inputs.sources[folder])
                refused += reading.read(list(files))
                kept += reading.store()
                unused += reading.unused()
            for file, known in kept:
                self._states.note(file, known.sha256, known.state)
            if kept:
                SetAside(self.lake, self._landing, self._inputs, self._states).store()
                deduplicate.apply_changes(self.lake)
        self._report.refused += refused
        columns: dict[str, set[str]] = {}
        for file, facts in kept:
            columns.setdefault(file.log, set()).update(facts.unknown)
        self._report.note_unused(unused, columns)


class Reading:
    """The files of one source on their way into the lake, within a transaction."""

    def __init__(self, lake: Lake, inputs: Inputs, source: Source) -> None:
        self._lake, self._inputs, self._source = lake, inputs, source
        self._scratch = lake.scratch
        self._files: dict[int, LandingFile] = {}
        self._facts: Mapping[int, FileFacts] = {}
        self._judged: set[str] = set()

    def read(self, files: Sequence[LandingFile]) -> list[RefusedFile]:
        """Judge all rows into ``judged_<log>``, and leave out days with a file that is refused."""
        con = self._lake.con
        (first,) = con.execute("select coalesce(max(file_no), -1) + 1 from ledger").fetchall()[0]
        self._files = dict(enumerate(files, first))
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        arrivals = ((no, file.arrived) for no, file in self._files.items())
        kinds = {"file_no": "bigint", "arrived": "date"}
        batch = rows_of(self._scratch / "files.json", kinds, arrivals)
        con.execute(f"create or replace temp table batch_file as {batch}")
        logs = self._inputs.logs
        reader = Reader(con, self._source, logs, self._files, self._scratch)
        for log in self._source.logs:
            con.execute(f"drop table if exists judged_{log}")
        con.execute(
            "create or replace temp table unused "
            "(log text, field text, file_no bigint, rows bigint, line bigint)"
        )
        for cells in reader.parts():
            for at, event in enumerate(self._source.events):
                rows = log_rows(self._source, event, logs[event.log], cells, at == 0)
                judged = judge_sql(logs[event.log], rows.sql, rows.faulty, rows.typed)
                self._add(event.log, judged)
            if nothing := unclaimed(self._source, cells, logs):
                con.execute(
                    f"insert into unused select {text_literal(self._source.folder)}, null, "
                    f"file_no, count(*), min(line) from delivered where {nothing} group by file_no"
                )
            stop_if_interrupted()
        self._facts = reader.facts
        refused = [
            RefusedFile(file.log, file.file, file.arrived, error.reason, error.hint)
            for file_no, error in reader.refused.items()
            for file in (self._files[file_no],)
        ]
        days = {one.arrived for one in refused}
        self._files = {no: file for no, file in self._files.items() if file.arrived not in days}
        kept = f"{[*self._files]}::bigint[]"
        con.execute(f"delete from batch_file where not list_contains({kept}, file_no)")
        return refused

    def _add(self, log: str, select: str) -> None:
        rows = f"judged_{log}"
        into = (
            f"insert into {rows} by name" if log in self._judged else f"create temp table {rows} as"
        )
        self._lake.con.execute(f"{into} {select}")
        self._judged.add(log)

    def store(self) -> list[tuple[LandingFile, FileFacts]]:
        """Enter the files that are left into the ledger, and their rows into the lake."""
        if not self._files:
            shutil.rmtree(self._scratch)
            return []
        con = self._lake.con
        files = [(no, file, self._facts[no]) for no, file in self._files.items()]
        entries = (
            (no, log, file.file, file.arrived, facts.size, facts.sha256, *shown_names(facts))
            for log in self._source.logs
            for no, file, facts in files
        )
        kinds = {name: kind for name, kind in OWN_TABLES["file"].items() if name not in COUNTS}
        counts = ", ".join(f"0 as {identifier(name)}" for name in COUNTS)
        ledger = rows_of(self._scratch / "ledger.json", kinds, entries)
        con.execute(f"insert into ledger by name select *, {counts} from ({ledger})")
        shutil.rmtree(self._scratch)
        for log in self._source.logs:
            rows = f"judged_{log}"
            if log in self._judged:
                kept = "select b.file_no from batch_file as b"
                con.execute(f"delete from {rows} where file_no not in ({kept})")
                con.execute(
                    f"insert into unused select '{log}', field, file_no, count(*), min(line) from "
                    f"(select unnest(unread) as field, file_no, line from {rows} "
                    "where reason is null) group by field, file_no"
                )
                con.execute(f"alter table {rows} drop column unread")
                deduplicate.add_rows(self._lake, self._inputs.logs[log], rows)
                con.execute(f"drop table {rows}")
        return [(file, facts) for _, file, facts in files]

    def unused(self) -> list[Unused]:
        """Return what the stored files hold and no event has."""
        rows = self._lake.con.execute(
            "select log, field, sum(rows)::bigint, min((file_no, line)) from unused "
            "join batch_file using (file_no) group by log, field order by log, field"
        ).fetchall()
        return [
            Unused(log, field, count, self._files[file_no].file, line)
            for log, field, count, (file_no, line) in rows
        ]


def shown_names(facts: FileFacts) -> tuple[int, str | None]:
    """Return what the ledger says of the columns of a file that its source does not read."""
    names = sorted(facts.unknown)[:_SHOWN_NAMES]
    return len(facts.unknown), json.dumps(names, ensure_ascii=False) if names else None


def reason_to_refuse(file: LandingFile, inputs: Inputs) -> FileRefused | None:
    """Read a file to its end; return why it is refused, or None where it can be read.

    Raises duckdb.Error where the file makes DuckDB fail.
    """
    source = inputs.sources[file.log]
    with TemporaryDirectory(prefix="plainscore-") as folder, duckdb.connect() as con:
        reader = Reader(con, source, inputs.logs, {0: file}, Path(folder))
        for _ in reader.parts():
            con.execute("select count(columns(*)) from delivered")
        return reader.refused.get(0)


class _ReadBytes:
    """How many bytes of each folder were read, of how many."""

    def __init__(self, files: Sequence[LandingFile], known: Container[str]) -> None:
        self._total = Counter[str]()
        self._done = Counter[str]()
        for file in files:
            weight = _weight(file)
            self._total[file.log] += weight
            self._done[file.log] += weight if file.file in known else 0

    def add(self, batch: Sequence[LandingFile]) -> list[str]:
        """Count the bytes of a batch that was read, and return its folders."""
        for file in batch:
            self._done[file.log] += _weight(file)
        return list(dict.fromkeys(file.log for file in batch))

    def of(self, folder: str) -> tuple[int, int]:
        """Return the bytes of a folder that were read, and all its bytes."""
        return self._done[folder], self._total[folder]


def _weight(file: LandingFile) -> int:
    """Return about how many bytes of text a file holds; 0 where it has just vanished."""
    try:
        return file.path.stat().st_size * _TEXT_BYTES_PER_BYTE.get(file.packing or file.format, 1)
    except OSError:
        return 0
