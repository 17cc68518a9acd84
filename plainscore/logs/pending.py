"""Accepted rows on their way into a table: kept, found by event id, written behind in pieces."""

import numpy as np
import polars as pl

from plainscore.logs.delta_table import TableFiles
from plainscore.logs.seen_ids import Numbers, without_month
from plainscore.logs.side_by_side import WorkBehind

_Piece = tuple[pl.DataFrame, Numbers]


class Pending:
    """Accepted rows of one log in its stored columns.

    At most two pieces are in memory: one that grows, and one that is being written ``behind``.
    """

    def __init__(self, table: TableFiles, behind: WorkBehind, piece_rows: int) -> None:
        self._table = table
        self._behind = behind
        self._piece_rows = piece_rows
        self._growing: list[_Piece] = []
        self._leaving: list[_Piece] = []

    def add(self, rows: pl.DataFrame, numbers: Numbers) -> None:
        """Keep rows; ``numbers`` are those of ``seen_ids.number_ids``, sorted."""
        if len(rows):
            self._growing.append((rows, without_month(numbers)))
        if sum(len(rows) for rows, _ in self._growing) >= self._piece_rows:
            self.begin_to_write()

    def find(self, ids: pl.DataFrame, hashes: Numbers) -> list[pl.DataFrame]:
        """Return the rows that have one of some event ids, whose ``hashes`` are sorted.

        Only pieces that hold one of the hashes are looked through: repeats mostly follow soon.
        """
        return [
            rows.join(ids, on="event_id", how="semi")
            for rows, known in self._growing + self._leaving
            if _have_common(known, hashes)
        ]

    def begin_to_write(self) -> None:
        """Write all rows behind."""
        if self._growing:
            self.wait()
            self._leaving, self._growing = self._growing, []
            rows = pl.concat([rows for rows, _ in self._leaving])
            self._behind.begin(self._table.add, rows, ["person_key"])

    def wait(self) -> None:
        """Wait until what left is in the table's files; raises what kept it from them."""
        self._behind.wait()
        self._leaving = []


def _have_common(known: Numbers, wanted: Numbers) -> bool:
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return bool((known[at] == wanted).any())
