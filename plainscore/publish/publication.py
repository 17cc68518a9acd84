"""Publish a set, all of it or none of it; keep the runs that a rule keeps, and report pages.

A snapshot is staged (written where no reader looks), checked as it is on the disk, and renamed
into place; a derived set likewise. Killed before the rename, nothing is published and the next
run clears the staging; killed after it, the next `refresh_catalog` shows the set. Readers see the
old catalog or the new one.

A run is deleted in two steps. First it is retired: it gets a marker, and the catalog is rebuilt
without it. A reader that opened the catalog before goes on reading the run's files. After the grace
period a later prune deletes it. Killed at any moment, the next prune goes on.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb

from plainscore.common.files import (
    fsync_tree,
    move_into_place,
    translating_write_errors,
    write_atomically,
    write_json,
)
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import read_parquet
from plainscore.contracts import SnapshotDates
from plainscore.contracts.contract import Table
from plainscore.engines.duckdb import insert_rows
from plainscore.publish.catalog import (
    ask_catalog,
    rebuild_catalog,
    refresh_catalog,
)
from plainscore.publish.proof import hash_people
from plainscore.publish.runs import (
    PRUNED,
    RETIRED,
    Kind,
    Run,
    all_runs,
    default_runs,
    derived_folder,
    identity,
    next_run,
    others_of,
    pruned_runs,
    published_runs,
    remove_sets_of_deleted_runs,
)
from plainscore.publish.sets import (
    CHECK_RESULT_TABLE,
    FORMAT,
    SNAPSHOTS,
    STAGING,
    PublishedSet,
    describe,
    empty_staging,
    read_manifest,
    remove_sets,
    write_manifest,
    write_table,
)
from plainscore.publish.views import published_table
from plainscore.settings import Retention

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
    run's manifest cannot be read, PlainscoreError where something cannot be written, and
    Interrupted where Ctrl-C or SIGTERM came before the rename.
    """
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


# Which published runs are kept, and how the others are deleted

REPORTS = "reports"
_UNFINISHED = ".unfinished-"

_PERIODS: Mapping[str, Callable[[date], tuple[int, int]]] = {
    "month-ends": lambda day: (day.year, day.month),
    "quarter-ends": lambda day: (day.year, (day.month - 1) // 3),
    "year-ends": lambda day: (day.year, 0),
}


def runs_to_retire(runs: Sequence[Run], rule: Retention) -> list[Run]:
    """Return the published runs that the rule does not keep, oldest first.

    It counts from the newest published date, not from the clock. Of a period the last published
    date stays, whether or not it is the period's last day: a month whose last day was refused
    does not vanish. Superseded are the runs that the plain views no longer show.
    """
    days = {run.dates.as_of_date for run in runs}
    newest = max(days, default=date.min)
    kept = {day for day in days if (newest - day).days < rule.keep_daily_days} | {newest}
    for period in rule.keep:
        kept |= set({_PERIODS[period](day): day for day in sorted(days)}.values())
    shown, superseded_days = set(default_runs(list(runs))), rule.keep_superseded_days

    def is_kept(run: Run) -> bool:
        day = run.dates.as_of_date
        is_recent = superseded_days is None or (newest - day).days < superseded_days
        return day in kept and (run in shown or is_recent)

    return [run for run in sorted(runs) if not is_kept(run)]


@dataclass
class PruneOutcome:
    """Runs that a prune retired and deleted, and those that wait, with the end of their grace.

    ``sizes``: bytes of each run.
    """

    retired: list[Run] = field(default_factory=list)
    deleted: list[Run] = field(default_factory=list)
    waiting: dict[Run, datetime] = field(default_factory=dict)
    sizes: dict[Run, int] = field(default_factory=dict)


def prune(
    data_dir: Path, rule: Retention, *, now: datetime | None = None, is_rehearsal: bool = False
) -> PruneOutcome:
    """Delete what was retired longer than its grace ago, then retire what the rule does not keep.

    The caller holds the writer lock. ``now``: the clock's time (UTC) unless given.
    ``is_rehearsal``: only say what would be done. Raises InputRefused where a manifest or the
    record of pruned runs cannot be read.
    """
    now = now or datetime.now(UTC)
    home, grace = data_dir.resolve(), timedelta(hours=rule.grace_hours)
    outcome = PruneOutcome()
    in_catalog = set(ask_catalog(home, "select as_of_date::text, known_on::text, run from run"))
    for run in all_runs(home):
        if not run.is_retired:
            continue
        since = _retired_since(run)
        if since is None or run.text_key in in_catalog:
            # Readers may have opened the catalog that shows it until now.
            since = now
            if not is_rehearsal:
                _mark_retired(home, run, now)
        if now - since >= grace:
            outcome.deleted.append(run)
        else:
            outcome.waiting[run] = since + grace
    outcome.retired = runs_to_retire(published_runs(home), rule)
    outcome.waiting |= dict.fromkeys(outcome.retired, now + grace)
    outcome.sizes = {
        run: sum(file.stat().st_size for file in run.folder.rglob("*") if file.is_file())
        for run in (*outcome.deleted, *outcome.waiting)
    }
    if not is_rehearsal:
        with translating_write_errors(home):
            _carry_out(home, outcome, now)
    return outcome


def _carry_out(home: Path, outcome: PruneOutcome, now: datetime) -> None:
    shutil.rmtree(home / SNAPSHOTS / STAGING, ignore_errors=True)
    for run in outcome.retired:
        _mark_retired(home, run, now)
    refresh_catalog(home)
    if outcome.deleted:
        _record(home, outcome.deleted, now)
    remove_sets(home, outcome.deleted)
    remove_sets_of_deleted_runs(home)
    gone = {run.dates.as_of_date for run in (*outcome.retired, *outcome.deleted)}
    for day in gone - {run.dates.as_of_date for run in published_runs(home)}:
        report_file(home, day).unlink(missing_ok=True)


def _retired_since(run: Run) -> datetime | None:
    """Return when a run was retired; None where its marker does not say."""
    try:
        said = json.loads((run.folder / RETIRED).read_bytes())["retired"]
        since = datetime.fromisoformat(said)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return since if since.tzinfo else None


def _mark_retired(home: Path, run: Run, now: datetime) -> None:
    _write_json(home, run.folder / RETIRED, {"retired": now.isoformat(timespec="seconds")})


def _record(home: Path, runs: list[Run], now: datetime) -> None:
    """Add runs to the record of deleted ones; of a run that is there already, the newest counts."""
    by_run = {(one["as_of_date"], one["known_on"], one["run"]): one for one in pruned_runs(home)}
    for run in runs:
        manifest = read_manifest(run)
        by_run[run.text_key] = {
            **identity(run, manifest),
            "people_root": manifest.get("people_root"),
            "deleted": now.isoformat(timespec="seconds"),
        }
    records = [by_run[key] for key in sorted(by_run)]
    _write_json(home, home / SNAPSHOTS / PRUNED, {"runs": records})


def _write_json(home: Path, target: Path, value: Any) -> None:
    write_json(target, value, home / SNAPSHOTS / STAGING / uuid4().hex)


# Report pages: one for a date, next to the snapshots, replaced when made again


def report_file(data_dir: Path, day: date) -> Path:
    """Return the file of the report of a date, written or not."""
    return data_dir.resolve() / REPORTS / f"{day}.html"


def publish_report(page: str, file: Path) -> None:
    """Write a page that is there as a whole or not at all, replacing an older one."""
    write_atomically(file, page, file.with_name(f"{_UNFINISHED}{uuid4().hex}"))


def remove_unfinished_reports(data_dir: Path) -> None:
    """Remove what a kill left half-written. The caller holds the writer lock."""
    for file in (data_dir.resolve() / REPORTS).glob(f"{_UNFINISHED}*"):
        file.unlink(missing_ok=True)


def remove_all_reports(data_dir: Path) -> None:
    """Remove every report: they name people, and can be made again."""
    shutil.rmtree(data_dir.resolve() / REPORTS, ignore_errors=True)
