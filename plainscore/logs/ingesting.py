"""Ingest what is new in a landing directory into the event store."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path

import polars as pl

from plainscore.common.errors import InputRefused
from plainscore.common.signals import stop_if_interrupted
from plainscore.logs.batch import Batch, ReadyBundle
from plainscore.logs.bundles import Bundle
from plainscore.logs.changes import FileStates
from plainscore.logs.landing import LandingFile, blocked_days, list_landing
from plainscore.logs.ledger import COUNTS, digests, next_file_no
from plainscore.logs.log_fields import LOGS
from plainscore.logs.refusals import RefusedFile
from plainscore.logs.side_by_side import work_in_order
from plainscore.logs.writer import StoreWriter

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
            "mend that and run again; what was committed before stands"
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
        steps = work_in_order(_steps(batches), _make_ready, self._threads)
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
                RefusedFile(batch.log, file.file, file.arrived, error.reason, error.mend)
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
