"""The event store as its one writer holds it: all tables, changed together or not at all."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from plainscore.common.signals import stop_if_interrupted
from plainscore.logs import seen_ids
from plainscore.logs.delta_table import TableFiles
from plainscore.logs.head import Head, read_head, write_head
from plainscore.logs.log_fields import LOGS
from plainscore.logs.person_keys import PersonKeys
from plainscore.logs.seen_ids import SeenIds
from plainscore.logs.side_by_side import WorkBehind
from plainscore.logs.tables import stored_tables

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
        self.behind = WorkBehind()
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
        """Return the seen ids of a log, built anew from the store where they are lost."""
        if log not in self._seen:
            folder, names = self._events / _SEEN_FOLDER, self._seen_names.get(log)
            try:
                if names is None:
                    raise FileNotFoundError
                self._seen[log] = SeenIds(folder, log, names)
            except (OSError, ValueError):
                self._seen[log] = self._build_seen(folder, log)
        return self._seen[log]

    def build_seen_anew(self, log: str) -> None:
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
