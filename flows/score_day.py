"""score-day: ingest what has arrived, and publish the snapshot of one date.

Each stage of a snapshot is a task; what a stage does is in ``plainscore.runs.run``. A flow that
does not publish all it was asked for raises: its run is Failed, with the message of the error.
"""

from datetime import date
from pathlib import Path

from prefect import flow, task

from plainscore.common.lock import writer_lock
from plainscore.engines import EngineName
from plainscore.flows.artifacts import Artifacts, show_snapshot
from plainscore.flows.events import emit_published
from plainscore.flows.options import (
    FLOW_OPTIONS,
    IO_TASK_OPTIONS,
    TASK_OPTIONS,
    described,
    name_by_day,
    scheduled_day,
)
from plainscore.runs.calendar import RelativeDate
from plainscore.runs.observers import terminal_progress
from plainscore.runs.request import SnapshotRequest, read_request
from plainscore.runs.run import Prepared, SnapshotOutcome, SnapshotRun


@flow(name="score-day", flow_run_name=name_by_day, **FLOW_OPTIONS)
@described
def score_day(
    as_of_date: date | RelativeDate = "last-day",
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecards: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
    engine: EngineName | None = None,
    master: str | None = None,
) -> SnapshotOutcome:
    """Ingest what has arrived and publish the snapshot of one date."""
    request = read_request(
        as_of_date,
        known_on,
        data,
        today=scheduled_day(),
        scorecards=scorecards,
        skip_refused=skip_refused,
        allow_stopped_feeds=allow_stopped_feeds,
        force=force,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
        engine=engine,
        master=master,
    )
    with writer_lock(data, f"run {request.dates.as_of_date}"):
        artifacts = Artifacts()
        outcome = publish_snapshot(request, None, artifacts)
        artifacts.complete()
    return outcome


def publish_snapshot(
    request: SnapshotRequest, prepared: Prepared | None, artifacts: Artifacts
) -> SnapshotOutcome:
    """Publish one snapshot, each stage a task; the flows of many dates call it for each."""
    with terminal_progress() as shown, SnapshotRun(request, prepared, [artifacts, *shown]) as run:
        ingest(run)
        if not run.is_current:
            read_logs(run)
            for schema in run.schemas:
                compute(run, schema)
            audit(run)
            write(run)
            publish(run)
        write_report(run)
    emit_published(request.data_dir, run.outcome)
    show_snapshot(request, run.outcome)
    return run.outcome


@task(task_run_name="ingest", **TASK_OPTIONS)
def ingest(run: SnapshotRun) -> None:
    """Ingest new files, and find out whether the published snapshot is current."""
    run.ingest()


@task(task_run_name="read logs", **TASK_OPTIONS)
def read_logs(run: SnapshotRun) -> None:
    """Open the event store in the engine, and check the logs."""
    run.read_logs()


@task(task_run_name="compute {schema}", **TASK_OPTIONS)
def compute(run: SnapshotRun, schema: str) -> None:
    """Build and check the tables of one schema."""
    run.compute(schema)


@task(task_run_name="audit", **TASK_OPTIONS)
def audit(run: SnapshotRun) -> None:
    """Build and check the audits and statistics."""
    run.audit()


@task(task_run_name="write", **IO_TASK_OPTIONS)
def write(run: SnapshotRun) -> None:
    """Write the snapshot where no reader looks, and check it there."""
    run.write()


@task(task_run_name="publish", **IO_TASK_OPTIONS)
def publish(run: SnapshotRun) -> None:
    """Move the snapshot into place and show it in the catalog."""
    run.publish()


@task(task_run_name="write report", **IO_TASK_OPTIONS)
def write_report(run: SnapshotRun) -> None:
    """Write the report page of the date."""
    run.report_page()
