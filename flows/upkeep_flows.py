"""The flows that publish no snapshot, as Prefect runs them: upkeep of a data directory."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from plainscore.analysis.quality.evaluating import evaluate
from plainscore.common.errors import InputRefused
from plainscore.common.lock import writer_lock
from plainscore.flows.scheduling.events import tell_finding
from plainscore.flows.scheduling.parameters import OURS, described
from plainscore.flows.scheduling.tasks import tasked
from plainscore.publish.runs import live_runs
from plainscore.runs.upkeep import compact_events, prune_snapshots
from plainscore.runs.watching import Finding, find_drift, find_stale
from plainscore.settings import read_settings


@flow(name="compact", **OURS)
@described
def compact_flow(data: Path = Path("data"), grace_days: int = 7) -> None:
    """Rewrite finished months of the event store by person, which makes reading faster."""
    tasked()(compact_events, data, grace_days)


@flow(name="evaluate", **OURS)
@described
def evaluate_flow(
    data: Path = Path("data"),
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> None:
    """Tell how well published scores told what became of people, where it is known by now."""
    settings = read_settings(
        data, threads=threads, memory_limit=memory_limit, temp_directory=temp_directory
    )
    runs = live_runs(data)
    if not runs:
        raise InputRefused(f"nothing is published in {data}: there is nothing to evaluate")
    with writer_lock(data, "evaluate"):
        list(evaluate(data, runs, settings, tasked()))


@flow(name="prune", **OURS)
@described
def prune_flow(data: Path = Path("data"), dry_run: bool = False) -> None:
    """Retire the snapshots that [retention] does not keep; delete those retired before."""
    retention = read_settings(data).retention
    tasked()(prune_snapshots, data, retention, dry_run)


@flow(name="watch", **OURS)
@described
def watch_flow(
    max_age_days: int = 2,
    max_psi: float = 0.25,
    over_days: int = 28,
    data: Path = Path("data"),
) -> list[Finding]:
    """Tell of a snapshot that is stale and of a score that has drifted, each as an event."""
    settings = read_settings(data)
    found = [find_stale(data, datetime.now(UTC).date(), max_age_days)]
    if (data / "snapshots").is_dir():
        with writer_lock(data, "watch"):
            found.append(find_drift(data, over_days, max_psi, settings, tasked()))
    told = [finding for finding in found if finding is not None]
    for finding in told:
        tell_finding(data, finding)
    return told
