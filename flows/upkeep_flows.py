"""The flows that publish no snapshot, as Prefect runs them: upkeep of a data directory."""

from pathlib import Path

from prefect import flow

from flows.evaluation.evaluating import evaluate
from flows.lock import writer_lock
from flows.publish.runs import live_runs
from flows.scheduling.parameters import described
from flows.scheduling.tasks import tasked
from flows.settings import read_settings
from flows.upkeep import compact_events, prune_snapshots
from transforms.errors import InputRefused


@flow(name="compact", persist_result=False)
@described
def compact_flow(data: Path = Path("data"), grace_days: int = 7) -> None:
    """Rewrite finished months of the event store by person, which makes reading faster."""
    tasked()(compact_events, data, grace_days)


@flow(name="evaluate", persist_result=False)
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


@flow(name="prune", persist_result=False)
@described
def prune_flow(data: Path = Path("data"), dry_run: bool = False) -> None:
    """Retire the snapshots that [retention] does not keep; delete those retired before."""
    retention = read_settings(data).retention
    tasked()(prune_snapshots, data, retention, dry_run)
