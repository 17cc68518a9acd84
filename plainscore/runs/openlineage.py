"""A file of OpenLineage events for every attempt to publish: what was read, made, and from what.

Two events a file, one line each: START, and COMPLETE or FAIL. Any OpenLineage backend takes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plainscore.common.errors import UsageError
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Table
from plainscore.contracts.lineage import Lineages
from plainscore.publish.runs import Run
from plainscore.publish.sets import read_manifest, table_file
from plainscore.runs.ledger import DONE, RunAttempt, StageRecord
from plainscore.runs.observers import Observer

if TYPE_CHECKING:
    from openlineage.client import event_v2

    from plainscore.runs.run import SnapshotRun

JOB_NAMESPACE, JOB = "plainscore", "score-day"
FILES = "file"
"""The namespace of a local disk, as OpenLineage names it."""


class OpenLineage(Observer):
    """Writes the events of a run into a folder. One that cannot be written stops no run.

    Raises UsageError if the package that makes the events is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import openlineage.client  # noqa: F401
        except ImportError as error:
            raise UsageError(
                "the setting lineage_directory needs OpenLineage: install plainscore[lineage], or "
                "leave the setting out"
            ) from error
        self._folder = folder

    def finished(self, run: "SnapshotRun", facts: StageRecord) -> None:
        if facts.outcome != DONE and run.is_prepared:
            self._write(run, None, facts.reason)

    def published(self, run: "SnapshotRun", made: Run) -> None:
        self._write(run, made, None)

    def _write(self, run: "SnapshotRun", made: Run | None, failure: str | None) -> None:
        request = run.request
        tried = _Attempted(
            request.data_dir, request.dates, run.attempt, run.pipeline.catalog, made, failure
        )
        try:
            write_lineage(self._folder, tried)
        except OSError as error:
            run.warn(f"{self._folder} cannot be written ({error.strerror}): no lineage of it")


@dataclass(frozen=True)
class _Attempted:
    """One attempt: ``run`` if it published one, else ``failure``, in a line that names no one."""

    data_dir: Path
    dates: SnapshotDates
    attempt: RunAttempt
    catalog: Catalog
    run: Run | None = None
    failure: str | None = None


def write_lineage(folder: Path, tried: _Attempted) -> Path:
    """Write the events of an attempt; return their file. Raises OSError if that fails."""
    from openlineage.client.serde import Serde

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{tried.dates.as_of_date}_{tried.dates.known_on}_{tried.attempt.run_id}.ndjson"
    file.write_text("".join(f"{Serde.to_json(event)}\n" for event in _events(tried)))
    return file


def _events(tried: _Attempted) -> "Iterator[event_v2.RunEvent]":
    from openlineage.client.event_v2 import Job, Run, RunEvent, RunState

    producer = f"urn:plainscore:{version('plainscore')}"
    job = Job(namespace=JOB_NAMESPACE, name=JOB)
    inputs, outputs = list(_inputs(tried)), list(_outputs(tried))
    end = RunState.COMPLETE if tried.run is not None else RunState.FAIL
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for state, moment in ((RunState.START, tried.attempt.started), (end, now)):
        yield RunEvent(
            eventType=state,
            eventTime=moment,
            run=Run(
                runId=str(tried.attempt.run_id), facets=_run_facets(tried, state == RunState.FAIL)
            ),
            job=job,
            producer=producer,
            inputs=inputs,
            outputs=outputs if state == RunState.COMPLETE else [],
        )


def _run_facets(tried: _Attempted, has_failed: bool) -> dict[str, Any]:
    from openlineage.client.facet_v2 import (
        error_message_run,
        nominal_time_run,
        processing_engine_run,
    )

    facets: dict[str, Any] = {
        "nominalTime": nominal_time_run.NominalTimeRunFacet(f"{tried.dates.as_of_date}T00:00:00Z"),
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            version("duckdb"), "DuckDB", version("plainscore")
        ),
    }
    if has_failed:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            tried.failure or "it ended without a reason", "Python"
        )
    return facets


def _inputs(tried: _Attempted) -> "Iterator[event_v2.InputDataset]":
    """Yield the event store's tables that the run reads."""
    from openlineage.client.event_v2 import InputDataset

    for table in tried.catalog.of_schema("events"):
        name = _event_path(tried, table.short_name)
        yield InputDataset(namespace=FILES, name=name, facets={"schema": _schema(table)})


def _outputs(tried: _Attempted) -> "Iterator[event_v2.OutputDataset]":
    """Yield every published table with its columns, and the columns of the logs behind each."""
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    if tried.run is None:
        return
    entries, lineages = read_manifest(tried.run)["tables"], Lineages(tried.catalog)
    for table in tried.catalog.of_schema("published"):
        entry = entries[table.short_name]
        yield OutputDataset(
            namespace=FILES,
            name=str(table_file(tried.run.folder.resolve(), table.short_name)),
            facets={
                "schema": _schema(table),
                "columnLineage": _column_lineage(tried, table, lineages),
            },
            outputFacets={
                "outputStatistics": statistics.OutputStatisticsOutputDatasetFacet(
                    entry["rows"], entry["bytes"], 1
                )
            },
        )


def _schema(table: Table) -> Any:
    from openlineage.client.facet_v2 import schema_dataset

    return schema_dataset.SchemaDatasetFacet(
        [
            schema_dataset.SchemaDatasetFacetFields(column.name, column.type, column.doc)
            for column in table.columns
        ]
    )


def _column_lineage(tried: _Attempted, table: Table, lineages: Lineages) -> Any:
    from openlineage.client.facet_v2 import column_lineage_dataset as facet

    fields = {}
    for column in table.columns:
        behind = lineages.of(f"{table.name}.{column.name}").log_columns
        if behind:
            fields[column.name] = facet.Fields([_input_field(tried, name) for name in behind])
    return facet.ColumnLineageDatasetFacet(fields)


def _input_field(tried: _Attempted, log_column: str) -> Any:
    from openlineage.client.facet_v2 import column_lineage_dataset as facet

    table, _, column = log_column.removeprefix("events.").rpartition(".")
    return facet.InputField(FILES, _event_path(tried, table), column)


def _event_path(tried: _Attempted, short_name: str) -> str:
    return str(tried.data_dir.resolve() / "events" / short_name)
