"""Take people out of the event store, so that it ends as if their rows had never been delivered."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from plainscore.erasure.journal import Journal, Rewritten
from plainscore.erasure.leaving import Leaving, leaving_of, mark_places, pending_files
from plainscore.erasure.names import Names
from plainscore.erasure.promotion import COUNTED_AS, promote
from plainscore.logs.changes import STATES
from plainscore.logs.compaction import sort_columns
from plainscore.logs.identity import CONFLICT, CONFLICT_REASON
from plainscore.logs.ledger import Counts, apply_counts, shown_names
from plainscore.logs.log_fields import LOGS
from plainscore.logs.writer import StoreWriter


class StoreErasure:
    """One erasure of the event store; the caller holds the writer lock."""

    def __init__(self, data_dir: Path, names: Names, journal: Journal) -> None:
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
        leaving = leaving_of(keys, list(pending.items()))
        gone = {log: self._take_out_of_log(log, leaving) for log in LOGS}
        self._take_set_aside_out(leaving)
        for log, rows in gone.items():
            if len(rows):
                promote(writer, self._landing, log, rows, self._counts)
                writer.build_seen_anew(log)
        self._take_keys_out(keys)
        writer.ledger = apply_counts(writer.ledger, self._counts)
        self._mark_absent_files(set(pending))
        self._commit()
        return rows_before - sum(writer.ledger["rows"])

    def _take_out_of_log(self, log: str, leaving: Leaving) -> pl.DataFrame:
        gone = leaving.take_out(self._writer.tables[log])
        self._counts.add(gone, rows=-1, accepted=-1)
        self._arrivals |= set(gone["arrived"])
        return gone

    def _take_set_aside_out(self, leaving: Leaving) -> None:
        """Take repeats and refused rows out, and those refused rows that hold a name as a word."""
        repeats = leaving.take_out(self._writer.tables["repeat"])
        self._arrivals |= set(repeats["arrived"])
        for verdict, count in COUNTED_AS.items():
            of_verdict = repeats.filter(pl.col("verdict") == verdict)
            self._counts.add(of_verdict, rows=-1, **{count: -1})
        conflicts = repeats.filter(pl.col("verdict") == CONFLICT)
        places = pl.concat([leaving.places, conflicts.select("file_no", "line")])
        table = self._writer.tables["quarantine"]
        for path in table.files():
            rows = pl.read_parquet(path, glob=False, hive_partitioning=False)
            is_conflict = rows["reason"] == CONFLICT_REASON
            told = [self._names.are_words_of(raw or "") for raw in rows["raw"]]
            leaves = mark_places(rows, places)
            leaves |= pl.Series(told, dtype=pl.Boolean) & ~is_conflict
            moved = leaving.move_up(rows.filter(~leaves))
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
        told = {file: self._names.taken_out_of(file) for file in files}
        return {file: new for file, new in told.items() if new != file} | self._journal.renamed

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
