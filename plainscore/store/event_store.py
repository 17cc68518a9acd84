"""The event store as readers see it: one state, which stays readable while a writer goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from plainscore.common.files import refuse_newer_format
from plainscore.store.head import OWN_TABLES, StoreHead, places_while_rebuilt, read_store_head

if TYPE_CHECKING:
    import polars as pl

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

        ``table`` is a log, ``repeats.<log>``, ``person``, ``quarantine`` or ``file``.
        """
        events = self.folder.absolute()
        return [str(events / file) for file in self.head.files.get(table, [])]

    @property
    def logs(self) -> list[str]:
        """The logs that have rows."""
        tables = [table for table, files in self.head.files.items() if files and "." not in table]
        return [table for table in tables if table not in OWN_TABLES]

    def person_files(self) -> list[str]:
        """Return the files of ``person``: person_key, person_id."""
        return self.files("person")

    def quarantine_files(self) -> list[str]:
        """Return the files of ``quarantine``: log, file, line, reason, raw and more."""
        return self.files("quarantine")

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
