"""Rewrite finished months of the event store, one sorted file each, and delete what is unused."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import polars as pl

from plainscore.logs.delta_table import TableFiles
from plainscore.logs.writer import StoreWriter

GRACE = timedelta(days=7)
_SORTED_BY = {"quarantine": ["file_no", "line"], "repeat": ["log", "event_id", "file_no", "line"]}


@dataclass(frozen=True)
class CompactedTable:
    """What happened to one table: months (of ``person``: the whole) rewritten, files before
    and after, files deleted.
    """

    table: str
    months: int
    files_before: int
    files_after: int
    deleted: int


def compact(data_dir: Path, grace: timedelta = GRACE) -> list[CompactedTable]:
    """Put every finished month of every table into one file sorted by person.

    A month is finished when a later month has begun to arrive. Readers go on with the files they
    opened: what a table no longer uses is deleted only when it has been out of use for ``grace``.
    The caller holds the writer lock.

    Returns
    -------
    One row per table that has any file, by name.
    """
    events = data_dir / "events"
    writer = StoreWriter(events)
    before = {name: len(table.files()) for name, table in writer.tables.items()}
    try:
        months = {name: _compact_table(name, table) for name, table in writer.tables.items()}
        if any(months.values()):
            writer.commit()
    except BaseException:
        writer.discard()
        raise
    return [
        CompactedTable(name, months[name], before[name], len(table.files()), table.vacuum(grace))
        for name, table in sorted(writer.tables.items())
        if before[name]
    ]


def _compact_table(name: str, table: TableFiles) -> int:
    groups = [table.files()] if name == "person" else _finished_months(table)
    rewritten = [files for files in groups if len(files) > 1]
    for files in rewritten:
        rows = pl.concat(
            pl.read_parquet(file, hive_partitioning=False, glob=False) for file in files
        )
        table.replace_files(files)
        table.add(rows, sort_columns(name))
    return len(rewritten)


def sort_columns(table: str) -> list[str]:
    """Return the columns by which the rows within a file of a table are sorted."""
    return _SORTED_BY.get(table, ["person_key"])


def _finished_months(table: TableFiles) -> list[list[Path]]:
    """Return the files of every month but the last; none of a table that is not cut by month."""
    if not table.declared.partition_by:
        return []
    files = sorted(table.files(), key=lambda file: file.parent.name)
    months = [list(month) for _, month in groupby(files, key=lambda file: file.parent.name)]
    return months[:-1]
