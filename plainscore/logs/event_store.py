"""The event store as readers see it: every table at the version the head pins."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from plainscore.common.files import refuse_newer_format
from plainscore.logs.changes import FileStates
from plainscore.logs.delta_table import Head, pinned_files, read_head
from plainscore.logs.landing import LandingFile, RefusedFile, list_landing
from plainscore.logs.readers import FileFacts
from plainscore.logs.tables import stored_tables
from plainscore.logs.units import reason_to_refuse

# The ingest ledger: one row per file that was ever ingested, and what became of its rows.

COUNTS = ("rows", "accepted", "duplicates", "quarantined")
_SHOWN_NAMES = 20


@dataclass
class Counts:
    """Changes to the counts of files, by file number."""

    changes: dict[int, dict[str, int]] = field(default_factory=dict)

    def add(self, of: pl.DataFrame, **per_row: int) -> None:
        """Change counts for every row of a frame with ``file_no``, e.g. ``accepted=1``."""
        if of.is_empty():
            return
        # Files come in runs of rows: 3 ns a row, where grouping took 100.
        for file_no, count in of["file_no"].rle().struct.unnest().select("value", "len").rows():
            change = self.changes.setdefault(file_no, dict.fromkeys(COUNTS, 0))
            for name, step in per_row.items():
                change[name] += step * count


def new_entries(files: Mapping[int, LandingFile], facts: Mapping[int, FileFacts]) -> pl.DataFrame:
    """Return the ledger rows of numbered files, their counts 0."""
    entries = [_new_entry(file_no, file, facts[file_no]) for file_no, file in files.items()]
    return pl.DataFrame(entries, schema=stored_tables()["file"].schema)


def _new_entry(file_no: int, file: LandingFile, facts: FileFacts) -> dict[str, object]:
    return {
        "file_no": file_no,
        "log": file.log,
        "file": file.file,
        "arrived": file.arrived,
        "bytes": facts.size,
        "sha256": facts.sha256,
        **dict.fromkeys(COUNTS, 0),
        **shown_names(facts.unknown),
    }


def shown_names(unknown: Collection[str]) -> dict[str, object]:
    """Return what the ledger says of the columns of a file that no log knows."""
    names = sorted(unknown)[:_SHOWN_NAMES]
    return {
        "unknown_column_count": len(unknown),
        "unknown_columns": json.dumps(names, ensure_ascii=False) if names else None,
    }


def apply_counts(ledger: pl.DataFrame, counts: Counts) -> pl.DataFrame:
    """Return the ledger with changed counts.

    Raises AssertionError where a file's rows would no longer be accounted for.
    """
    changes = pl.DataFrame(
        [{"file_no": file_no, **change} for file_no, change in sorted(counts.changes.items())],
        schema={"file_no": pl.Int64, **dict.fromkeys(COUNTS, pl.Int64)},
    )
    joined = ledger.join(changes, on="file_no", how="left", suffix=" change")
    changed = joined.with_columns(
        pl.col(name) + pl.col(f"{name} change").fill_null(0) for name in COUNTS
    ).select(ledger.columns)
    accounted = pl.sum_horizontal("accepted", "duplicates", "quarantined")
    lost = changed.filter(pl.col("rows") != accounted)
    assert lost.is_empty(), f"rows of {lost['file'][0]} are not accounted for"
    return changed


def digests(ledger: pl.DataFrame) -> Mapping[str, str]:
    """Return the SHA-256 of every ingested file by its path under landing/."""
    return dict(ledger.select("file", "sha256").iter_rows())


def next_file_no(ledger: pl.DataFrame) -> int:
    """Return the number for the next file to be ingested."""
    return 1 + max(ledger["file_no"].to_list(), default=-1)


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
                        RefusedFile(file.log, file.file, file.arrived, error.reason, error.hint)
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
