"""Which published runs are kept, and how the others are deleted; where report pages are.

A run is first retired: it gets a marker, and the catalog is rebuilt without it. A reader that
opened the catalog before goes on reading the run's files. After the grace period a later prune
deletes it. Killed at any moment, the next prune goes on.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from plainscore.common.files import translating_write_errors, write_atomically, write_json
from plainscore.publish.catalog import ask_catalog, refresh_catalog
from plainscore.publish.derived import remove_sets_of_deleted_runs
from plainscore.publish.runs import (
    PRUNED,
    RETIRED,
    Run,
    all_runs,
    default_runs,
    pruned_runs,
    published_runs,
)
from plainscore.publish.sets import SNAPSHOTS, STAGING, read_manifest, remove_sets
from plainscore.settings import Retention

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
    names = ("as_of_date", "known_on", "run")
    by_run = {tuple(one[name] for name in names): one for one in pruned_runs(home)}
    for run in runs:
        manifest = read_manifest(run)
        by_run[run.text_key] = {
            **dict(zip(names, run.text_key, strict=True)),
            "content_hash": manifest["content_hash"],
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
