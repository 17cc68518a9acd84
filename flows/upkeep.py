"""compact, evaluate, prune, watch: the flows that publish no snapshot."""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow, task

from plainscore.analysis.evaluation import evaluate as evaluate_runs
from plainscore.common.errors import InputRefused
from plainscore.common.lock import writer_lock
from plainscore.common.text import say
from plainscore.flows.artifacts import FOUND, emit
from plainscore.flows.options import FLOW_OPTIONS, TASK_OPTIONS, described
from plainscore.publish.runs import latest_runs
from plainscore.runs.upkeep import Finding, compact_events, find_drift, find_stale, prune_snapshots
from plainscore.settings import read_settings

drift_of_score = task(**TASK_OPTIONS)(find_drift)


@flow(name="compact", **FLOW_OPTIONS)
@described
def compact(data: Path = Path("data"), grace_days: int = 7) -> None:
    """Rewrite finished months of the event store by person, which makes reading faster."""
    compact_events(data, grace_days)


@flow(name="evaluate", **FLOW_OPTIONS)
@described
def evaluate(
    data: Path = Path("data"),
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> None:
    """Evaluate published scores against later outcomes, as far as those are known by now."""
    limits = {"memory_limit": memory_limit, "temp_directory": temp_directory}
    settings = read_settings(data, threads=threads, **limits)
    runs = latest_runs(data)
    if not runs:
        raise InputRefused(f"nothing is published in {data}: there is nothing to evaluate")
    with writer_lock(data, "evaluate"):
        for one in evaluate_runs(data, runs, settings):
            for message in one.messages:
                say(f"{one.run.dates}: {message}", "info")


@flow(name="prune", **FLOW_OPTIONS)
@described
def prune(data: Path = Path("data"), dry_run: bool = False) -> None:
    """Retire the snapshots that [retention] does not keep; delete those retired before."""
    prune_snapshots(data, read_settings(data).retention, dry_run)


@flow(name="watch", **FLOW_OPTIONS)
@described
def watch(
    max_age_days: int = 2, max_psi: float = 0.25, over_days: int = 28, data: Path = Path("data")
) -> list[Finding]:
    """Report a stale snapshot and a drifted score, each as an event."""
    settings = read_settings(data)
    found = [find_stale(data, datetime.now(UTC).date(), max_age_days)]
    if (data / "snapshots").is_dir():
        with writer_lock(data, "watch"):
            found.append(drift_of_score(data, over_days, max_psi, settings))
    findings = [finding for finding in found if finding is not None]
    for one in findings:
        emit(FOUND[one.kind], data, one.message, figure=one.figure, limit=one.limit)
    return findings
