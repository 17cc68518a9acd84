"""Publish a set: all of it, or none of it.

A snapshot is staged (written where no reader looks), checked as it is on the disk, and renamed
into place; a derived set likewise. Killed before the rename, nothing is published and the next
run clears the staging; killed after it, the next `refresh_catalog` shows the set. Readers see the
old catalog or the new one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from plainscore.common.files import fsync_tree, move_into_place, translating_write_errors
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import read_parquet
from plainscore.contracts import SnapshotDates
from plainscore.contracts.contract import Table
from plainscore.engines.duckdb import insert_rows
from plainscore.publish.catalog import rebuild_catalog, refuse_misleading_folder
from plainscore.publish.derived import Kind, derived_folder, identity, others_of
from plainscore.publish.proof import hash_people
from plainscore.publish.runs import Run, next_run
from plainscore.publish.sets import (
    CHECK_RESULT_TABLE,
    FORMAT,
    PublishedSet,
    describe,
    empty_staging,
    read_manifest,
    write_manifest,
    write_table,
)
from plainscore.publish.views import published_table

if TYPE_CHECKING:
    from plainscore.contracts.catalog import Catalog

Provenance = Mapping[str, Any]
"""What a manifest says of where a snapshot comes from: scorecards, input, code, skipped files,
erasures of people before, and project. It depends on nothing else."""
CheckRow = tuple[str, str, str, str, str, int, str | None]
"""stage, table_name, check_name, level, outcome, failed_count, examples"""


@dataclass(frozen=True)
class StagedSnapshot(PublishedSet):
    """A snapshot before it is published: ``folder/<table>/<table>.parquet`` for every table.

    ``limits``: those of the engine that wrote it, by DuckDB's names: threads, memory, where to
    spill. They hold for what reads it back.
    """

    dates: SnapshotDates
    folder: Path
    tables: tuple[Table, ...]
    limits: dict[str, Any]


def new_staging(data_dir: Path, dates: SnapshotDates) -> Path:
    """Return an empty folder for a snapshot; see `empty_staging`."""
    return empty_staging(data_dir, f"{dates.as_of_date}_{dates.known_on}")


def stage_snapshot(
    con: duckdb.DuckDBPyConnection, catalog: "Catalog", dates: SnapshotDates, staging_dir: Path
) -> StagedSnapshot:
    """Write every published table to a file, sorted by its key, and read it from there on.

    The bytes are the same on any number of threads. ``con`` has all tables of the schema
    ``published``; afterwards they are views of the staged files. ``staging_dir``: an empty folder,
    see `new_staging`. Raises PlainscoreError where a file cannot be written.
    """
    tables = tuple(catalog.of_schema("published"))
    for table in tables:
        with translating_write_errors(staging_dir):
            file = write_table(con, table, staging_dir)
        con.execute(f"drop table {table.name}")
        con.execute(f"create view {table.name} as from {read_parquet([file])}")
    names = ("threads", "memory_limit", "temp_directory")
    settings = ", ".join(f"current_setting('{name}')" for name in names)
    (values,) = con.execute(f"select {settings}").fetchall()
    return StagedSnapshot(dates, staging_dir, tables, dict(zip(names, values, strict=True)))


def publish(
    data_dir: Path, staged: StagedSnapshot, provenance: Provenance, checks: Sequence[CheckRow]
) -> Run:
    """Publish a staged snapshot as the next run of its dates, and show it in the catalog.

    The caller holds the writer lock, and has judged the checks. Raises InputRefused where another
    run's manifest cannot be read, UsageError where the data directory's name would mislead
    readers, PlainscoreError where something cannot be written, and Interrupted where Ctrl-C or
    SIGTERM came before the rename.
    """
    refuse_misleading_folder(data_dir)
    with translating_write_errors(data_dir):
        run = next_run(data_dir, staged.dates)
        write_snapshot_manifest(staged, run, provenance, checks)
        _move_and_show(data_dir, staged.folder, run.folder)
    return run


def publish_derived(
    data_dir: Path,
    con: duckdb.DuckDBPyConnection,
    kind: Kind,
    runs: Sequence[Run],
    staging: Path,
    facts: Mapping[str, Any],
    input_hash: str = "",
) -> Path:
    """Publish what was derived from runs, show it in the catalog, and return its folder.

    The caller holds the writer lock. ``con`` holds the tables of the kind. ``staging``: an empty
    folder. ``facts``: what its manifest says besides. Raises PlainscoreError where something
    cannot be written, Interrupted where Ctrl-C or SIGTERM came before the rename.
    """
    kind = kind.of(data_dir)
    folder = derived_folder(data_dir, kind, runs, input_hash)
    head = {
        "format": FORMAT,
        "kind": kind.name,
        "code": {"hash": kind.code},
        "runs": [identity(run, read_manifest(run)) for run in runs],
        "input": input_hash,
        "replaces": others_of(folder),
        **facts,
    }
    with translating_write_errors(data_dir):
        for table in kind.tables:
            write_table(con, table, staging)
        with duckdb.connect(config={"threads": 1}) as reading:
            write_manifest(staging, head, describe(reading, staging, kind.tables))
        _move_and_show(data_dir, staging, folder)
    return folder


def _move_and_show(data_dir: Path, staging: Path, folder: Path) -> None:
    fsync_tree(staging)
    stop_if_interrupted()
    move_into_place(staging, folder)
    rebuild_catalog(data_dir)


def write_check_results(rows: Sequence[CheckRow], dates: SnapshotDates, folder: Path) -> Table:
    """Write the outcomes of the checks, sorted by key, as a table of a snapshot; return it."""
    table = published_table(CHECK_RESULT_TABLE)
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("create schema published")
        con.execute(table.ddl)
        insert_rows(con, table.name, [(dates.as_of_date, dates.known_on, *row) for row in rows])
        write_table(con, table, folder)
    return table


def write_snapshot_manifest(
    staged: StagedSnapshot, run: Run, provenance: Provenance, checks: Sequence[CheckRow]
) -> None:
    """Write check results, ``contracts.json``, then ``manifest.json``, into the staged folder."""
    results = write_check_results(checks, staged.dates, staged.folder)
    columns = {table.short_name: table.names_and_types for table in staged.tables}
    counted = f"select count(*), count(score) from {staged.source('score')} where scorecard_no = 1"
    with duckdb.connect(config=staged.limits) as con:
        hashed = hash_people(con, staged.folder, columns)
        tables = (*staged.tables, results)
        described = describe(con, staged.folder, tables, hashed.content_hashes)
        ((people, scored),) = con.execute(counted).fetchall()
    as_of_date, known_on, name = run.text_key
    outcomes = Counter(outcome for *_, outcome, _, _ in checks)
    head: dict[str, Any] = {
        "format": FORMAT,
        "as_of_date": as_of_date,
        "known_on": known_on,
        "run": name,
        "people": people,
        "scored": scored,
        "checks": {"passed": outcomes["passed"], "warned": outcomes["warned"]},
        **provenance,
    }
    head["people_root"] = hashed.root(head)
    write_manifest(staged.folder, head, described)
