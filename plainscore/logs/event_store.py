"""The event store as readers see it: every table at the version the head pins."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from plainscore.common.data_format import refuse_newer_format
from plainscore.logs.changes import FileStates
from plainscore.logs.delta_table import pinned_files
from plainscore.logs.head import Head, read_head
from plainscore.logs.landing import list_landing
from plainscore.logs.ledger import digests
from plainscore.logs.refusals import RefusedFile
from plainscore.logs.tables import stored_tables
from plainscore.logs.units import reason_to_refuse

InputFile = tuple[str, str, date, str]
"""log, file, arrived, sha256"""


@dataclass(frozen=True)
class EventStore:
    """One state of the event store; it stays readable while a writer goes on."""

    data_dir: Path
    head: Head

    def files(self, table: str) -> list[str]:
        """Return the absolute paths of a table's parquet files; none where it has no rows.

        ``table`` is a log, ``person``, ``quarantine``, ``repeat`` or ``file``. Tables cut by
        month have their ``arrived_month`` in the path only (hive partitioning).
        """
        version = self.head.versions.get(table)
        if version is None:
            return []
        root = (self.data_dir / "events" / table).absolute()
        return [str(file) for file in pinned_files(root, version)]

    def person_files(self) -> list[str]:
        """Return the files of ``person``: person_key, person_id."""
        return self.files("person")

    def quarantine_files(self) -> list[str]:
        """Return the files of ``quarantine``: log, file, line, reason, raw and more."""
        return self.files("quarantine")

    def ledger(self) -> pl.DataFrame:
        """Return one row per ingested file, by log, arrival and path."""
        frames = [pl.read_parquet(file, glob=False) for file in self.files("file")]
        empty = stored_tables()["file"].empty()
        return pl.concat([empty, *frames]).sort("log", "arrived", "file")

    def inputs_known_on(self, known_on: date) -> list[InputFile]:
        """Return every ingested file that had arrived by a day, sorted."""
        return inputs_among(self.ledger(), known_on)

    def refused_days(self, known_on: date) -> list[RefusedFile]:
        """Return what stands refused in landing/ now, as far as it had arrived by a day.

        Refused is what cannot be listed, what cannot be read and what changed after it was
        ingested; files that are merely new are not. Folders without a readable arrival day are
        always among them. Costs a reading of every file that is not ingested.
        """
        landing = self.data_dir / "landing"
        if not landing.is_dir():
            return []
        listing, known = list_landing(landing), digests(self.ledger())
        old = [file for file in listing.files if file.file in known]
        changed = FileStates(self.data_dir / "events").refuse_changed(old, known)
        refused = listing.refused + changed
        for file in listing.files:
            if file.file not in known and file.arrived <= known_on:
                error = reason_to_refuse(file)
                if error is not None:
                    refused.append(
                        RefusedFile(file.log, file.file, file.arrived, error.reason, error.mend)
                    )
        return [one for one in refused if one.arrived is None or one.arrived <= known_on]


def inputs_among(ledger: pl.DataFrame, known_on: date) -> list[InputFile]:
    """Return those files of a ledger that had arrived by a day, sorted."""
    known = ledger.filter(pl.col("arrived") <= known_on)
    return sorted(known.select("log", "file", "arrived", "sha256").iter_rows())


def accepted_rows(ledger: pl.DataFrame, known_on: date) -> int:
    """Return how many rows were accepted from the files that had arrived by a day."""
    return int(ledger.filter(pl.col("arrived") <= known_on)["accepted"].sum())


def open_store(data_dir: Path) -> EventStore:
    """Open the event store of a data directory at its head; it may be empty.

    Raises InputRefused where the head cannot be read, DataFormatError where a newer version wrote
    the data directory.
    """
    refuse_newer_format(data_dir)
    return EventStore(data_dir, read_head(data_dir / "events"))
