"""The event store as readers see it: one state, which stays readable while a writer goes on.

``events/head.json`` names the parquet files that each table of the store consists of. Readers need
nothing else, so that they and a writer never wait for each other: a writer replaces the head as a
whole after each commit, and no file it ever named changes. Here are also the columns of the store's
own tables.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from plainscore.common.errors import InputRefused
from plainscore.common.files import refuse_newer_format, write_atomically

if TYPE_CHECKING:
    import polars as pl

HEAD_NAME = "head.json"
HEAD_FORMAT = 2
MONTH = "arrived_month"
_PLACE = {"arrived": "DATE", "file_no": "BIGINT", "line": "BIGINT", MONTH: "VARCHAR"}

Columns = Mapping[str, str]
"""SQL types by column name."""

OWN_TABLES: dict[str, Columns] = {
    "person": {"person_key": "BIGINT", "person_id": "VARCHAR"},
    "file": {
        "file_no": "BIGINT",
        "log": "VARCHAR",
        "file": "VARCHAR",
        "arrived": "DATE",
        "bytes": "BIGINT",
        "sha256": "VARCHAR",
        "rows": "BIGINT",
        "accepted": "BIGINT",
        "duplicates": "BIGINT",
        "quarantined": "BIGINT",
        "unknown_column_count": "BIGINT",
        "unknown_columns": "VARCHAR",
    },
    "quarantine": {"log": "VARCHAR", "file": "VARCHAR", "reason": "VARCHAR", "raw": "VARCHAR"}
    | _PLACE,
    "erasure": {"number": "BIGINT", "next_key": "BIGINT"},
}
"""Tables next to the logs. ``erasure`` keeps what the remaining rows no longer show."""


@dataclass(frozen=True)
class StoreHead:
    """One state of the event store.

    Attributes
    ----------
    snapshot
        The number of the DuckLake snapshot with this state; -1: nothing was ever stored.
    next_key
        The key of the next new person: every lower one was given at some time.
    erasures
        How many times people were erased.
    files
        By table, the paths of its parquet files under ``events/``, sorted. Tables are the logs,
        ``repeats.<log>``, ``person``, ``file`` (the ledger) and ``quarantine``.
    """

    snapshot: int = -1
    next_key: int = 0
    erasures: int = 0
    files: dict[str, list[str]] = field(default_factory=dict)


def places_while_rebuilt(events: Path) -> tuple[Path, Path]:
    """Return where a rebuild makes the new store, and where the old one stands while both move.

    The names are hidden: ``events.old`` may be a backup of the operator's.
    """
    return events.with_name(f".{events.name}.new"), events.with_name(f".{events.name}.old")


def store_folder(data_dir: Path) -> Path:
    """Return where the event store stands: ``events``, unless a rebuild was killed as it moved."""
    events = data_dir / "events"
    _, old = places_while_rebuilt(events)
    return old if old.is_dir() and not events.exists() else events


def settle_rebuild(events: Path) -> None:
    """Put the old store back where a rebuild was killed before the new one stood in its place.

    What it left otherwise is removed. The caller holds the writer lock.
    """
    fresh, old = places_while_rebuilt(events)
    if old.is_dir() and not events.exists():
        old.rename(events)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)


def read_store_head(events: Path) -> StoreHead:
    """Read the head of an event store; an empty one where nothing was ever ingested.

    Raises
    ------
    InputRefused
        The file is damaged, or another version of plainscore wrote the store.
    """
    path = events / HEAD_NAME
    try:
        read = json.loads(path.read_text())
        written = int(read.pop("format"))
        if written == HEAD_FORMAT:
            return StoreHead(**read)
    except FileNotFoundError:
        return StoreHead()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputRefused(
            f"{path} is not readable by this version: restore it, or remove {events} and ingest "
            "again"
        ) from error
    if written > HEAD_FORMAT:
        raise InputRefused(
            f"{path} is of format {written}, and this version reads format {HEAD_FORMAT}: "
            "install the version of plainscore that wrote it, or a newer one"
        )
    raise InputRefused(
        f"{events} was written by plainscore 1 in another format: rebuild it from landing/ with "
        f"these two commands: rm -r {events}; plainscore ingest --data {events.parent}"
    )


def write_store_head(events: Path, head: StoreHead) -> None:
    """Replace the head of an event store, also across a power cut."""
    text = json.dumps({"format": HEAD_FORMAT, **asdict(head)}, indent=1, sort_keys=True)
    write_atomically(events / HEAD_NAME, text + "\n")


InputFile = tuple[str, str, date, str]
"""log, file, arrived, sha256"""


@dataclass(frozen=True)
class EventStore:
    """The tables of the store in ``folder`` as the head names their files."""

    folder: Path
    head: StoreHead

    @property
    def data_dir(self) -> Path:
        """The data directory that it belongs to."""
        return self.folder.parent

    def files(self, table: str) -> list[str]:
        """Return the absolute paths of a table's parquet files; none where it has no rows.

        ``table`` is a log, ``repeats.<log>``, ``person`` (person_key, person_id), ``quarantine``
        (log, file, line, reason, raw and more) or ``file``.
        """
        events = self.folder.absolute()
        return [str(events / file) for file in self.head.files.get(table, [])]

    @property
    def logs(self) -> list[str]:
        """The logs that have rows."""
        tables = [table for table, files in self.head.files.items() if files and "." not in table]
        return [table for table in tables if table not in OWN_TABLES]

    def ledger(self) -> "pl.DataFrame":
        """Return one row per ingested file and log, by log, arrival and path."""
        import polars as pl  # it imports slowly, and who lists files does without

        kinds = {"BIGINT": pl.Int64, "VARCHAR": pl.String, "DATE": pl.Date}
        schema = {name: kinds[kind] for name, kind in OWN_TABLES["file"].items()}
        frames = [
            pl.read_parquet(file, glob=False, hive_partitioning=False)
            for file in self.files("file")
        ]
        return pl.concat([pl.DataFrame(schema=schema), *frames]).sort("log", "arrived", "file")

    def inputs_known_on(self, known_on: date) -> list[InputFile]:
        """Return every ingested file that had arrived by a day, sorted."""
        return inputs_among(self.ledger(), known_on)


def inputs_among(ledger: "pl.DataFrame", known_on: date) -> list[InputFile]:
    """Return those files of a ledger that had arrived by a day, sorted."""
    known = ledger.filter(ledger["arrived"] <= known_on)
    return sorted(known.select("log", "file", "arrived", "sha256").iter_rows())


def accepted_rows(ledger: "pl.DataFrame", known_on: date) -> int:
    """Return how many rows were accepted from the files that had arrived by a day."""
    return int(ledger.filter(ledger["arrived"] <= known_on)["accepted"].sum())


def digests(ledger: "pl.DataFrame") -> Mapping[str, str]:
    """Return the SHA-256 of every ingested file by its path under landing/."""
    return dict(ledger.select("file", "sha256").iter_rows())


def next_file_no(ledger: "pl.DataFrame") -> int:
    """Return the number for the next file to be ingested."""
    return 1 + max(ledger["file_no"].to_list(), default=-1)


def open_store(data_dir: Path) -> EventStore:
    """Open the event store of a data directory at its head; it may be empty.

    While a rebuild replaces it, this is the old store or the new one.

    Raises InputRefused where the head cannot be read, DataFormatError where a newer version wrote
    the data directory.
    """
    refuse_newer_format(data_dir)
    events = data_dir / "events"
    _, old = places_while_rebuilt(events)
    for folder in (events, old, events):  # the new one may have come since the first look
        if (head := read_store_head(folder)).snapshot >= 0:
            return EventStore(folder, head)
    return EventStore(events, head)
