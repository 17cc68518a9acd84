"""The ingest ledger: one row per file that was ever ingested, and what became of its rows."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from plainscore.logs.landing import LandingFile
from plainscore.logs.tables import stored_tables
from plainscore.logs.units import FileFacts

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
