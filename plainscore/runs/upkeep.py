"""Upkeep of a data directory: compact, prune, and watch for a stale or drifted snapshot."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from plainscore.analysis.evaluation import compute_drift
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.lock import writer_lock
from plainscore.common.text import read_parquet
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.publication import PruneOutcome, prune
from plainscore.publish.runs import (
    DRIFT,
    RunPair,
    default_runs,
    derived_folder,
    published_runs,
    runs_of,
)
from plainscore.publish.sets import SNAPSHOTS, table_file
from plainscore.runs.ledger import entry_file
from plainscore.settings import Retention, Settings
from plainscore.store.event_store import store_folder
from plainscore.store.lake import CompactedTable, Lake

STALE, DRIFTED = "stale", "drifted"


def compact_events(data_dir: Path, grace_days: int = 7) -> list[CompactedTable]:
    """Rewrite finished months of the event store by person; see ``Lake.compact``.

    Raises UsageError for days below 0, InputRefused if there is no event store.
    """
    if grace_days < 0:
        raise UsageError(f"--grace-days {grace_days}: choose 0 or more")
    if not store_folder(data_dir).is_dir():
        raise InputRefused(f"{data_dir / 'events'} is no directory: run plainscore ingest first")
    with writer_lock(data_dir, "compact"):
        with Lake(data_dir / "events", {}) as lake:
            tables = lake.compact(timedelta(days=grace_days))
        refresh_catalog(data_dir)  # its quarantine view shows the store's files
    return tables


def prune_snapshots(
    data_dir: Path, retention: Retention, is_rehearsal: bool = False
) -> PruneOutcome:
    """Retire and delete what the rule does not keep, and what the ledger says of dates that go.

    ``is_rehearsal``: only say what would be done. Raises InputRefused if nothing is published.
    """
    if not (data_dir / SNAPSHOTS).is_dir():
        raise InputRefused(f"nothing is published in {data_dir}: there is nothing to prune")
    with writer_lock(data_dir, "prune"):
        outcome = prune(data_dir, retention, is_rehearsal=is_rehearsal)
        for run in outcome.deleted:
            if not is_rehearsal and not runs_of(data_dir, run.dates):
                entry_file(data_dir, run.dates).unlink(missing_ok=True)
    return outcome


@dataclass(frozen=True)
class Finding:
    """Something an operator must know: a sentence, and the figure that is above its limit."""

    kind: str
    message: str
    figure: float | None
    limit: float


def find_stale(data_dir: Path, today: date, max_age_days: int) -> Finding | None:
    """Return a finding if the newest published date lies more than so many days back."""
    newest = max((run.dates.as_of_date for run in published_runs(data_dir)), default=None)
    if newest is None:
        return Finding(STALE, f"nothing is published in {data_dir}", None, max_age_days)
    age = (today - newest).days
    if age <= max_age_days:
        return None
    message = f"the newest snapshot is of {newest}, {age} days ago (limit: {max_age_days})"
    return Finding(STALE, message, age, max_age_days)


def find_drift(
    data_dir: Path, over_days: int, max_psi: float, settings: Settings
) -> Finding | None:
    """Return a finding if the champion's score has drifted by more than so much PSI.

    Compares the newest snapshot with the last one at least ``over_days`` before it; without one, or
    where that was scored by another champion, nothing is found. Computes the drift unless it is
    published. The caller holds the writer lock.
    """
    runs = default_runs(published_runs(data_dir))
    days = {run: (runs[-1].dates.as_of_date - run.dates.as_of_date).days for run in runs}
    earlier = [run for run in runs if days[run] >= max(over_days, 1)]
    if not earlier:
        return None
    pair = RunPair(earlier[-1], runs[-1])
    list(compute_drift(data_dir, [pair], settings))
    drift = read_parquet([table_file(derived_folder(data_dir, DRIFT, pair), "drift")])
    of_score = "scorecard_no = 1 and subject_kind = 'score'"
    with duckdb.connect() as con:
        found = con.execute(f"select psi, is_beyond_noise from {drift} where {of_score}").fetchone()
    psi, is_beyond_noise = found or (None, False)
    if (psi or 0) <= max_psi or not is_beyond_noise:
        return None
    between = f"{pair.before.dates.as_of_date} and {pair.after.dates.as_of_date}"
    message = f"the score has drifted between {between}: PSI {psi:.3f} (limit: {max_psi:g})"
    return Finding(DRIFTED, message, psi, max_psi)
