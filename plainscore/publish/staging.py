"""Write a snapshot's files where no reader looks, so that what is checked is what is published."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from plainscore.common.files import make_durable_directory, translating_write_errors
from plainscore.common.text import file_literal, identifier, parquet_list
from plainscore.contracts.contract import Table
from plainscore.contracts.dates import SnapshotDates
from plainscore.publish.runs import SNAPSHOTS, STAGING

if TYPE_CHECKING:
    from plainscore.contracts.catalog import Catalog

GROUP_ROWS, WIDE_GROUP_ROWS = 122_880, 30_720
WIDE_COLUMNS = 30


@dataclass(frozen=True)
class StagedSnapshot:
    """A snapshot on its way: ``folder/<table>/<table>.parquet`` for every published table.

    ``limits``: those of the engine that wrote it, by DuckDB's names: threads, memory, where to
    spill. They hold for what reads it back.
    """

    dates: SnapshotDates
    folder: Path
    tables: tuple[Table, ...]
    limits: dict[str, Any]

    def file(self, table: Table) -> Path:
        return table_file(self.folder, table.short_name)


def table_file(folder: Path, table_name: str) -> Path:
    """Return the file of a table in a run's folder."""
    return folder / table_name / f"{table_name}.parquet"


def new_staging(data_dir: Path, dates: SnapshotDates) -> Path:
    """Return an empty folder for a snapshot; see `empty_staging`."""
    return empty_staging(data_dir, f"{dates.as_of_date}_{dates.known_on}")


def empty_staging(data_dir: Path, name: str) -> Path:
    """Return an empty folder under the staging, and remove what dead runs left behind.

    Only the holder of the writer lock may call this: any other staging is of a dead run.
    """
    staging = data_dir.resolve() / SNAPSHOTS / STAGING
    folder = staging / name
    with translating_write_errors(data_dir):
        if staging.exists():
            shutil.rmtree(staging)
        make_durable_directory(folder)
    return folder


def stage_snapshot(
    con: duckdb.DuckDBPyConnection, catalog: "Catalog", dates: SnapshotDates, staging_dir: Path
) -> StagedSnapshot:
    """Write every published table to a file, sorted by its key, and read it from there on.

    Parameters
    ----------
    con
        The engine's connection, with all tables of the schema ``published`` built. Afterwards
        they are views of the staged files.
    catalog
        Gives the tables and their keys, VARCHAR keys sorted by UTF-8 bytes.
    staging_dir
        An empty folder, see `new_staging`.

    Returns
    -------
    StagedSnapshot
        The same bytes on any number of threads.

    Raises
    ------
    PlainscoreError
        A file cannot be written.
    """
    tables = tuple(catalog.of_schema("published"))
    for table in tables:
        file = table_file(staging_dir, table.short_name)
        with translating_write_errors(staging_dir):
            file.parent.mkdir()
            write_sorted(con, table, file)
        con.execute(f"drop table {table.name}")
        con.execute(
            f"create view {table.name} as from read_parquet({parquet_list([file])}, "
            "hive_partitioning = false)"
        )
    limits = {name: _setting(con, name) for name in ("threads", "memory_limit", "temp_directory")}
    return StagedSnapshot(dates, staging_dir, tables, limits)


def _setting(con: duckdb.DuckDBPyConnection, name: str) -> Any:
    row = con.execute(f"select current_setting('{name}')").fetchone()
    assert row is not None, "a setting always has a value"
    return row[0]


def write_sorted(con: duckdb.DuckDBPyConnection, table: Table, file: Path) -> None:
    """Write a table to a Parquet file, its rows sorted by its key, its columns as declared.

    Who looks up one row unpacks its whole group, every column of it: groups of wide tables are
    small (decision 46).
    """
    columns = ", ".join(identifier(column.name) for column in table.columns)
    key = ", ".join(identifier(name) for name in table.key)
    rows = WIDE_GROUP_ROWS if len(table.columns) >= WIDE_COLUMNS else GROUP_ROWS
    con.execute(
        f"copy (select {columns} from {table.name} order by {key}) "
        f"to {file_literal(file)} (format parquet, compression zstd, row_group_size {rows})"
    )
