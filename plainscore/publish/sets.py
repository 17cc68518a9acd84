"""A published set: tables that are written, hashed, verified and removed together.

Everything that readers see under ``snapshots/`` is one: the snapshots and what is derived from
them (`publish.runs`). A set is a folder with one Parquet file for each table,
``contracts.json`` (columns, units, comments) and ``manifest.json`` (identity, inputs, hashes).
It is published by renaming its folder into place and never changed afterwards.
"""

import hashlib
import json
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from plainscore.common.errors import InputRefused
from plainscore.common.files import (
    canonical_json,
    file_sha256,
    fsync_path,
    make_durable_directory,
    move_into_place,
    translating_write_errors,
)
from plainscore.common.text import file_literal, identifier, read_parquet
from plainscore.contracts.contract import Table

Columns = Sequence[tuple[str, str]]
_ROWS_AT_ONCE = 50_000

# The content hash of a table


def content_hash(con: duckdb.DuckDBPyConnection, file: Path, columns: Columns) -> str:
    """Return the content hash (64 hex digits) of a Parquet file whose rows stand in key order.

    It is what the rows say, whatever file, engine or layout they stand in. The definition, so that
    anyone can compute it again:

    1. The cells of a row are texts. NULL is the empty text. A VARCHAR is its length in UTF-8 bytes
       as decimal digits, a colon, and the value. BIGINT and INTEGER are decimal digits with a
       leading ``-`` where negative; BOOLEAN ``true`` or ``false``; DATE ``YYYY-MM-DD``; TIMESTAMP
       ``YYYY-MM-DD hh:mm:ss`` and, where not zero, ``.`` and its microseconds without trailing
       zeros. A DOUBLE is its shortest decimal form that reads back as the same number, as Python's
       ``repr`` writes it (``0.1``, ``1e-06``, ``5.0``).
    2. A row is its cells in the order of the contract, joined by line feeds (U+000A). Its digest is
       the SHA-256 of that in UTF-8, as 64 lowercase hexadecimal digits. Every row has one, so that
       it can be a leaf of a proof.
    3. The header is ``name TYPE`` of every column, joined by line feeds, digested likewise.
    4. The table's hash is the SHA-256 of the header's digest and then the rows' digests in the
       order of the contract's key (VARCHAR by UTF-8 bytes), each followed by a line feed.

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


FORMAT = 1
SNAPSHOTS = "snapshots"
STAGING = "_staging"
MANIFEST = "manifest.json"
CONTRACTS = "contracts.json"
CHECK_RESULT_TABLE = "check_result"

GROUP_ROWS, WIDE_GROUP_ROWS = 122_880, 30_720
WIDE_COLUMNS = 30


class PublishedSet:
    """A published folder: ``folder/<table>/<table>.parquet``, contracts and a manifest."""

    folder: Path

    def file(self, table_name: str) -> Path:
        """Return the file of one of its tables."""
        return table_file(self.folder, table_name)

    def source(self, table_name: str) -> str:
        """Return the SQL that reads one of its tables."""
        return read_parquet([self.file(table_name)])

    @property
    def relative_folder(self) -> str:
        """The folder's path under ``snapshots/``."""
        parts = self.folder.parts
        return "/".join(parts[len(parts) - parts[::-1].index(SNAPSHOTS) :])


def table_file(folder: Path, table_name: str) -> Path:
    """Return the file of a table in the folder of a set."""
    return folder / table_name / f"{table_name}.parquet"


def read_manifest(published: PublishedSet) -> dict[str, Any]:
    """Return a set's manifest; InputRefused where it cannot be read or has a newer format."""
    manifest = read_json(published.folder / MANIFEST)
    if manifest["format"] > FORMAT:
        raise InputRefused(
            f"{published.folder / MANIFEST} has format {manifest['format']}, and this version "
            f"reads up to {FORMAT}: install plainscore {manifest['code']['version']} or newer"
        )
    return manifest


def read_contracts(published: PublishedSet) -> dict[str, Any]:
    """Return table name -> contract, as published; InputRefused where they cannot be read."""
    return read_json(published.folder / CONTRACTS)


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a published JSON file; InputRefused where there is none."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InputRefused(
            f"{file} cannot be read ({error}): put the run's directory back as it was, "
            "or remove it whole and publish the date again"
        ) from error
    assert isinstance(content, dict), f"{file} holds an object"
    return content


def read_columns(published: PublishedSet) -> dict[str, Columns]:
    """Return (name, type) of every column of every table of a set; see `read_contracts`."""
    return {
        table: [(column["name"], column["type"]) for column in contract["columns"]]
        for table, contract in read_contracts(published).items()
    }


# Writing


def empty_staging(data_dir: Path, name: str) -> Path:
    """Return an empty folder under the staging, and remove what dead processes left there.

    Only the holder of the writer lock may call this: any other staging is of a dead process.
    """
    staging = data_dir.resolve() / SNAPSHOTS / STAGING
    with translating_write_errors(data_dir):
        if staging.exists():
            shutil.rmtree(staging)
        make_durable_directory(staging / name)
    return staging / name


@contextmanager
def staging_folder(data_dir: Path, name: str) -> Iterator[Path]:
    """Yield an empty folder under the staging and remove it in the end; see `empty_staging`."""
    folder = empty_staging(data_dir, name)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_table(con: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> Path:
    """Write a table into the folder of a set: rows sorted by its key, columns as declared.

    The bytes do not depend on the number of threads. A reader who looks up one row unpacks its
    whole row group, every column of it: groups of wide tables are small (decision 46).
    """
    file = table_file(folder, table.short_name)
    columns = ", ".join(identifier(column.name) for column in table.columns)
    key = ", ".join(identifier(name) for name in table.key)
    rows = WIDE_GROUP_ROWS if len(table.columns) >= WIDE_COLUMNS else GROUP_ROWS
    file.parent.mkdir(parents=True)
    con.execute(
        f"copy (select {columns} from {table.name} order by {key}) "
        f"to {file_literal(file)} (format parquet, compression zstd, row_group_size {rows})"
    )
    return file


def write_manifest(folder: Path, head: Mapping[str, Any], described: Mapping[str, Any]) -> None:
    """Write ``manifest.json``: identity and inputs of a set, and what `describe` returned."""
    (folder / MANIFEST).write_bytes(canonical_json({**head, **described}))


def describe(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    tables: Sequence[Table],
    known_hashes: Mapping[str, str] = {},
) -> dict[str, Any]:
    """Write ``contracts.json`` of the tables in a folder and return their part of its manifest.

    ``known_hashes``: table -> content hash, where that was computed already.
    """
    contracts = canonical_json({table.short_name: _contract(table) for table in tables})
    (folder / CONTRACTS).write_bytes(contracts)
    entries = {
        table.short_name: _entry(con, folder, table, known_hashes.get(table.short_name))
        for table in tables
    }
    return {
        "content_hash": hash_of_tables(entries),
        "tables": entries,
        "contracts_sha256": hashlib.sha256(contracts).hexdigest(),
    }


def hash_of_tables(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the content hash of a set, equal on every engine: SHA-256 of ``name hash`` lines.

    ``entries``: table -> its entry in the manifest. Results of checks and figures that are
    computed outside SQL are not part of it.
    """
    lines = [
        f"{name} {entry['content_hash']}\n"
        for name, entry in sorted(entries.items())
        if name != CHECK_RESULT_TABLE and not entry.get("is_statistic", False)
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _contract(table: Table) -> dict[str, Any]:
    said = ("name", "type", "unit", "doc")
    columns = [{name: getattr(column, name) for name in said} for column in table.columns]
    return {
        "title": table.title,
        "grain": table.grain,
        "key": list(table.key),
        "is_audit": table.is_audit,
        "columns": columns,
    }


def _entry(
    con: duckdb.DuckDBPyConnection, folder: Path, table: Table, known_hash: str | None
) -> dict[str, Any]:
    file = table_file(folder, table.short_name)
    ((rows,),) = con.execute(f"select count(*) from {read_parquet([file])}").fetchall()
    return {
        "rows": rows,
        "content_hash": known_hash or content_hash(con, file, table.names_and_types),
        "file_sha256": file_sha256(file),
        "bytes": file.stat().st_size,
        **({"is_statistic": True} if table.is_statistic else {}),
    }


# Verifying


def problems_of_set(
    con: duckdb.DuckDBPyConnection, published: PublishedSet, known_hashes: Mapping[str, str] = {}
) -> Iterator[str]:
    """Hash the files of a set again; yield a sentence for each difference from its manifest.

    ``known_hashes``: content hashes of its files, where they were computed already.
    """
    folder, where = published.folder, published.relative_folder
    try:
        manifest, columns = read_manifest(published), read_columns(published)
        if file_sha256(folder / CONTRACTS) != manifest["contracts_sha256"]:
            yield f"{where}/{CONTRACTS} is not what was published"
        for name, entry in manifest["tables"].items():
            known = known_hashes.get(name)
            for problem in _problems_of_file(
                con, published.file(name), entry, columns[name], known
            ):
                yield f"{where}/{name}/{name}.parquet{problem}"
        if hash_of_tables(manifest["tables"]) != manifest["content_hash"]:
            yield f"{where}/{MANIFEST}: its content_hash is not that of its tables"
        expected = {published.file(name) for name in manifest["tables"]}
    except InputRefused as error:
        yield str(error)
        return
    except (KeyError, TypeError, AttributeError) as error:
        yield f"{where}/{MANIFEST} lacks what every manifest has ({error})"
        return
    expected |= {folder / MANIFEST, folder / CONTRACTS}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file not in expected:
            yield f"{where}: {file.name} does not belong there"


def _problems_of_file(
    con: duckdb.DuckDBPyConnection,
    file: Path,
    entry: Mapping[str, Any],
    columns: Columns,
    known_hash: str | None,
) -> Iterator[str]:
    if not file.is_file():
        yield " is missing"
        return
    if file_sha256(file) != entry["file_sha256"]:
        yield ": its bytes are not those that were published"
    try:
        if (known_hash or content_hash(con, file, columns)) != entry["content_hash"]:
            yield ": its rows are not those that were published"
    except duckdb.Error as error:
        yield f" cannot be read: {str(error).splitlines()[0]}"


# Removing


def remove_sets(data_dir: Path, published: Iterable[PublishedSet]) -> None:
    """Delete sets, and the folders that this leaves empty.

    Each is first moved out of sight, so that half of one is never seen; killed after that, the
    next `empty_staging` deletes it. The caller holds the writer lock and updates the catalog.
    """
    snapshots = data_dir.resolve() / SNAPSHOTS
    for one in published:
        removed = snapshots / STAGING / f"removed-{uuid4().hex}"
        move_into_place(one.folder, removed)
        fsync_path(one.folder.parent)
        shutil.rmtree(removed)
        parent = one.folder.parent
        while parent.resolve() != snapshots and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent
            fsync_path(parent)
