"""Content hash of a table: what its rows say, whatever file, engine or layout they stand in.

The definition, so that anyone can compute it again:

1. The cells of a row are texts. NULL is the empty text. A VARCHAR is its length in UTF-8 bytes as
   decimal digits, a colon, and the value. BIGINT and INTEGER are decimal digits with a leading
   ``-`` where negative; BOOLEAN ``true`` or ``false``; DATE ``YYYY-MM-DD``; TIMESTAMP
   ``YYYY-MM-DD hh:mm:ss`` and, where not zero, ``.`` and its microseconds without trailing zeros.
   A DOUBLE is its shortest decimal form that reads back as the same number, as Python's ``repr``
   writes it (``0.1``, ``1e-06``, ``5.0``).
2. A row is its cells in the order of the contract, joined by line feeds (U+000A). Its digest is
   the SHA-256 of that in UTF-8, as 64 lowercase hexadecimal digits.
3. The header is ``name TYPE`` of every column, joined by line feeds, digested likewise.
4. The table's hash is the SHA-256 of the header's digest and then the rows' digests in the order
   of the contract's key (VARCHAR by UTF-8 bytes), each followed by a line feed.

Lengths make the cells of a row unambiguous whatever characters an id has. Every row has a digest
of its own, so that it can be a leaf of a proof.
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from plainscore.common.text import identifier, read_parquet

Columns = Sequence[tuple[str, str]]
_ROWS_AT_ONCE = 50_000


def content_hash(con: duckdb.DuckDBPyConnection, file: Path, columns: Columns) -> str:
    """Return the content hash (64 hex digits) of a Parquet file whose rows stand in key order.

    ``columns``: (name, type) in the order of the contract. Memory stays bounded whatever the
    number of rows. ``con`` preserves insertion order, as DuckDB does by default.
    Raises duckdb.Error where the file is no Parquet file of these columns.
    """
    hashed = HashedRows(con, file, columns)
    deque(hashed, maxlen=0)
    return hashed.content_hash


class HashedRows:
    """Read a table's rows once: as each one's digest, and in the end as the table's hash.

    Iterating gives tuples that end in a row's digest; ``with_columns`` go before it.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        file: Path,
        columns: Columns,
        with_columns: Sequence[str] = (),
    ) -> None:
        selected = ", ".join([*map(identifier, with_columns), f"sha256({row_text(columns)})"])
        self._rows = con.cursor().execute(f"select {selected} from {read_parquet([file])}")
        self._digest = hashlib.sha256(_line(header_digest(columns)))

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        while batch := self._rows.fetchmany(_ROWS_AT_ONCE):
            self._digest.update(_line("\n".join(row[-1] for row in batch)))
            yield from batch

    @property
    def content_hash(self) -> str:
        """The table's hash, once all rows are read."""
        return self._digest.hexdigest()


def header_digest(columns: Columns) -> str:
    """Return the digest of a table's columns."""
    header = "\n".join(f"{name} {column_type}" for name, column_type in columns)
    return hashlib.sha256(header.encode()).hexdigest()


def row_text(columns: Columns) -> str:
    """Return the SQL expression of a row's text."""
    cells = []
    for name, column_type in columns:
        quoted = identifier(name)
        text = f"cast({quoted} as varchar)"
        if column_type == "VARCHAR":
            text = f"strlen({quoted}) || ':' || {quoted}"
        cells.append(f"coalesce({text}, '')")
    return f"concat_ws(chr(10), {', '.join(cells)})"


def _line(text: str) -> bytes:
    return text.encode() + b"\n"
