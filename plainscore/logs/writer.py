"""The event store as its one writer holds it: all tables, changed together or not at all."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import Queue
from threading import Event
from typing import Any, TypeVar

import numpy as np
import polars as pl

from plainscore.common.signals import stop_if_interrupted
from plainscore.logs import seen_ids
from plainscore.logs.delta_table import Head, TableFiles, read_head, write_head
from plainscore.logs.seen_ids import Numbers, SeenIds, without_month
from plainscore.logs.tables import LOGS, person_fields, stored_name, stored_tables

# Work on items in several threads, in bounded memory, with results in the order of the items.

T = TypeVar("T")
R = TypeVar("R")


def ordered_map(
    items: Iterable[T], work: Callable[[T], R], threads: int
) -> Generator[R, None, None]:
    """Yield ``work(item)`` of every item, in order.

    ``items`` are drawn in a thread of their own, so that reading, working and what the caller does
    with the results go on at the same time. At most ``threads`` + 2 items are under way. What
    ``items`` or ``work`` raise is raised here, in its place.
    """
    waiting: Queue[Future[R] | None] = Queue(threads + 1)
    is_over = Event()

    def draw() -> None:
        try:
            for item in items:
                if is_over.is_set():
                    break
                waiting.put(pool.submit(work, item))
        except BaseException as error:
            failed: Future[R] = Future()
            failed.set_exception(error)
            waiting.put(failed)
        waiting.put(None)

    future: Future[R] | None = None
    with ThreadPoolExecutor(threads) as pool, ThreadPoolExecutor(1) as reader:
        reader.submit(draw)
        try:
            while (future := waiting.get()) is not None:
                yield future.result()
        finally:
            is_over.set()
            while future is not None:  # so that no thread waits for a place in the queue
                future = waiting.get()


class BackgroundWriter:
    """One piece of work at a time that goes on behind its caller, in a thread of its own."""

    def __init__(self) -> None:
        self._working: Future[Any] | None = None

    def begin(self, work: Callable[..., object], *given: object) -> None:
        """Begin ``work(*given)`` once the work before it has ended; raises what that raised."""
        self.wait()
        thread = ThreadPoolExecutor(1)
        self._working = thread.submit(work, *given)
        thread.shutdown(wait=False)

    def wait(self) -> None:
        """Wait for the end of the work; raises what it raised."""
        working, self._working = self._working, None
        if working is not None:
            working.result()

    def abandon(self) -> None:
        """Wait for the end of the work, whatever becomes of it."""
        working, self._working = self._working, None
        if working is not None:
            working.exception()


# Accepted rows on their way into a table: kept, found by event id, written behind in pieces.

_Piece = tuple[pl.DataFrame, Numbers]


class WriteBuffer:
    """Accepted rows of one log in its stored columns.

    At most two pieces are in memory: one that grows, and one that is being written ``behind``.
    """

    def __init__(self, table: TableFiles, behind: BackgroundWriter, piece_rows: int) -> None:
        self._table = table
        self._behind = behind
        self._piece_rows = piece_rows
        self._growing: list[_Piece] = []
        self._leaving: list[_Piece] = []

    def add(self, rows: pl.DataFrame, numbers: Numbers) -> None:
        """Keep rows; ``numbers`` are those of ``seen_ids.number_ids``, sorted."""
        if len(rows):
            self._growing.append((rows, without_month(numbers)))
        if sum(len(rows) for rows, _ in self._growing) >= self._piece_rows:
            self.begin_to_write()

    def find(self, ids: pl.DataFrame, hashes: Numbers) -> list[pl.DataFrame]:
        """Return the rows that have one of some event ids, whose ``hashes`` are sorted.

        Only pieces that hold one of the hashes are looked through: repeats mostly follow soon.
        """
        return [
            rows.join(ids, on="event_id", how="semi")
            for rows, known in self._growing + self._leaving
            if _have_common(known, hashes)
        ]

    def begin_to_write(self) -> None:
        """Write all rows behind."""
        if self._growing:
            self.wait()
            self._leaving, self._growing = self._growing, []
            rows = pl.concat([rows for rows, _ in self._leaving])
            self._behind.begin(self._table.add, rows, ["person_key"])

    def wait(self) -> None:
        """Wait until what left is in the table's files; raises what kept it from them."""
        self._behind.wait()
        self._leaving = []


def _have_common(known: Numbers, wanted: Numbers) -> bool:
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return bool((known[at] == wanted).any())


# Dense integers for the ids of people, given once, in the order of ingestion.
# The key of somebody who was erased is not given again: what a forgotten copy of old rows says of
# it must not become true of another.


class PersonKeys:
    """The ids known so far and their keys: 0, 1, 2 ..., with gaps where people were erased."""

    def __init__(self, stored: pl.DataFrame, next_key: int = 0) -> None:
        self._known = stored.select("person_key", "person_id")
        self._next_key = max(next_key, 1 + max(stored["person_key"].to_list(), default=-1))
        self._fresh: list[pl.DataFrame] = []

    def find_keys(self, log: str, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """Return, by delivered field, the keys that are known by now; null where there is none.

        May be called in any thread: people are only ever added.
        """
        return {name: self._look_up(rows[name]) for name in person_fields(log)}

    def put_keys(
        self, log: str, rows: pl.DataFrame, found: Mapping[str, pl.Series]
    ) -> pl.DataFrame:
        """Replace the delivered fields that name people by keys, giving new ones where needed.

        ``found`` is what ``find_keys`` knew of these rows a while ago.
        """
        for name in person_fields(log):
            keys = self._complete(rows[name], found[name])
            rows = rows.drop(name).with_columns(keys.alias(stored_name(name)))
        return rows

    def _complete(self, ids: pl.Series, keys: pl.Series) -> pl.Series:
        lacking = (keys.is_null() & ids.is_not_null()).arg_true()
        if not len(lacking):
            return keys
        named = ids.gather(lacking)
        found = self._look_up(named)
        if found.null_count():
            self._add(named.filter(found.is_null()).unique())
            found = self._look_up(named)
        return keys.clone().scatter(lacking, found)

    @property
    def next_key(self) -> int:
        """The key that the next person gets."""
        return self._next_key

    def _look_up(self, ids: pl.Series) -> pl.Series:
        named = ids.alias("person_id").to_frame()
        keyed = named.join(self._known, on="person_id", how="left", maintain_order="left")
        return keyed["person_key"].rechunk()

    def id_of(self, key: object) -> str:
        """Return the id that has a key."""
        return str(self._known.filter(pl.col("person_key") == key)["person_id"].item())

    def keys_of(self, ids: Sequence[str]) -> list[int]:
        """Return the keys of those ids that have one."""
        is_wanted = pl.col("person_id").is_in(ids)
        return self._known.filter(is_wanted)["person_key"].to_list()

    def _add(self, ids: pl.Series) -> None:
        keys = pl.int_range(self._next_key, self._next_key + len(ids), dtype=pl.Int64, eager=True)
        numbered = pl.DataFrame({"person_key": keys, "person_id": ids.sort()})
        self._known = pl.concat([self._known, numbered])
        self._next_key += len(numbered)
        self._fresh.append(numbered)

    def take_fresh(self) -> pl.DataFrame:
        """Return the people added since the last call."""
        fresh = pl.concat([stored_tables()["person"].empty(), *self._fresh])
        self._fresh = []
        return fresh


_SEEN_FOLDER = "seen"


class StoreWriter:
    """Open the store at its head, taking back whatever a killed writer left beyond it.

    The caller holds the writer lock of the data directory.
    """

    def __init__(self, events: Path) -> None:
        self._events = events
        events.mkdir(parents=True, exist_ok=True)
        head = read_head(events)
        self.tables = {
            name: TableFiles(events / name, declared, head.versions.get(name))
            for name, declared in stored_tables().items()
        }
        self.behind = BackgroundWriter()
        self.ledger = self._read("file")
        self.keys = PersonKeys(self._read("person"), head.next_key)
        self.erasures = head.erasures
        self._seen: dict[str, SeenIds] = {}
        self._seen_names = head.seen if head.probe == seen_ids.probe() else {}
        if self._versions() != head.versions:
            write_head(events, replace(head, versions=self._versions()))

    def _versions(self) -> dict[str, int]:
        return {
            name: table.version for name, table in self.tables.items() if table.version is not None
        }

    def _read(self, table: str) -> pl.DataFrame:
        declared = stored_tables()[table]
        frames = [pl.read_parquet(file, glob=False) for file in self.tables[table].files()]
        return pl.concat([declared.empty(), *frames]).sort(next(iter(declared.columns)))

    def seen(self, log: str) -> SeenIds:
        """Return the seen ids of a log, rebuilt from the store where they are lost."""
        if log not in self._seen:
            folder, names = self._events / _SEEN_FOLDER, self._seen_names.get(log)
            try:
                if names is None:
                    raise FileNotFoundError
                self._seen[log] = SeenIds(folder, log, names)
            except (OSError, ValueError):
                self._seen[log] = self._build_seen(folder, log)
        return self._seen[log]

    def rebuild_seen_ids(self, log: str) -> None:
        """Build the seen ids of a log from the rows that it has now."""
        self._seen[log] = self._build_seen(self._events / _SEEN_FOLDER, log)

    def _build_seen(self, folder: Path, log: str) -> SeenIds:
        seen = SeenIds(folder, log, [])
        for file in self.tables[log].files():
            ids = pl.read_parquet(file, columns=["event_id", "arrived"], glob=False)
            seen.add(seen_ids.sort_numbers(seen_ids.number_ids(ids)))
        return seen

    def files_of_months(self, log: str, codes: set[int]) -> list[Path]:
        """Return the files of a log's months with the given codes (``seen_ids.month_code``)."""
        return [
            file
            for file in self.tables[log].files()
            if seen_ids.month_code(file.parent.name.partition("=")[2]) in codes
        ]

    def commit(self) -> None:
        """Make everything that was written true at once, by replacing the head.

        Raises Interrupted where Ctrl-C or SIGTERM came before.
        """
        self.behind.wait()
        self.tables["person"].add(self.keys.take_fresh(), ["person_key"])
        self.tables["file"].replace_all(self.ledger)
        for seen in self._seen.values():
            seen.save()
        for table in self.tables.values():
            table.commit()
        kept = {name: names for name, names in self._seen_names.items() if name in LOGS}
        self._seen_names = kept | {log: list(seen.names) for log, seen in self._seen.items()}
        stop_if_interrupted()
        write_head(self._events, self._head())
        used = {name for names in self._seen_names.values() for name in names}
        seen_ids.remove_unused(self._events / _SEEN_FOLDER, used)

    def _head(self) -> Head:
        return Head(
            self._versions(),
            self._seen_names,
            seen_ids.probe(),
            self.keys.next_key,
            self.erasures,
        )

    def discard(self) -> None:
        """Delete what was written since the last commit; the writer is of no use afterwards."""
        self.behind.abandon()
        for table in self.tables.values():
            table.discard()
