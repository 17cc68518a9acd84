"""Accepted rows on their way into a table: kept, found by event id, written behind in pieces."""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import polars as pl

from flows.ingest.delta_table import TableFiles
from flows.ingest.seen_ids import Numbers, without_month

_Piece = tuple[pl.DataFrame, Numbers]


class Pending:
    """Accepted rows of one log in its stored columns.

    At most two pieces are in memory: one that grows, and one that a thread of its own is writing.
    ``close`` ends that thread.
    """

    def __init__(self, table: TableFiles, piece_rows: int) -> None:
        self._table = table
        self._piece_rows = piece_rows
        self._growing: list[_Piece] = []
        self._leaving: list[_Piece] = []
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def add(self, rows: pl.DataFrame, numbers: Numbers) -> None:
        """Keep rows; ``numbers`` are those of ``seen_ids.number_ids``, sorted."""
        if len(rows):
            self._growing.append((rows, without_month(numbers)))
        if sum(len(rows) for rows, _ in self._growing) >= self._piece_rows:
            self._begin_to_write()

    def find(self, ids: pl.DataFrame, hashes: Numbers) -> list[pl.DataFrame]:
        """Return the rows that have one of some event ids, whose ``hashes`` are sorted.

        Only pieces that hold one of the hashes are looked through: repeats mostly follow soon.
        """
        return [
            rows.join(ids, on="event_id", how="semi")
            for rows, known in self._growing + self._leaving
            if _have_common(known, hashes)
        ]

    def _begin_to_write(self) -> None:
        self.wait()
        self._leaving, self._growing = self._growing, []
        rows = pl.concat([rows for rows, _ in self._leaving])
        self._writing = self._thread.submit(self._table.add, rows, ["person_key"])

    def wait(self) -> None:
        """Wait until what left is in the table's files; raises what kept it from them."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()
        self._leaving = []

    def write_all(self) -> None:
        """Write all rows."""
        if self._growing:
            self._begin_to_write()
        self.wait()

    def close(self) -> None:
        """Wait for the thread, whatever became of its work."""
        self._thread.shutdown()


def _have_common(known: Numbers, wanted: Numbers) -> bool:
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return bool((known[at] == wanted).any())
