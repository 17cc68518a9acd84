"""What leaves the event store: rows under a key, rows at a place, refused rows with a word."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from plainscore.erasure.journal import Rewritten
from plainscore.logs.compaction import sort_columns
from plainscore.logs.delta_table import TableFiles
from plainscore.logs.identity import PLACE
from plainscore.logs.tables import MONTH

_PLACES = {"file_no": pl.Int64, "line": pl.Int64}


@dataclass(frozen=True)
class Leaving:
    """Rows under ``keys`` leave, and those at ``places`` (file_no, line).

    ``moved`` are the rows that went from parquet files, by file number: those behind them move up.
    """

    keys: Sequence[int]
    places: pl.DataFrame
    moved: Mapping[int, Sequence[int]]

    def mark(self, rows: pl.DataFrame) -> pl.Series:
        """Mark those of some rows that leave."""
        held = [name for name in rows.columns if name.endswith("_key")]
        by_key = [rows[name].is_in(list(self.keys)).fill_null(False) for name in held]
        leaves = mark_places(rows, self.places)
        for mark in by_key:
            leaves |= mark
        return leaves

    def move_up(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give rows behind one that went from a parquet file the number they have there now."""
        if not self._moves(rows):
            return rows
        parts = []
        for (file_no,), part in rows.partition_by("file_no", as_dict=True).items():
            gone = pl.Series(sorted(self.moved.get(file_no, ())), dtype=pl.Int64)
            before = gone.search_sorted(part["line"]).cast(pl.Int64)
            parts.append(part.with_columns(line=part["line"] - before))
        return pl.concat(parts)

    def _moves(self, rows: pl.DataFrame) -> bool:
        return bool(self.moved) and rows["file_no"].is_in(list(self.moved)).any()

    def take_out(self, table: TableFiles) -> pl.DataFrame:
        """Write every file anew that holds a row that leaves, or moves; return those that left."""
        left = [table.declared.empty().drop(MONTH)]
        for path in table.files():
            rows = pl.read_parquet(path, glob=False, hive_partitioning=False)
            leaves = self.mark(rows)
            if not leaves.any() and not self._moves(rows):
                continue
            left.append(rows.filter(leaves).select(left[0].columns))
            table.replace_files([path])
            table.add(self.move_up(rows.filter(~leaves)), sort_columns(table.declared.name))
        return pl.concat(left)


def mark_places(rows: pl.DataFrame, places: pl.DataFrame) -> pl.Series:
    """Mark those of some rows that stand at one of some places."""
    marked = places.select(PLACE).unique().with_columns(pl.lit(True).alias("is there"))
    joined = rows.select(PLACE).join(marked, on=PLACE, how="left", maintain_order="left")
    return joined["is there"].fill_null(False)


def leaving_of(
    keys: Sequence[int], pending: Sequence[tuple[int, Rewritten]], more: pl.DataFrame | None = None
) -> Leaving:
    """Return what leaves with some keys, and with rows of landing files that were rewritten."""
    places = pl.DataFrame(
        [(file_no, line) for file_no, file in pending for line in file.spans],
        schema=_PLACES,
        orient="row",
    )
    if more is not None:
        places = pl.concat([places, more.select(PLACE)])
    moved = {file_no: list(file.spans) for file_no, file in pending if file.is_renumbered}
    return Leaving(keys, places, moved)


def pending_files(
    ledger: pl.DataFrame, rewritten: Sequence[Rewritten]
) -> Iterator[tuple[int, Rewritten]]:
    """Yield the rewritten files that the ledger does not follow yet, by number.

    A file that an interrupted erasure rewrote twice is given once: its rows that went together.
    """
    steps = {(step.file, step.before): step for step in rewritten}
    for file_no, file, digest in ledger.select("file_no", "file", "sha256").rows():
        merged = steps.get((file, digest))
        while merged is not None and (later := steps.get((file, merged.after))):
            merged = merged.followed_by(later)
        if merged is not None:
            yield file_no, merged
