"""Which published runs are kept, and how the others are deleted; where report pages are.

A run is first retired: it gets a marker, and the catalog is rebuilt without it. A reader that
opened the catalog before goes on reading the run's files. After the grace period a later prune
deletes it. Killed at any moment, the next prune goes on.
"""

import json
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import duckdb

from plainscore.common.files import translating_write_errors, write_atomically, write_json
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.derived import remove_sets_of_deleted_runs
from plainscore.publish.runs import (
    CATALOG,
    PRUNED,
    RETIRED,
    Run,
    all_runs,
    default_runs,
    pruned_runs,
    published_runs,
)
from plainscore.publish.sets import SNAPSHOTS, STAGING, read_manifest, remove_sets

REPORTS = "reports"
_UNFINISHED = ".unfinished-"

PeriodEnd = Literal["month-ends", "quarter-ends", "year-ends"]
_PERIODS: dict[PeriodEnd, Callable[[date], tuple[int, int]]] = {
    "month-ends": lambda day: (day.year, day.month),
    "quarter-ends": lambda day: (day.year, (day.month - 1) // 3),
    "year-ends": lambda day: (day.year, 0),
}


@dataclass(frozen=True)
class RetentionRule:
    """What is kept. It counts from the newest published date, not from the clock.

    ``daily_days``: every date less than so many days before the newest one. ``period_ends``: for
    ever, the last published date of each of these periods, whether or not it is the period's
    last day: a month whose last day was refused does not vanish. ``superseded_days``: runs of a
    kept date that the plain views no longer show, while the date is less than so many days before
    the newest one; None: as long as their date.
    """

    daily_days: int
    period_ends: Sequence[PeriodEnd]
    superseded_days: int | None


def runs_to_retire(runs: Sequence[Run], rule: RetentionRule) -> list[Run]:
    """Return the published runs that the rule does not keep, oldest first."""
    if not runs:
        return []
    days = {run.dates.as_of_date for run in runs}
    newest, kept_days = max(days), _kept_days(days, rule)
    shown = set(default_runs(list(runs)))

    def is_kept(run: Run) -> bool:
        day = run.dates.as_of_date
        if day not in kept_days or run in shown or rule.superseded_days is None:
            return day in kept_days
        return (newest - day).days < rule.superseded_days

    return [run for run in sorted(runs) if not is_kept(run)]


def _kept_days(days: Collection[date], rule: RetentionRule) -> set[date]:
    newest = max(days)
    kept = {day for day in days if (newest - day).days < rule.daily_days} | {newest}
    for period_end in rule.period_ends:
        period = _PERIODS[period_end]
        kept |= set({period(day): day for day in sorted(days)}.values())
    return kept


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
    in_catalog = _keys_in_catalog(home)
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
    outcome.sizes = {run: _size(run) for run in (*outcome.deleted, *outcome.waiting)}
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
    remove_reports_of(home, gone - {run.dates.as_of_date for run in published_runs(home)})


def _keys_in_catalog(home: Path) -> set[tuple[str, str, str]]:
    """Return the runs that the catalog shows now; none where it cannot be opened."""
    try:
        with duckdb.connect(str(home / CATALOG), read_only=True) as con:
            found = con.execute("select as_of_date, known_on, run from run").fetchall()
    except duckdb.Error:
        return set()
    return {(str(as_of_date), str(known_on), name) for as_of_date, known_on, name in found}


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
        as_of_date, known_on, name = run.text_key
        manifest = read_manifest(run)
        by_run[run.text_key] = {
            "as_of_date": as_of_date,
            "known_on": known_on,
            "run": name,
            "content_hash": manifest["content_hash"],
            "people_root": manifest.get("people_root"),
            "deleted": now.isoformat(timespec="seconds"),
        }
    records = [by_run[key] for key in sorted(by_run)]
    _write_json(home, home / SNAPSHOTS / PRUNED, {"runs": records})


def _write_json(home: Path, target: Path, value: Any) -> None:
    write_json(target, value, home / SNAPSHOTS / STAGING / uuid4().hex)


def _size(run: Run) -> int:
    return sum(file.stat().st_size for file in run.folder.rglob("*") if file.is_file())


# Report pages: one for a date, next to the snapshots, replaced when made again


def report_file(data_dir: Path, day: date) -> Path:
    """Return the file of the report of a date, written or not."""
    return data_dir.resolve() / REPORTS / f"{day}.html"


def publish_report(page: str, file: Path) -> None:
    """Write a page that is there as a whole or not at all, replacing an older one."""
    write_atomically(file, page, file.with_name(f"{_UNFINISHED}{uuid4().hex}"))


def remove_reports_of(data_dir: Path, days: Collection[date]) -> None:
    """Remove the reports of some dates."""
    for day in days:
        report_file(data_dir, day).unlink(missing_ok=True)


def remove_unfinished_reports(data_dir: Path) -> None:
    """Remove what a kill left half-written. The caller holds the writer lock."""
    for file in (data_dir.resolve() / REPORTS).glob(f"{_UNFINISHED}*"):
        file.unlink(missing_ok=True)


def remove_all_reports(data_dir: Path) -> None:
    """Remove every report: they name people, and can be made again."""
    shutil.rmtree(data_dir.resolve() / REPORTS, ignore_errors=True)
