"""Take published runs out of the catalog, and later, when nobody reads them any more, delete them.

A run is first retired: it gets a marker, and the catalog is made anew without it. A reader that
opened the catalog before goes on reading the run's files. After the grace period a later prune
moves the run into a trash folder, so that no half of it can be seen, and deletes it from there.
Killed at any moment, the next prune goes on.
"""

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from plainscore.common.files import (
    canonical_json,
    fsync_path,
    make_durable_directory,
    move_into_place,
    translating_write_errors,
)
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.change_sets import remove_changes_of_deleted_runs
from plainscore.publish.manifest import read_manifest
from plainscore.publish.pruned import PRUNED, pruned_runs, with_records
from plainscore.publish.reports import remove_reports_of
from plainscore.publish.retention import RetentionRule, runs_to_retire
from plainscore.publish.runs import (
    CATALOG,
    RETIRED,
    SNAPSHOTS,
    Run,
    is_retired,
    published_runs,
    standing_runs,
)

TRASH = "_trash"


@dataclass
class PruneOutcome:
    """Runs that this prune retired and deleted, and those that wait, with when their time is up.

    ``sizes``: bytes of each run.
    """

    retired: list[Run] = field(default_factory=list)
    deleted: list[Run] = field(default_factory=list)
    waiting: dict[Run, datetime] = field(default_factory=dict)
    sizes: dict[Run, int] = field(default_factory=dict)


def prune(
    data_dir: Path,
    rule: RetentionRule,
    grace: timedelta,
    *,
    now: datetime | None = None,
    is_rehearsal: bool = False,
) -> PruneOutcome:
    """Delete what was retired longer than ``grace`` ago, then retire what the rule does not keep.

    The caller holds the writer lock. ``now``: the clock's time (UTC) unless given.
    ``is_rehearsal``: only say what would be done. Raises InputRefused where a manifest or the
    record of pruned runs cannot be read.
    """
    now = now or datetime.now(UTC)
    home = data_dir.resolve()
    outcome = PruneOutcome()
    in_catalog = _names_in_catalog(home)
    for run in filter(is_retired, standing_runs(home)):
        since = _retired_since(run)
        if since is None or _name(run) in in_catalog:
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
    outcome.sizes = {run: _size(run) for run in (*outcome.deleted, *outcome.waiting)}
    if not is_rehearsal:
        with translating_write_errors(home):
            _do(home, outcome, now)
    return outcome


def _do(home: Path, outcome: PruneOutcome, now: datetime) -> None:
    _empty_trash(home)
    for run in outcome.retired:
        _mark_retired(home, run, now)
    refresh_catalog(home)
    if outcome.deleted:
        _remember(home, outcome.deleted, now)
    for run in outcome.deleted:
        _delete(home, run)
    remove_changes_of_deleted_runs(home)
    gone = {run.dates.as_of_date for run in (*outcome.retired, *outcome.deleted)}
    remove_reports_of(home, gone - {run.dates.as_of_date for run in published_runs(home)})
    _empty_trash(home)


def _names_in_catalog(home: Path) -> set[tuple[str, str, str]]:
    """Return the runs that the catalog shows now; none where there is none to be opened."""
    try:
        with duckdb.connect(str(home / CATALOG), read_only=True) as con:
            found = con.execute("select as_of_date, known_on, run from run").fetchall()
    except duckdb.Error:
        return set()
    return {(str(as_of_date), str(known_on), name) for as_of_date, known_on, name in found}


def _name(run: Run) -> tuple[str, str, str]:
    return str(run.dates.as_of_date), str(run.dates.known_on), run.name


def _retired_since(run: Run) -> datetime | None:
    """Return when a run was retired; None where its marker does not say."""
    try:
        said = json.loads((run.folder / RETIRED).read_bytes())["retired"]
        since = datetime.fromisoformat(said)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return since if since.tzinfo else None


def _mark_retired(home: Path, run: Run, now: datetime) -> None:
    _write_whole(home, run.folder / RETIRED, {"retired": now.isoformat(timespec="seconds")})


def _remember(home: Path, runs: list[Run], now: datetime) -> None:
    deleted = now.isoformat(timespec="seconds")
    new = [_record(run) | {"deleted": deleted} for run in runs]
    records = with_records(pruned_runs(home / SNAPSHOTS), new)
    _write_whole(home, home / SNAPSHOTS / PRUNED, {"runs": records})


def _record(run: Run) -> dict[str, Any]:
    as_of_date, known_on, name = _name(run)
    manifest = read_manifest(run)
    return {
        "as_of_date": as_of_date,
        "known_on": known_on,
        "run": name,
        "content_hash": manifest["content_hash"],
        "people_root": manifest.get("people_root"),
    }


def _write_whole(home: Path, target: Path, value: Any) -> None:
    """Write a JSON file that is there as a whole or not at all, also after a power cut."""
    written = home / SNAPSHOTS / TRASH / uuid4().hex
    make_durable_directory(written.parent)
    written.write_bytes(canonical_json(value))
    fsync_path(written)
    move_into_place(written, target)


def _delete(home: Path, run: Run) -> None:
    """Move a run out of sight, then delete it and the folders that it leaves empty."""
    gone = home / SNAPSHOTS / TRASH / uuid4().hex
    move_into_place(run.folder, gone)
    fsync_path(run.folder.parent)
    shutil.rmtree(gone)
    for parent in (run.folder.parent, run.folder.parent.parent):
        if not any(parent.iterdir()):
            parent.rmdir()
            fsync_path(parent.parent)


def _empty_trash(home: Path) -> None:
    shutil.rmtree(home / SNAPSHOTS / TRASH, ignore_errors=True)


def _size(run: Run) -> int:
    return sum(file.stat().st_size for file in run.folder.rglob("*") if file.is_file())
