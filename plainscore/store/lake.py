"""The event store as its one writer holds it: a DuckLake, changed by whole transactions.

The catalog is ``events/lake.duckdb``, the data is parquet under ``events/files``. Only the writer
opens the catalog; each commit replaces ``head.json``, and readers read the files named there.
No file ever has deleted rows: where rows go, the files that held them are written again without
them, in the same transaction.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from plainscore.common.errors import InputRefused
from plainscore.common.files import fsync_path
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import identifier, text_literal
from plainscore.store.event_store import (
    HEAD_NAME,
    MONTH,
    OWN_TABLES,
    Columns,
    StoreHead,
    read_store_head,
    settle_rebuild,
    write_store_head,
)

REPEATS = "repeats"
GRACE = timedelta(days=7)
MEMORY_LIMIT = "2GB"
_CATALOG, _FILES, _SPILL, _SCRATCH = "lake.duckdb", "files", "spill", "scratch"
_CHECKED: set[str] = set()
_METADATA = "__ducklake_metadata_lake"
# DuckLake writes a pushed text into its own SQL, where a NUL would end it. The others ask it for
# statistics of every column, which takes longer than most statements here; joins stand in order.
_NOT_OPTIMIZED = "join_filter_pushdown, join_order, statistics_propagation"
_SORTED_BY = {"person": "person_key", "file": "log, arrived, file", "quarantine": "file_no, line"}


def stored_tables(logs: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return the columns of every table, from those of each log's contract.

    A log gets ``event_hash`` (md5_number_lower of event_id), by which its ids are looked up;
    ``repeats.<log>`` holds rows of a known event_id with their ``verdict``.
    """
    tables = dict(OWN_TABLES)
    for log, columns in logs.items():
        tables[log] = {**columns, "event_hash": "UBIGINT"}
        tables[f"{REPEATS}.{log}"] = {**tables[log], "verdict": "VARCHAR"}
    return tables


def table_name(table: str) -> str:
    """Return the name by which SQL on the writer's connection finds a table."""
    schema, _, name = table.rpartition(".")
    return f"lake.{schema or 'main'}.{identifier(name)}"


@dataclass(frozen=True)
class CompactedTable:
    """What happened to one table: months (of an unpartitioned one: the whole) rewritten, files
    before and after, files deleted because no reader can need them any more.
    """

    table: str
    months: int
    files_before: int
    files_after: int
    deleted: int


class Lake:
    """An open event store; the caller holds the writer lock of the data directory.

    Parameters
    ----------
    events
        The folder; made if it does not exist.
    logs
        The stored columns of every log. A new log gets its tables; a column that a stored log
        lacks is added, null in the rows it has.
    threads, memory_limit
        Limits of the connection; what exceeds the memory spills into ``events``.

    Raises
    ------
    InputRefused
        Another version wrote the store, parts of it are missing or damaged, or a log is declared
        with another type for a column that is stored.
    """

    def __init__(
        self,
        events: Path,
        logs: Mapping[str, Columns],
        threads: int | None = None,
        memory_limit: str | None = None,
    ) -> None:
        self.events = events.absolute()
        self.tables = stored_tables(logs)
        settle_rebuild(self.events)
        self.head = read_store_head(events)
        self._known = {self.events / file for files in self.head.files.values() for file in files}
        self._refuse_unreadable()
        self.events.mkdir(parents=True, exist_ok=True)
        self.scratch = self.events / _SCRATCH
        for left in (self.events / _SPILL, self.scratch):  # by a writer that was killed
            shutil.rmtree(left, ignore_errors=True)
        for unfinished in (HEAD_NAME, _CATALOG):  # left by a writer that was killed
            self.events.joinpath(f"{unfinished}.new").unlink(missing_ok=True)
        self.con = duckdb.connect(
            config={
                "memory_limit": memory_limit or MEMORY_LIMIT,
                "temp_directory": str(self.events / _SPILL),
                "python_enable_replacements": False,
                "enable_external_file_cache": False,
                # Its signature takes .13 s to check: once in a process is enough.
                "allow_unsigned_extensions": _extension() in _CHECKED,
            }
        )
        try:
            self.con.execute("set timezone = 'UTC'")
            self.con.execute(f"set disabled_optimizers = '{_NOT_OPTIMIZED}'")
            if threads:
                self.con.execute(f"set threads = {threads}")
            self.con.execute(f"load {text_literal(_extension())}")
            _CHECKED.add(_extension())
            self._attach()
            self._declare()
        except BaseException:
            self.close()
            raise

    def _refuse_unreadable(self) -> None:
        if "?" in str(self.events):
            raise InputRefused(
                f"{self.events} holds a ?, which DuckDB does not accept in the path of a database: "
                "choose another data directory"
            )
        if self.head.snapshot >= 0 and not (self.events / _CATALOG).is_file():
            raise InputRefused(
                f"{self.events / _CATALOG} is gone: restore it together with {HEAD_NAME}, or "
                f"remove {self.events} and ingest again"
            )

    def _attach(self) -> None:
        catalog, files = (str(self.events / name) for name in (_CATALOG, _FILES))
        attach = (
            f"attach {text_literal(f'ducklake:{catalog}')} as lake (data_path "
            f"{text_literal(files)}, override_data_path true, data_inlining_row_limit 0)"
        )
        try:
            try:
                self.con.execute(attach)
            except duckdb.Error:
                if self.head.snapshot >= 0 or any(Path(files).rglob("*.parquet")):
                    raise
                # A writer was killed while it made the first catalog: nothing was ever stored.
                for unfinished in (_CATALOG, f"{_CATALOG}.wal"):
                    self.events.joinpath(unfinished).unlink(missing_ok=True)
                self.con.execute(attach)
        except duckdb.Error as error:
            raise InputRefused(
                f"{catalog} cannot be opened ({str(error).splitlines()[0]}): restore it, or "
                f"remove {self.events} and ingest again"
            ) from error

    def _declare(self) -> None:
        """Create and widen tables, and give readers what was committed and not shown to them."""
        if self._snapshot() < self.head.snapshot:
            raise InputRefused(
                f"{self.events / _CATALOG} is older than {self.events / HEAD_NAME}: restore both "
                f"from one backup, or remove {self.events} and ingest again"
            )
        stored = self._stored_columns()
        lacking = {
            table: {name: kind for name, kind in columns.items() if name not in stored[table]}
            for table, columns in self.tables.items()
            if table in stored
        }
        lacking = {table: columns for table, columns in lacking.items() if columns}
        created = [table for table in self.tables if table not in stored]
        for table, columns in stored.items():
            self._refuse_other_types(table, columns)
        if created or lacking:
            with self.transaction():
                if not stored:
                    self.con.execute("call lake.set_option('parquet_compression', 'zstd')")
                    self.con.execute("call lake.set_option('parquet_compression_level', 1)")
                    self.con.execute(f"create schema lake.{REPEATS}")
                for table in created:
                    self._create(table)
                for table, columns in lacking.items():
                    for name, kind in columns.items():
                        added = f"add column {identifier(name)} {kind}"
                        self.con.execute(f"alter table {table_name(table)} {added}")
                    self.rewrite(table, "true", "from old_rows")
        elif self._snapshot() > self.head.snapshot:
            self._write_head()

    def _stored_columns(self) -> dict[str, dict[str, str]]:
        stored: dict[str, dict[str, str]] = {}
        for schema, table, name, kind in self.con.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where database_name = 'lake'"
        ).fetchall():
            full_name = table if schema == "main" else f"{schema}.{table}"
            stored.setdefault(full_name, {})[name] = kind
        return stored

    def _refuse_other_types(self, table: str, stored: Columns) -> None:
        for name, kind in self.tables.get(table, {}).items():
            if stored.get(name, kind) != kind:
                raise InputRefused(
                    f"column {name} of {table} is stored as {stored[name]} and declared as {kind}: "
                    f"declare it as before, or remove {self.events} and ingest again"
                )

    def _create(self, table: str) -> None:
        name, columns = table_name(table), self.tables[table]
        declared = ", ".join(f"{identifier(one)} {kind}" for one, kind in columns.items())
        self.con.execute(f"create table {name} ({declared})")
        if MONTH in columns:
            self.con.execute(f"alter table {name} set partitioned by ({MONTH})")
        key = "event_id" if table.startswith(f"{REPEATS}.") else "person_key"
        sorted_by = _SORTED_BY.get(table, key if key in columns else "")
        if sorted_by:
            self.con.execute(f"alter table {name} set sorted by ({sorted_by})")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all that the block changes true at once, or nothing of it.

        The files are on the disk before the commit. A kill between the commit and the new head
        is made good by the next ``Lake``.

        Raises
        ------
        Interrupted
            Ctrl-C or SIGTERM came before the commit.
        """
        self.con.execute("begin")
        try:
            yield
            self._sync_files()
            stop_if_interrupted()
            self.con.execute("commit")
        except BaseException:
            with suppress(duckdb.Error):
                self.con.execute("rollback")
            raise
        self._write_head()

    def insert(self, table: str, select: str) -> int:
        """Insert the rows of a SELECT, matched by column name; return their number."""
        self.con.execute(f"insert into {table_name(table)} by name {select}")
        row = self.con.fetchone()
        return int(row[0]) if row else 0

    def rewrite(self, table: str, touched: str, select: str) -> int:
        """Replace every file that has a row under the condition ``touched``.

        The new files hold the rows of ``select``, which reads the temporary table ``old_rows``:
        all rows of those files, in the table's columns. Returns their number.
        """
        name = table_name(table)
        self.con.execute(
            "create or replace temp table old_file as "
            f"select distinct filename from {name} where {touched}"
        )
        in_file = "filename in (select f.filename from old_file as f)"
        self.con.execute(
            f"create or replace temp table old_rows as select t.* from {name} as t where {in_file}"
        )
        self.con.execute(f"delete from {name} where {in_file}")
        written = self.insert(table, select)
        self.con.execute("drop table old_rows; drop table old_file")
        return written

    def remove(self, table: str, condition: str) -> None:
        """Remove the rows under a condition."""
        self.rewrite(table, condition, f"from old_rows where ({condition}) is not true")

    def files(self, table: str) -> list[Path]:
        """Return the files of a table as of the last commit."""
        return [self.events / file for file in self.head.files.get(table, [])]

    def next_key(self) -> int:
        """Return the key of the next new person, within a transaction too."""
        (key,) = self._row(
            "select greatest((select coalesce(max(person_key) + 1, 0) from lake.person), "
            "(select coalesce(max(next_key), 0) from lake.erasure))"
        )
        return int(key)

    def compact(self, grace: timedelta = GRACE) -> list[CompactedTable]:
        """Put every finished month of every table into one file, sorted, and delete old files.

        A month is finished when a later month has begun to arrive. Readers go on with the files
        they know: a file is deleted when it has been out of use for ``grace``. Returns what was
        done, by table, without those that have no file.
        """
        before = {table: files for table, files in sorted(self.head.files.items()) if files}
        finished = {table: self._finished(table) for table in before}
        if any(finished.values()):
            with self.transaction():
                for table, conditions in finished.items():
                    for condition in conditions:
                        self.rewrite(table, condition, "from old_rows")
        deleted = self._delete_unused(grace)
        return [
            CompactedTable(
                table,
                len(finished[table]),
                len(files),
                len(self.head.files.get(table, [])),
                sum(file.startswith(_folder_of(table)) for file in deleted),
            )
            for table, files in before.items()
        ]

    def _finished(self, table: str) -> list[str]:
        """Return a condition for each part of a table that should be one file and is not."""
        files = self.head.files[table]
        if MONTH not in self.tables.get(table, {MONTH: ""}):
            return ["true"] if len(files) > 1 else []
        folders = [Path(file).parent.name for file in files]
        months = sorted(set(folders))[:-1]
        return [
            f"{MONTH} = {text_literal(month.partition('=')[2])}"
            for month in months
            if folders.count(month) > 1
        ]

    def forget_history(self) -> None:
        """Delete all that the present state does not use: files, history, freed bytes.

        Afterwards no byte of a removed row is left under ``events``. Readers that hold an older
        head lose its files at once.
        """
        self._delete_unused(timedelta(0))
        self.con.execute(_NARROW_STATISTICS)
        self.con.execute("detach lake")
        catalog, fresh = self.events / _CATALOG, self.events / f"{_CATALOG}.new"
        fresh.unlink(missing_ok=True)
        # The database keeps the bytes of deleted rows in its free blocks: it is copied.
        self.con.execute(f"attach {text_literal(str(catalog))} as old (read_only)")
        self.con.execute(f"attach {text_literal(str(fresh))} as fresh")
        self.con.execute("copy from database old to fresh")
        self.con.execute("detach old; detach fresh")
        fsync_path(fresh)
        self.events.joinpath(f"{_CATALOG}.wal").unlink(missing_ok=True)
        fresh.replace(catalog)
        fsync_path(self.events)
        self._attach()

    def close(self) -> None:
        """Close the connection and delete what it spilled."""
        with suppress(duckdb.Error):
            self.con.close()
        shutil.rmtree(self.events / _SPILL, ignore_errors=True)

    def __enter__(self) -> "Lake":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _delete_unused(self, grace: timedelta) -> list[str]:
        """Delete files out of use for ``grace``; return their paths under ``events``."""
        snapshots = self.con.execute(
            "select snapshot_id, lead(snapshot_time) over (order by snapshot_id) as until "
            f"from {_METADATA}.ducklake_snapshot order by snapshot_id"
        ).fetchall()
        is_over = datetime.now(UTC) - grace
        old = [number for number, until in snapshots if until is not None and until <= is_over]
        if old:
            self.con.execute(f"call ducklake_expire_snapshots('lake', versions => {old})")
        deleted: list[tuple[str]] = []
        for name in ("cleanup_old_files", "delete_orphaned_files"):
            call = f"call ducklake_{name}('lake', cleanup_all => true)"
            deleted += self.con.execute(call).fetchall()
        if old:
            self._write_head()
        return [Path(path).relative_to(self.events).as_posix() for (path,) in deleted]

    def _sync_files(self) -> None:
        """Wait until all files that were not there at the last commit are on the disk."""
        folders: set[Path] = set()
        for folder, _, names in os.walk(self.events / _FILES):
            fresh = {Path(folder, name) for name in names} - self._known
            for path in sorted(fresh):
                fsync_path(path)
            self._known |= fresh
            if fresh:
                folders.update([Path(folder), *Path(folder).parents])
        for path in sorted(folders):
            if path.is_relative_to(self.events):
                fsync_path(path)

    def _write_head(self) -> None:
        """Replace the head by what was committed last."""
        (number, deletes) = self._row(_PRESENT)
        assert not deletes, "no file has deleted rows"
        files: dict[str, list[str]] = {}
        for schema, table, path in self.con.execute(_PRESENT_FILES).fetchall():
            name = table if schema == "main" else f"{schema}.{table}"
            files.setdefault(name, []).append(f"{_FILES}/{path}")
        (erasures,) = self._row("select coalesce(max(number), 0) from lake.erasure")
        head = StoreHead(number, self.next_key(), erasures, files)
        write_store_head(self.events, head)
        self.head = head

    def _snapshot(self) -> int:
        return int(self._row(_PRESENT)[0])

    def _row(self, sql: str) -> tuple[int, ...]:
        row = self.con.execute(sql).fetchone()
        assert row is not None, "an aggregate yields a row"
        return row


_PRESENT = f"""
select
    (select max(snapshot_id) from {_METADATA}.ducklake_snapshot),
    (select count(*) from {_METADATA}.ducklake_delete_file where end_snapshot is null)
"""
_PRESENT_FILES = f"""
select s.schema_name, t.table_name, s.path || t.path || f.path
from {_METADATA}.ducklake_data_file as f
inner join {_METADATA}.ducklake_table as t
    on f.table_id = t.table_id and t.end_snapshot is null
inner join {_METADATA}.ducklake_schema as s
    on t.schema_id = s.schema_id and s.end_snapshot is null
where f.end_snapshot is null
order by 1, 2, 3
"""
# The smallest and largest text of a column outlive the row that had it.
_NARROW_STATISTICS = f"""
update {_METADATA}.ducklake_table_column_stats as t
set
    min_value = (
        select min(f.min_value) from {_METADATA}.ducklake_file_column_stats as f
        where t.table_id = f.table_id and t.column_id = f.column_id
    ),
    max_value = (
        select max(f.max_value) from {_METADATA}.ducklake_file_column_stats as f
        where t.table_id = f.table_id and t.column_id = f.column_id
    )
where exists (
    from {_METADATA}.ducklake_column as c
    where t.table_id = c.table_id and t.column_id = c.column_id and c.column_type = 'varchar'
)
"""


def _folder_of(table: str) -> str:
    schema, _, name = table.rpartition(".")
    return f"{_FILES}/{schema or 'main'}/{name}/"


def _extension() -> str:
    """Return the signed extension that the pinned package brings along."""
    import duckdb_extension_ducklake

    folder = Path(str(duckdb_extension_ducklake.__file__)).parent
    return str(folder / f"extensions/v{duckdb.__version__}/ducklake.duckdb_extension")
