"""Take people out of the event store, so that it ends as if their rows had never been delivered."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.journal import Journal, Rewritten
from plainscore.erasure.landing_rows import columns_of, refused_row_names
from plainscore.logs.changes import STATES
from plainscore.logs.compaction import sort_columns
from plainscore.logs.delta_table import TableFiles
from plainscore.logs.event_store import Counts, apply_counts, shown_names
from plainscore.logs.identity import CONFLICT, CONFLICT_REASON, DUPLICATE, PLACE, Verdicts
from plainscore.logs.repeats import RepeatedRows
from plainscore.logs.tables import LOGS, MONTH, stored_tables
from plainscore.logs.writer import StoreWriter

# What is removed from the event store: rows under a key, rows at a place, refused rows with a
# word.

_PLACES = {"file_no": pl.Int64, "line": pl.Int64}


@dataclass(frozen=True)
class RowRemoval:
    """Rows under ``keys`` are removed, and those at ``places`` (file_no, line).

    ``moved`` are the rows removed from parquet files, by file number: those behind them move up.
    """

    keys: Sequence[int]
    places: pl.DataFrame
    moved: Mapping[int, Sequence[int]]

    def mark(self, rows: pl.DataFrame) -> pl.Series:
        """Mark those of some rows that are removed."""
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

    def remove(self, table: TableFiles) -> pl.DataFrame:
        """Rewrite every file with a row that is removed or moves; return the removed rows."""
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
    """Mark those of some rows that are at one of some places."""
    marked = places.select(PLACE).unique().with_columns(pl.lit(True).alias("is there"))
    joined = rows.select(PLACE).join(marked, on=PLACE, how="left", maintain_order="left")
    return joined["is there"].fill_null(False)


def removal_of(
    keys: Sequence[int], pending: Sequence[tuple[int, Rewritten]], more: pl.DataFrame | None = None
) -> RowRemoval:
    """Return what is removed with some keys, and with rows of landing files that were rewritten."""
    places = pl.DataFrame(
        [(file_no, line) for file_no, file in pending for line in file.spans],
        schema=_PLACES,
        orient="row",
    )
    if more is not None:
        places = pl.concat([places, more.select(PLACE)])
    moved = {file_no: list(file.spans) for file_no, file in pending if file.is_renumbered}
    return RowRemoval(keys, places, moved)


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
            merged = merged.then(later)
        if merged is not None:
            yield file_no, merged


# When the first row of an event_id is erased, its first remaining repeat takes its place.

COUNTED_AS = {DUPLICATE: "duplicates", CONFLICT: "quarantined"}


def promote(
    writer: StoreWriter, landing: Path, log: str, gone: pl.DataFrame, counts: Counts
) -> None:
    """Accept the first repeat of every event_id whose first row is gone; resolve the others again.

    The ledger in ``writer`` already knows the files as they are in landing/, and the repeats of
    erased people are out.
    """
    firsts = _first_repeats(writer, log, gone)
    if firsts.is_empty():
        return
    for verdict, count in COUNTED_AS.items():
        counts.add(firsts.filter(pl.col("verdict") == verdict), accepted=1, **{count: -1})
    places = firsts.select(*PLACE, "arrived")
    writer.tables["repeat"].remove_rows(places)
    writer.tables["quarantine"].remove_rows(places)
    columns = [name for name in stored_tables()[log].columns if name != MONTH]
    accepted = firsts.with_columns(event_date=pl.col("event_time").dt.date()).select(columns)
    writer.tables[log].add(accepted, ["person_key"])
    nothing = accepted.clear()
    repeated = RepeatedRows(writer, landing, log, {}, {}, os.cpu_count() or 1)
    changed = repeated.resolve_again(Verdicts(nothing, accepted, nothing, accepted))
    for verdict, step in {DUPLICATE: 1, CONFLICT: -1}.items():
        rows = changed.filter(pl.col("verdict") == verdict)
        counts.add(rows, duplicates=step, quarantined=-step)
    repeated.write()


def _first_repeats(writer: StoreWriter, log: str, gone: pl.DataFrame) -> pl.DataFrame:
    files = writer.tables["repeat"].files()
    if not files:
        return stored_tables()["repeat"].empty()
    return (
        pl.scan_parquet(files, glob=False, hive_partitioning=False)
        .filter(pl.col("log") == log)
        .join(gone.lazy().select("event_id").unique(), on="event_id", how="semi")
        .collect()
        .join(writer.ledger.select("file_no", "file"), on="file_no", how="left")
        .sort("event_id", "arrived", "file", "line")
        .unique("event_id", keep="first", maintain_order=True)
    )


class StoreErasure:
    """One erasure of the event store; the caller holds the writer lock."""

    def __init__(self, data_dir: Path, names: ErasedIds, journal: Journal) -> None:
        self._landing = data_dir / "landing"
        self._names = names
        self._journal = journal
        self._events = data_dir / "events"
        self._writer = StoreWriter(self._events)
        self._counts = Counts()
        self._arrivals: set[date] = set()
        self._renamed: dict[str, str] = {}

    def erase(self) -> int:
        """Remove the people's rows, keys and history; return how many rows went.

        Everything becomes true at once. What the landing files lost is read from the journal, and
        noted there is when the removed rows had counted.
        """
        writer = self._writer
        keys = writer.keys.keys_of(self._names.ids)
        pending = dict(pending_files(writer.ledger, self._journal.rewritten))
        rows_before = sum(writer.ledger["rows"])
        self._follow(pending)
        self._renamed = self._new_paths()
        writer.ledger = writer.ledger.with_columns(pl.col("file").replace(self._renamed))
        removal = removal_of(keys, list(pending.items()))
        gone = {log: self._take_out_of_log(log, removal) for log in LOGS}
        self._take_set_aside_out(removal)
        for log, rows in gone.items():
            if len(rows):
                promote(writer, self._landing, log, rows, self._counts)
                writer.rebuild_seen_ids(log)
        self._take_keys_out(keys)
        writer.ledger = apply_counts(writer.ledger, self._counts)
        self._mark_absent_files(set(pending))
        self._commit()
        return rows_before - sum(writer.ledger["rows"])

    def _take_out_of_log(self, log: str, removal: RowRemoval) -> pl.DataFrame:
        gone = removal.remove(self._writer.tables[log])
        self._counts.add(gone, rows=-1, accepted=-1)
        self._arrivals |= set(gone["arrived"])
        return gone

    def _take_set_aside_out(self, removal: RowRemoval) -> None:
        """Take repeats and refused rows out, and those refused rows that hold a name as a word."""
        repeats = removal.remove(self._writer.tables["repeat"])
        self._arrivals |= set(repeats["arrived"])
        for verdict, count in COUNTED_AS.items():
            of_verdict = repeats.filter(pl.col("verdict") == verdict)
            self._counts.add(of_verdict, rows=-1, **{count: -1})
        conflicts = repeats.filter(pl.col("verdict") == CONFLICT)
        places = pl.concat([removal.places, conflicts.select("file_no", "line")])
        table = self._writer.tables["quarantine"]
        for path in table.files():
            rows = pl.read_parquet(path, glob=False, hive_partitioning=False)
            is_conflict = rows["reason"] == CONFLICT_REASON
            named = [
                refused_row_names(
                    raw or "", columns_of(self._landing / file), LOGS[log].names, self._names
                )
                for log, file, raw in rows.select("log", "file", "raw").iter_rows()
            ]
            leaves = mark_places(rows, places)
            leaves |= pl.Series(named, dtype=pl.Boolean) & ~is_conflict
            moved = removal.move_up(rows.filter(~leaves))
            moved = moved.with_columns(pl.col("file").replace(self._renamed))
            self._arrivals |= set(rows["arrived"].filter(leaves))
            if not moved.equals(rows):
                self._counts.add(rows.filter(leaves & ~is_conflict), rows=-1, quarantined=-1)
                table.replace_files([path])
                table.add(moved, sort_columns("quarantine"))

    def _take_keys_out(self, keys: list[int]) -> None:
        table = self._writer.tables["person"]
        for path in table.files():
            people = pl.read_parquet(path, glob=False)
            kept = people.filter(~pl.col("person_key").is_in(keys))
            if len(kept) < len(people):
                table.replace_files([path])
                table.add(kept, sort_columns("person"))

    def _follow(self, pending: Mapping[int, Rewritten]) -> None:
        """Let the ledger know rewritten files by the digest they have now."""
        entries = []
        for entry in self._writer.ledger.to_dicts():
            file = pending.get(entry["file_no"])
            if file is not None:
                entry |= {"sha256": file.after, "bytes": file.size}
                if file.unknown is not None:
                    entry |= shown_names(file.unknown)
            entries.append(entry)
        self._writer.ledger = pl.DataFrame(entries, schema=self._writer.ledger.schema)

    def _new_paths(self) -> dict[str, str]:
        """Return the new paths of files whose name held an id, those gone from landing/ too."""
        files = self._writer.ledger["file"].to_list()
        paths = {file: self._names.taken_out_of(file) for file in files}
        return {file: new for file, new in paths.items() if new != file} | self._journal.renamed

    def _mark_absent_files(self, followed: set[int]) -> None:
        """Give files that lost rows and are gone from landing/ another digest.

        Put back, such a file would hold the people again: it must not pass for the one ingested.
        """
        lost = {no for no, change in self._counts.changes.items() if change["rows"]} - followed
        paths = dict(self._writer.ledger.select("file_no", "file").iter_rows())
        absent = [no for no in lost if not (self._landing / paths[no]).exists()]
        digests = {
            no: hashlib.sha256(json.dumps([digest, "rows erased"]).encode()).hexdigest()
            for no, digest in self._writer.ledger.select("file_no", "sha256").iter_rows()
            if no in absent
        }
        if digests:
            changed = pl.col("file_no").replace_strict(digests, default=pl.col("sha256"))
            self._writer.ledger = self._writer.ledger.with_columns(sha256=changed)

    def _commit(self) -> None:
        number = self._journal.erasure_no or 0
        is_changed = any(table.is_changed for table in self._writer.tables.values())
        if is_changed or self._counts.changes or self._writer.erasures < number:
            if self._arrivals:
                self._journal.note_since(min(self._arrivals))
            self._writer.erasures = max(number, self._writer.erasures)
            self._writer.commit()
        if self._renamed:
            (self._events / STATES).unlink(missing_ok=True)  # a cache, which knows the old names
        for table in self._writer.tables.values():
            table.forget_history()
