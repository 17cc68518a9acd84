"""Ingest what is new in a landing directory into the event store."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
import polars as pl

from plainscore.common.errors import InputRefused
from plainscore.common.signals import stop_if_interrupted
from plainscore.logs import seen_ids
from plainscore.logs.changes import FileStates
from plainscore.logs.event_store import (
    COUNTS,
    Counts,
    apply_counts,
    digests,
    new_entries,
    next_file_no,
)
from plainscore.logs.identity import (
    CONFLICT,
    DUPLICATE,
    PLACE,
    Verdicts,
    judge_shared_ids,
)
from plainscore.logs.landing import (
    FileRefused,
    LandingFile,
    RefusedFile,
    blocked_days,
    list_landing,
)
from plainscore.logs.readers import FileFacts
from plainscore.logs.repeats import RepeatedRows
from plainscore.logs.tables import LOGS, stored_name
from plainscore.logs.units import Bundle, ParsedBundle, UnitReader, in_bundles, parse_bundle
from plainscore.logs.writer import StoreWriter, WriteBuffer, ordered_map

# One batch: whole arrival days of one log, read, judged and written into the store's files.
# Nothing here commits; a batch in which a file turns out to be unreadable is thrown away.

PIECE_ROWS = 1_500_000


@dataclass(frozen=True)
class ReadyBundle:
    """A parsed bundle with all that can be known of its rows before their turn has come.

    ``numbers`` are those of ``seen_ids.number_ids``, ``in_order`` the same sorted.
    """

    parsed: ParsedBundle
    keys: dict[str, pl.Series]
    numbers: seen_ids.Numbers
    in_order: seen_ids.Numbers


class Batch:
    """Numbered files of one log on their way into the store.

    ``bundles`` are read in one thread, made ``ready`` in several, and taken in their order by the
    one that changes the store.
    """

    def __init__(
        self,
        writer: StoreWriter,
        landing: Path,
        log: str,
        files: Mapping[int, LandingFile],
        threads: int,
    ) -> None:
        self._writer = writer
        self._log = log
        self._files = files
        self._arrivals = {file_no: file.arrived for file_no, file in files.items()}
        self._pending = WriteBuffer(writer.tables[log], writer.behind, PIECE_ROWS)
        self._reader = UnitReader(log, list(files.items()))
        self._counts = Counts()
        self._set_aside = RepeatedRows(writer, landing, log, files, self._reader.facts, threads)
        self._displaced = pl.DataFrame(schema={"file_no": pl.Int64, "line": pl.Int64})

    @property
    def log(self) -> str:
        """The log of all its files."""
        return self._log

    @property
    def files(self) -> Mapping[int, LandingFile]:
        """The files by number."""
        return self._files

    @property
    def facts(self) -> Mapping[int, FileFacts]:
        """What is known about each file once it was read."""
        return self._reader.facts

    @property
    def refused(self) -> Mapping[int, FileRefused]:
        """The files that cannot be read: unless there are none, the batch must be discarded."""
        return self._reader.refused

    @cached_property
    def _paths(self) -> pl.DataFrame:
        """``file_no`` and ``file`` of what was ingested before and of the batch itself."""
        return _paths(self._writer.ledger, self._files)

    def bundles(self) -> Iterator[Bundle]:
        """Read the files."""
        return in_bundles(self._reader.units())

    def make_ready(self, bundle: Bundle) -> ReadyBundle:
        """Parse a bundle and look up what may be looked up out of turn."""
        parsed = parse_bundle(bundle, self._arrivals)
        keys = self._writer.keys.find_keys(self._log, parsed.rows)
        numbers = seen_ids.number_ids(parsed.rows)
        return ReadyBundle(parsed, keys, numbers, seen_ids.sort_numbers(numbers))

    def take(self, ready: ReadyBundle) -> None:
        """Account for a bundle's rows and keep the accepted."""
        self._note(ready.parsed)
        if not self._reader.refused:
            self._take(ready)

    def finish(self) -> None:
        """Have the last rows written behind, and enter the files into the ledger."""
        self._pending.begin_to_write()
        self._set_aside.write()
        entries = new_entries(self._files, self._reader.facts)
        ledger = pl.concat([self._writer.ledger, entries])
        self._writer.ledger = apply_counts(ledger, self._counts)

    def _note(self, parsed: ParsedBundle) -> None:
        self._reader.refused |= parsed.damaged
        for file_no, name in parsed.unknown:
            self._reader.facts[file_no].add_unknown([name])
        self._counts.add(parsed.rows, rows=1)
        self._counts.add(parsed.refused, rows=1, quarantined=1)
        if not self._reader.refused:
            self._set_aside.add_refused(parsed.refused)

    def _take(self, ready: ReadyBundle) -> None:
        """Judge rows that stand for themselves against all others, and keep the accepted."""
        rows = self._writer.keys.put_keys(self._log, ready.parsed.rows, ready.keys)
        rows = rows.rename({name: stored_name(name) for name in rows.columns})
        numbers, in_order = ready.numbers, ready.in_order
        hashes = seen_ids.without_month(in_order)
        twice = hashes[1:][hashes[1:] == hashes[:-1]]
        before, codes = self._writer.seen(self._log).find(hashes)
        shared = np.unique(np.concatenate([twice, before]))
        if len(shared):
            is_shared = _is_in(seen_ids.without_month(numbers), shared)
            suspects = rows.filter(is_shared)
            known = self._read_known(suspects, before, codes)
            verdicts = judge_shared_ids(self._log, suspects, known, self._paths)
            rows = pl.concat([rows.filter(~is_shared), verdicts.accepted])
            alone = in_order[~_is_in(hashes, shared).to_numpy()]
            first = seen_ids.sort_numbers(seen_ids.number_ids(verdicts.accepted))
            in_order = seen_ids.merge(alone, first)
            self._put_aside(verdicts, ready.parsed)
        self._counts.add(rows, accepted=1)
        self._writer.seen(self._log).add(in_order)
        self._pending.add(rows, in_order)

    def _read_known(
        self, suspects: pl.DataFrame, before: seen_ids.Numbers, codes: set[int]
    ) -> pl.DataFrame:
        """Read the accepted rows that have the event id of a suspect, but for those displaced.

        ``before`` are the hashes that were seen, ``codes`` the months in which they were. What
        arrived a moment ago is repeated most, so the files are searched for the rest alone.
        """
        ids = suspects.select("event_id").unique()
        ids = ids.filter(_is_in(seen_ids.hash_ids(ids["event_id"]), before))
        known = pl.concat([suspects.clear(), *self._pending.find(ids, before)])
        ids = ids.join(known, on="event_id", how="anti")
        if ids.is_empty():
            return known
        self._pending.wait()
        files = self._writer.files_of_months(self._log, codes)
        stored = _read_ids(files, ids, suspects.schema)
        return pl.concat([known, stored.join(self._displaced, on=PLACE, how="anti")])

    def _put_aside(self, verdicts: Verdicts, parsed: ParsedBundle) -> None:
        for verdict, count in ((DUPLICATE, "duplicates"), (CONFLICT, "quarantined")):
            self._counts.add(verdicts.repeats.filter(pl.col("verdict") == verdict), **{count: 1})
        self._set_aside.add_repeats(verdicts.repeats, parsed)
        if len(verdicts.displaced):
            self._counts.add(verdicts.displaced, accepted=-1)
            self._displaced = pl.concat([self._displaced, verdicts.displaced.select(PLACE)])
            gone = verdicts.displaced.select(*PLACE, "arrived")
            self._pending.wait()
            self._writer.tables[self._log].remove_rows(gone)
            self._resolve_repeats_again(verdicts)

    def _resolve_repeats_again(self, verdicts: Verdicts) -> None:
        """Compare earlier repeats of displaced rows with the row that is now the first."""
        changed = self._set_aside.resolve_again(verdicts)
        steps = {DUPLICATE: 1, CONFLICT: -1}
        for verdict, step in steps.items():
            rows = changed.filter(pl.col("verdict") == verdict)
            self._counts.add(rows, duplicates=step, quarantined=-step)


def _paths(ledger: pl.DataFrame, files: Mapping[int, LandingFile]) -> pl.DataFrame:
    fresh = pl.DataFrame(
        {"file_no": list(files), "file": [file.file for file in files.values()]},
        schema={"file_no": pl.Int64, "file": pl.String},
    )
    return pl.concat([ledger.select("file_no", "file"), fresh])


def _read_ids(files: Sequence[Path], ids: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Read the accepted rows with some event ids."""
    if not files:
        return pl.DataFrame(schema=schema)
    scan = pl.scan_parquet(list(files), glob=False, hive_partitioning=False)
    return scan.select(list(schema)).join(ids.lazy(), on="event_id", how="semi").collect()


def _is_in(numbers: seen_ids.Numbers, few: seen_ids.Numbers) -> pl.Series:
    """Mark the numbers that are among a few: 15 ns for each, where a binary search took 100."""
    return pl.Series(numbers, dtype=pl.UInt64).is_in(pl.Series(few, dtype=pl.UInt64).implode())


BATCH_BYTES = 400 * 2**20
_TEXT_BYTES_PER_BYTE = {"parquet": 8, "gz": 8, "text": 1}

Progress = Callable[[str, int, int], None]
"""Called with a log, the bytes of it read so far, and all its bytes."""


@dataclass(frozen=True)
class IngestedFile:
    """What became of one file's rows; rows = accepted + duplicates + quarantined."""

    log: str
    file: str
    arrived: date
    rows: int
    accepted: int
    duplicates: int
    quarantined: int


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
        Files and folders that were refused; their (log, arrival day) was left out.
    warnings
        What is worth knowing and stops nothing.
    """

    files: list[IngestedFile] = field(default_factory=list)
    rejudged: list[IngestedFile] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def ingest_new(
    data_dir: Path, *, threads: int | None = None, progress: Progress | None = None
) -> IngestReport:
    """Ingest every new file under ``data_dir/landing`` into ``data_dir/events``.

    The caller holds the writer lock. A kill at any moment leaves the store as it was after the
    last whole batch; the next call goes on from there and ends in the same state.

    Parameters
    ----------
    data_dir
        The data directory.
    threads
        Threads that parse files; as many as there are processors if not given.
    progress
        Called after each batch.

    Raises
    ------
    InputRefused
        There is no landing directory. (Refused files do not raise; they are in the report.)
    """
    return ingest_landing(data_dir / "landing", data_dir / "events", threads, progress)


def ingest_landing(
    landing: Path, events: Path, threads: int | None = None, progress: Progress | None = None
) -> IngestReport:
    """Ingest a landing directory into an event store; see ``ingest_new``."""
    listing = list_landing(landing)
    try:
        return _Ingest(landing, events, threads, progress).run(listing.files, listing.refused)
    except OSError as error:
        raise InputRefused(
            f"{error.filename or events} cannot be written ({error.strerror or error}): "
            "fix that and run again; what was committed before stands"
        ) from error


class _Ingest:
    def __init__(
        self, landing: Path, events: Path, threads: int | None, progress: Progress | None
    ) -> None:
        self._landing = landing
        self._events = events
        self._threads = threads or os.cpu_count() or 1
        self._progress = progress
        self._writer = StoreWriter(events)
        self._before = self._writer.ledger
        self._states = FileStates(events)
        self._report = IngestReport()

    def run(self, files: list[LandingFile], refused: list[RefusedFile]) -> IngestReport:
        known = digests(self._before)
        old = [file for file in files if file.file in known]
        self._report.refused = refused + self._states.refuse_changed(old, known)
        self._warn_of_gone(files, refused)
        new = [file for file in files if file.file not in known]
        try:
            while not self._take_all(new):
                pass
        except BaseException:
            self._writer.discard()
            raise
        self._states.save()
        self._tell_what_became_of_files()
        return self._report

    def _warn_of_gone(self, files: list[LandingFile], refused: list[RefusedFile]) -> None:
        present = {file.file for file in files} | {one.file for one in refused}
        gone = [file for file in self._before["file"] if file not in present]
        self._report.warnings += [
            f"{file} is gone from landing/; the event store still holds its rows" for file in gone
        ]

    def _take_all(self, new: Sequence[LandingFile]) -> bool:
        """Ingest the files that are not ingested yet, a commit for every BATCH_BYTES.

        Returns False where a file turned out to be unreadable: what was not committed is thrown
        away, and all is to be called again, now without the days of the refused files.
        """
        free = self._free(new)
        known = digests(self._writer.ledger)
        read_bytes = _ReadBytes(free, known)
        batches = self._batches([file for file in free if file.file not in known])
        steps = ordered_map(_steps(batches), _make_ready, self._threads)
        uncommitted = 0
        with closing(steps):
            for batch, ready in steps:
                if ready is not None:
                    batch.take(ready)
                    continue
                if not self._finish(batch):
                    return False
                uncommitted += read_bytes.add(batch)
                if uncommitted >= BATCH_BYTES:
                    self._writer.commit()
                    uncommitted = 0
                if self._progress is not None:
                    self._progress(batch.log, *read_bytes.of(batch.log))
        if uncommitted:
            self._writer.commit()
        return True

    def _free(self, files: Sequence[LandingFile]) -> list[LandingFile]:
        """Leave out the files whose day is blocked by a refused one."""
        blocked = blocked_days(self._report.refused)
        return [file for file in files if (file.log, file.arrived) not in blocked]

    def _batches(self, files: Sequence[LandingFile]) -> Iterator[Batch]:
        """Number the files and cut them into batches, one log after the other."""
        file_no = next_file_no(self._writer.ledger)
        for log in LOGS:
            for some in _cut([file for file in files if file.log == log]):
                numbered = dict(enumerate(some, file_no))
                file_no += len(some)
                yield Batch(self._writer, self._landing, log, numbered, self._threads)

    def _finish(self, batch: Batch) -> bool:
        """Finish a batch; where a file cannot be read, refuse it and throw all away."""
        stop_if_interrupted()
        for file_no, error in batch.refused.items():
            file = batch.files[file_no]
            self._report.refused.append(
                RefusedFile(batch.log, file.file, file.arrived, error.reason, error.hint)
            )
        if batch.refused:
            self._writer.discard()
            self._writer = StoreWriter(self._events)
            return False
        batch.finish()
        for file_no, facts in batch.facts.items():
            self._states.note(batch.files[file_no], facts.sha256, facts.state)
        return True

    def _tell_what_became_of_files(self) -> None:
        names = ["log", "file", "arrived", *COUNTS]
        ledger = self._writer.ledger.sort("log", "arrived", "file")
        earlier = (pl.col(name).alias(f"{name} before") for name in COUNTS)
        before = self._before.select("file_no", *earlier)
        compared = ledger.join(before, on="file_no", how="left", maintain_order="left")
        is_new = pl.col("rows before").is_null()
        is_changed = pl.any_horizontal(pl.col(name) != pl.col(f"{name} before") for name in COUNTS)
        self._report.files = _as_files(compared.filter(is_new).select(names))
        self._report.rejudged = _as_files(compared.filter(~is_new & is_changed).select(names))


def _as_files(rows: pl.DataFrame) -> list[IngestedFile]:
    return [IngestedFile(**row) for row in rows.iter_rows(named=True)]


class _ReadBytes:
    """How many bytes of each log were read, of how many."""

    def __init__(self, files: Sequence[LandingFile], known: Mapping[str, str]) -> None:
        self._total = Counter[str]()
        self._done = Counter[str]()
        for file in files:
            weight = _weight(file)
            self._total[file.log] += weight
            self._done[file.log] += weight if file.file in known else 0

    def add(self, batch: Batch) -> int:
        """Count the bytes of a batch that was read, and return them; at least 1."""
        size = sum(map(_weight, batch.files.values()))
        self._done[batch.log] += size
        return max(size, 1)

    def of(self, log: str) -> tuple[int, int]:
        """Return the bytes of a log that were read, and all its bytes."""
        return self._done[log], self._total[log]


_Step = tuple[Batch, Bundle | None]


def _steps(batches: Iterable[Batch]) -> Iterator[_Step]:
    """Yield the bundles of every batch with it, and None at its end.

    One batch follows on the other, so that no thread waits for a commit.
    """
    for batch in batches:
        for bundle in batch.bundles():
            yield batch, bundle
        yield batch, None


def _make_ready(step: _Step) -> tuple[Batch, ReadyBundle | None]:
    batch, bundle = step
    return batch, None if bundle is None else batch.make_ready(bundle)


def _cut(files: Sequence[LandingFile]) -> Iterator[list[LandingFile]]:
    """Cut files, in order of arrival, into batches of whole days and bounded size."""
    batch: list[LandingFile] = []
    size = 0
    for _, day in groupby(files, key=lambda file: file.arrived):
        same_day = list(day)
        weight = sum(map(_weight, same_day))
        if batch and size + weight > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch += same_day
        size += weight
    if batch:
        yield batch


def _weight(file: LandingFile) -> int:
    """Return about how many bytes of text a file holds; 0 where it has just vanished."""
    kind = "parquet" if file.format == "parquet" else "gz" if file.is_gzipped else "text"
    try:
        return file.path.stat().st_size * _TEXT_BYTES_PER_BYTE[kind]
    except OSError:
        return 0
