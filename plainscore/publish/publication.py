"""Publish a set: all of it, or none of it.

A snapshot is staged (written where no reader looks), checked as it is on the disk, and renamed
into place; a derived set likewise. Killed before the rename, nothing is published and the next
run clears the staging; killed after it, the next `refresh_catalog` shows the set. Readers see the
old catalog or the new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from plainscore.common.files import fsync_tree, move_into_place, translating_write_errors
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import read_parquet
from plainscore.contracts import SnapshotDates
from plainscore.contracts.contract import Column, Table
from plainscore.publish.catalog import rebuild_catalog, refuse_misleading_folder
from plainscore.publish.derived import Kind, derived_folder, manifest_head
from plainscore.publish.proof import hash_people, people_root, tree_head
from plainscore.publish.runs import Run, next_run
from plainscore.publish.sets import (
    CHECK_RESULT_TABLE,
    FORMAT,
    describe,
    empty_staging,
    read_manifest,
    table_file,
    write_manifest,
    write_table,
)
from plainscore.scorecards.card import Scorecard

if TYPE_CHECKING:
    from plainscore.contracts.catalog import Catalog

CheckRow = tuple[str, str, str, str, str, int, str | None]
"""stage, table_name, check_name, level, outcome, failed_count, examples"""

PASSED, FAILED, WARNED, ERROR = "passed", "failed", "warned", "error"

CHECK_RESULT = Table(
    name=f"published.{CHECK_RESULT_TABLE}",
    title="Outcomes of the checks of a run",
    grain="one row per stage, table and check",
    key=("stage", "table_name", "check_name"),
    columns=(
        Column("as_of_date", "DATE", "What happened until the end of this day (UTC) counts."),
        Column("known_on", "DATE", "What had arrived on or before this day counts."),
        Column("stage", "VARCHAR", "The stage after which it was checked."),
        Column("table_name", "VARCHAR", "The table that was checked, with its schema."),
        Column("check_name", "VARCHAR", "What was checked."),
        Column("level", "VARCHAR", "Whether a failure stops the run.", among=("fail", "warn")),
        Column("outcome", "VARCHAR", "How it ended.", among=(PASSED, FAILED, WARNED, ERROR)),
        Column("failed_count", "BIGINT", "Rows that failed.", "rows", minimum=0),
        Column("examples", "VARCHAR", "Some of the rows that failed, as JSON.", nullable=True),
    ),
)


@dataclass(frozen=True)
class Provenance:
    """Where a snapshot comes from.

    ``cards``: champion first. ``input``: fingerprint of the input and list of its files, as JSON
    values that depend on nothing but the input. ``code_hash``: see
    plainscore.contracts.fingerprint. ``skipped_refused_files``: paths under landing/ of refused
    files that were skipped. ``erasures``: how many times people had been erased from the event
    store before. ``project``: what the project of the run changes of the standard method.
    """

    cards: tuple[Scorecard, ...]
    input: Mapping[str, Any]
    code_version: str
    code_hash: str
    skipped_refused_files: tuple[str, ...] = field(default=())
    erasures: int = 0
    project: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StagedSnapshot:
    """A snapshot before it is published: ``folder/<table>/<table>.parquet`` for every table.

    ``limits``: those of the engine that wrote it, by DuckDB's names: threads, memory, where to
    spill. They hold for what reads it back.
    """

    dates: SnapshotDates
    folder: Path
    tables: tuple[Table, ...]
    limits: dict[str, Any]

    def file(self, table: Table) -> Path:
        """Return the file of a table."""
        return table_file(self.folder, table.short_name)


def new_staging(data_dir: Path, dates: SnapshotDates) -> Path:
    """Return an empty folder for a snapshot; see `empty_staging`."""
    return empty_staging(data_dir, f"{dates.as_of_date}_{dates.known_on}")


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
        with translating_write_errors(staging_dir):
            file = write_table(con, table, staging_dir)
        con.execute(f"drop table {table.name}")
        con.execute(f"create view {table.name} as from {read_parquet([file])}")
    limits = {name: _setting(con, name) for name in ("threads", "memory_limit", "temp_directory")}
    return StagedSnapshot(dates, staging_dir, tables, limits)


def _setting(con: duckdb.DuckDBPyConnection, name: str) -> Any:
    ((value,),) = con.execute(f"select current_setting('{name}')").fetchall()
    return value


def publish(
    data_dir: Path,
    staged: StagedSnapshot,
    provenance: Provenance,
    checks: Sequence[CheckRow],
) -> Run:
    """Publish a staged snapshot as the next run of its dates, and show it in the catalog.

    The caller holds the writer lock, and has judged the checks.

    Raises
    ------
    InputRefused
        Another run's manifest cannot be read.
    UsageError
        The data directory's name would mislead readers.
    PlainscoreError
        Something cannot be written.
    Interrupted
        Ctrl-C or SIGTERM came before the rename.
    """
    refuse_misleading_folder(data_dir)
    with translating_write_errors(data_dir):
        run = next_run(data_dir, staged.dates)
        write_check_results(checks, staged.dates, staged.folder)
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
    manifests = {run: read_manifest(run) for run in runs}
    with translating_write_errors(data_dir):
        for table in kind.tables:
            write_table(con, table, staging)
        with duckdb.connect(config={"threads": 1}) as reading:
            described = describe(reading, staging, kind.tables)
        head = manifest_head(folder, kind, manifests, facts, input_hash)
        write_manifest(staging, head, described)
        _move_and_show(data_dir, staging, folder)
    return folder


def _move_and_show(data_dir: Path, staging: Path, folder: Path) -> None:
    fsync_tree(staging)
    stop_if_interrupted()
    move_into_place(staging, folder)
    rebuild_catalog(data_dir)


def write_check_results(rows: Sequence[CheckRow], dates: SnapshotDates, folder: Path) -> None:
    """Write the outcomes of the checks, sorted by key, as the table CHECK_RESULT of a snapshot."""
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("create schema published")
        con.execute(CHECK_RESULT.ddl)
        if rows:
            # Column by column: row by row, a thousand of them take a second.
            lists = ", ".join("unnest(?)" for _ in CHECK_RESULT.columns)
            dated = [(dates.as_of_date, dates.known_on, *row) for row in rows]
            cells = [list(column) for column in zip(*dated, strict=True)]
            con.execute(f"insert into {CHECK_RESULT.name} select {lists}", cells)
        write_table(con, CHECK_RESULT, folder)


def write_snapshot_manifest(
    staged: StagedSnapshot, run: Run, provenance: Provenance, checks: Sequence[CheckRow]
) -> None:
    """Write ``contracts.json``, then ``manifest.json``, into the staged folder."""
    columns = {t.short_name: [(c.name, c.type) for c in t.columns] for t in staged.tables}
    score = read_parquet([table_file(staged.folder, "score")])
    counted = f"select count(*), count(score) from {score} where scorecard_no = 1"
    with duckdb.connect(config=staged.limits) as con:
        hashed = hash_people(con, staged.folder, columns)
        tables = (*staged.tables, CHECK_RESULT)
        described = describe(con, staged.folder, tables, hashed.content_hashes)
        ((people, scored),) = con.execute(counted).fetchall()
    as_of_date, known_on, name = run.text_key
    head: dict[str, Any] = {
        "format": FORMAT,
        "as_of_date": as_of_date,
        "known_on": known_on,
        "run": name,
        "people": people,
        "scored": scored,
        "scorecards": [
            {"name": card.name, "version": card.version, "hash": card.hash, "base": card.base}
            for card in provenance.cards
        ],
        "checks": {
            "passed": sum(row[4] == PASSED for row in checks),
            "warned": sum(row[4] == WARNED for row in checks),
        },
        "input": dict(provenance.input),
        "code": {"version": provenance.code_version, "hash": provenance.code_hash},
        "skipped_refused_files": sorted(provenance.skipped_refused_files),
        "erasures": provenance.erasures,
        "project": dict(provenance.project),
    }
    head["people_root"] = people_root(head, columns, tree_head(hashed.leaves))
    write_manifest(staged.folder, head, described)
