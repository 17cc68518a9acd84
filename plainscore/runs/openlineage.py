"""A file of OpenLineage events for every attempt to publish: what was read, made, and from what.

Two events a file, one line each: START, and COMPLETE or FAIL. Any OpenLineage backend takes them.
Needs the package openlineage-python, so it is imported where the settings ask for it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openlineage.client import event_v2 as event
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    error_message_run,
    nominal_time_run,
    output_statistics_output_dataset,
    processing_engine_run,
    schema_dataset,
)
from openlineage.client.serde import Serde

from plainscore.contracts.contract import Table
from plainscore.contracts.lineage import Lineages
from plainscore.publish.runs import Run
from plainscore.publish.sets import read_manifest
from plainscore.runs.ledger import DONE, StageRecord
from plainscore.runs.observers import Observer, RunState

JOB = event.Job(namespace="plainscore", name="score-day")
FILES = "file"
"""The namespace of a local disk, as OpenLineage names it."""


class OpenLineage(Observer):
    """Writes the events of a run into a folder. One that cannot be written stops no run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def finished(self, run: RunState, facts: StageRecord) -> None:
        if facts.outcome != DONE and run.provenance is not None:
            self._write(run, None, facts.reason or "it ended without a reason")

    def published(self, run: RunState, made: Run) -> None:
        self._write(run, made, "")

    def _write(self, run: RunState, made: Run | None, failure: str) -> None:
        dates = run.request.dates
        file = self._folder / f"{dates.as_of_date}_{dates.known_on}_{run.attempt.run_id}.ndjson"
        lines = [f"{Serde.to_json(one)}\n" for one in _events(run, made, failure)]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(lines))
        except OSError as error:
            run.warn(f"{self._folder} cannot be written ({error.strerror}): no lineage of it")


def _events(run: RunState, made: Run | None, failure: str) -> Iterator[event.RunEvent]:
    """Yield both events of an attempt; ``failure``: in a line that names no one."""
    events = f"{run.request.data_dir.resolve() / 'events'}"
    catalog = run.pipeline.catalog
    facets: dict[str, Any] = {
        "nominalTime": nominal_time_run.NominalTimeRunFacet(
            f"{run.request.dates.as_of_date}T00:00:00Z"
        ),
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            version("duckdb"), "DuckDB", version("plainscore")
        ),
    }
    inputs = [
        event.InputDataset(FILES, f"{events}/{one.short_name}", facets={"schema": _schema(one)})
        for one in catalog.of_schema("events")
    ]
    producer = f"urn:plainscore:{version('plainscore')}"
    common: dict[str, Any] = {"job": JOB, "producer": producer, "inputs": inputs}
    started = event.Run(runId=str(run.attempt.run_id), facets=facets)
    yield event.RunEvent(
        eventTime=run.attempt.started, eventType=event.RunState.START, run=started, **common
    )
    if made is None:
        failed = {"errorMessage": error_message_run.ErrorMessageRunFacet(failure, "Python")}
        ended = event.Run(runId=str(run.attempt.run_id), facets=facets | failed)
        outputs, state = [], event.RunState.FAIL
    else:
        ended, state = started, event.RunState.COMPLETE
        lineages = Lineages(catalog)
        outputs = [
            _output(made, table, lineages, events) for table in catalog.of_schema("published")
        ]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    yield event.RunEvent(eventTime=now, eventType=state, run=ended, outputs=outputs, **common)


def _output(made: Run, table: Table, lineages: Lineages, events: str) -> event.OutputDataset:
    """Return a published table with its columns, and the columns of the logs behind each."""
    entry = read_manifest(made)["tables"][table.short_name]
    fields = {}
    for column in table.columns:
        behind = lineages.of(f"{table.name}.{column.name}").log_columns
        sources = [name.removeprefix("events.").rpartition(".") for name in behind]
        if sources:
            fields[column.name] = column_lineage_dataset.Fields(
                [
                    column_lineage_dataset.InputField(FILES, f"{events}/{log}", name)
                    for log, _, name in sources
                ]
            )
    rows = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        entry["rows"], entry["bytes"], 1
    )
    return event.OutputDataset(
        FILES,
        str(made.file(table.short_name).resolve()),
        facets={
            "schema": _schema(table),
            "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields),
        },
        outputFacets={"outputStatistics": rows},
    )


def _schema(table: Table) -> schema_dataset.SchemaDatasetFacet:
    return schema_dataset.SchemaDatasetFacet(
        [
            schema_dataset.SchemaDatasetFacetFields(one.name, one.type, one.doc)
            for one in table.columns
        ]
    )
