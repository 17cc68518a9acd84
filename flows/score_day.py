"""score-day: ingest what has arrived, and publish the snapshot of one date.

Each stage of a snapshot is a task; what a stage does is in ``plainscore.runs.run``. A flow that
does not publish all it was asked for raises: its run is Failed, with the message of the error.
"""

from datetime import date
from pathlib import Path
from typing import Unpack

from prefect import flow, task

from plainscore.common.lock import writer_lock
from plainscore.flows.artifacts import Artifacts, emit_published, show_snapshot
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
from plainscore.runs.pipeline import Prepared, RunOptions, SnapshotRequest, read_request
from plainscore.runs.run import SnapshotOutcome, SnapshotRun

ingest = task(task_run_name="ingest", **TASK_OPTIONS)(SnapshotRun.ingest)
read_logs = task(task_run_name="read logs", **TASK_OPTIONS)(SnapshotRun.read_logs)
compute = task(task_run_name="compute {schema}", **TASK_OPTIONS)(SnapshotRun.compute)
audit = task(task_run_name="audit", **TASK_OPTIONS)(SnapshotRun.audit)
write = task(task_run_name="write", **IO_TASK_OPTIONS)(SnapshotRun.write)
publish = task(task_run_name="publish", **IO_TASK_OPTIONS)(SnapshotRun.publish)
write_report = task(task_run_name="write report", **IO_TASK_OPTIONS)(SnapshotRun.report_page)


@flow(name="score-day", flow_run_name=name_by_day, **FLOW_OPTIONS)
@described
def score_day(
    as_of_date: date | RelativeDate = "last-day",
    known_on: date | None = None,
    data: Path = Path("data"),
    **options: Unpack[RunOptions],
) -> SnapshotOutcome:
    """Ingest what has arrived and publish the snapshot of one date."""
    request = read_request(as_of_date, known_on, data, today=scheduled_day(), **options)
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
