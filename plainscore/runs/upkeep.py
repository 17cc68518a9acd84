"""What keeps a data directory in shape beside its snapshots. Each takes the writer lock."""

from datetime import timedelta
from pathlib import Path

from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.lock import writer_lock
from plainscore.logs.compaction import CompactedTable, compact
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.pruning import PruneOutcome, prune
from plainscore.publish.retention import RetentionRule
from plainscore.publish.runs import SNAPSHOTS, runs_of
from plainscore.runs.ledger.entry import entry_file
from plainscore.settings import Retention


def compact_events(data_dir: Path, grace_days: int = 7) -> list[CompactedTable]:
    """Rewrite finished months of the event store by person; see ``plainscore.logs.compaction``.

    Raises UsageError for days below 0, InputRefused where there is no event store.
    """
    if grace_days < 0:
        raise UsageError(f"--grace-days {grace_days}: choose 0 or more")
    if not (data_dir / "events").is_dir():
        raise InputRefused(f"{data_dir / 'events'} is no directory: run plainscore ingest first")
    with writer_lock(data_dir, "compact"):
        tables = compact(data_dir, timedelta(days=grace_days))
        refresh_catalog(data_dir)  # its quarantine view shows the store's files
    return tables


def prune_snapshots(
    data_dir: Path, retention: Retention, is_rehearsal: bool = False
) -> PruneOutcome:
    """Retire and delete what the rule does not keep, and what the ledger says of dates that go.

    ``is_rehearsal``: only say what would be done. Raises InputRefused where nothing is published.
    """
    if not (data_dir / SNAPSHOTS).is_dir():
        raise InputRefused(f"nothing is published in {data_dir}: there is nothing to prune")
    rule = RetentionRule(retention.keep_daily_days, retention.keep, retention.keep_superseded_days)
    grace = timedelta(hours=retention.grace_hours)
    with writer_lock(data_dir, "prune"):
        outcome = prune(data_dir, rule, grace, is_rehearsal=is_rehearsal)
        if not is_rehearsal:
            _forget(data_dir, outcome)
    return outcome


def _forget(data_dir: Path, outcome: PruneOutcome) -> None:
    """Drop what the ledger says of dates that have no run any more."""
    for run in outcome.deleted:
        if not runs_of(data_dir, run.dates):
            entry_file(data_dir, run.dates).unlink(missing_ok=True)
