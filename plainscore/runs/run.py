"""One snapshot, from what has arrived to what is published: the whole way on one page."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from plainscore.analysis.statistics import fill_statistics
from plainscore.checks.results import refuse_if_critical
from plainscore.checks.validate import check as check_tables
from plainscore.checks.validate import import_in_background
from plainscore.common.errors import InputRefused
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import choose_log_format
from plainscore.contracts.catalog import APART, AUDITS, SOURCES, STATISTICS, Catalog
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs import IngestReport, ingest_new
from plainscore.logs.event_store import accepted_rows, inputs_among, next_file_no, open_store
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.publication import (
    Provenance,
    StagedSnapshot,
    new_staging,
    publish,
    stage_snapshot,
)
from plainscore.publish.runs import Run, find_latest_run
from plainscore.publish.sets import read_manifest
from plainscore.runs.inputs import (
    blocking_refusals,
    check_deliveries,
    fingerprint_of_input,
    nothing_known_message,
    refuse_stopped_feeds,
    refused_files_message,
)
from plainscore.runs.ledger import (
    DONE,
    INGEST,
    PUBLISH,
    RUNNING,
    JsonLog,
    Ledger,
    RunAttempt,
    StageRecord,
    outcome_of,
    peak_memory_bytes,
    recover_published,
)
from plainscore.runs.observers import Observer
from plainscore.runs.openlineage import OpenLineage
from plainscore.runs.pipeline import Pipeline, load_pipeline
from plainscore.runs.report import has_report, write_report
from plainscore.runs.request import SnapshotRequest
from plainscore.settings import Settings, engine_options

if TYPE_CHECKING:
    from pathlib import Path

    from plainscore.checks.results import CheckResult

# What has a stage of its own; every other schema of a method is computed in between.
OTHER_STAGES = frozenset({*SOURCES, "raw", AUDITS, STATISTICS, "published", *APART})


@dataclass(frozen=True)
class Prepared:
    """What many dates share: the method, and what one ingest brought."""

    pipeline: Pipeline
    report: IngestReport


@dataclass(frozen=True)
class SnapshotOutcome:
    """What one run did; ``is_new`` is False if the published run was current already.

    ``earlier``: the run of the same dates that was live before and stays as it was, and
    ``why_again``: why that was not enough.
    """

    run: Run
    is_new: bool
    report: IngestReport
    earlier: Run | None = None
    why_again: tuple[str, ...] = ()


def score_day(
    request: SnapshotRequest,
    prepared: Prepared | None = None,
    observers: Sequence[Observer] = (),
) -> SnapshotOutcome:
    """Publish one snapshot and its report; one that is published and current is left as it is.

    The caller holds the writer lock. ``prepared``: what many dates share, see ``prepare``; None
    reads the method and ingests new files as part of the first stage.

    Raises
    ------
    ChecksRefused
        A critical check failed: nothing is published, the last good snapshot stays.
    InputRefused
        Refused files block it, a feed has stopped, or no event is known for the dates.
    Interrupted
        Ctrl-C or SIGTERM arrived: nothing is published, the last good snapshot stays.
    """
    with SnapshotRun(request, prepared, observers) as run:
        run.ingest()
        if not run.is_current:
            run.read_logs()
            for schema in run.schemas:
                run.compute(schema)
            run.audit()
            run.write()
            run.publish()
        run.report_page()
        return run.outcome


def score_ingested(request: SnapshotRequest, report: IngestReport) -> SnapshotOutcome:
    """Publish one snapshot of what is in the event store, without ingest and report page.

    ``report``: the refused files that the request skips. Raises what ``score_day`` raises.
    """
    request = replace(request, settings=request.settings.model_copy(update={"report": False}))
    return score_day(request, Prepared(load_pipeline(request.settings), report))


def prepare(data_dir: "Path", settings: Settings) -> Prepared:
    """Do once what many dates share: read the method, ingest new files, refresh the catalog.

    The caller holds the writer lock. Raises what concerns every date: InputRefused without a
    landing/, UsageError for an invalid scorecard.
    """
    pipeline = load_pipeline(settings)
    report = ingest_new_files(data_dir, settings.threads)
    stop_if_interrupted()
    recover_published(data_dir)
    return Prepared(pipeline, report)


def ingest_new_files(data_dir: "Path", threads: int | None) -> IngestReport:
    """Ingest what is new in landing/, whatever the dates.

    Raises InputRefused if there is neither a landing/ nor an event store.
    """
    if not (data_dir / "landing").is_dir() and (data_dir / "events").is_dir():
        return IngestReport(warnings=["there is no landing/: going on with what is in the store"])
    return ingest_new(data_dir, threads=threads)


class SnapshotRun:
    """One attempt to publish one snapshot; its methods are the stages, in their order.

    A context manager: at its end the engine is closed, and what it spilled is removed.
    ``attempt`` holds what the ledger records, ``results`` all check results so far.
    """

    def __init__(
        self,
        request: SnapshotRequest,
        prepared: Prepared | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.request = request
        self.attempt = RunAttempt(
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            run_id=str(uuid4()),
            engine=request.settings.engine,
        )
        self.results: list[CheckResult] = []
        self.is_current = False
        self.is_prepared = False
        """Whether the first stage has found the input; before, there is no provenance."""
        self._prepared = prepared
        self._earlier: tuple[Run | None, tuple[str, ...]] = (None, ())
        self._run: Run | None = None
        self._built: set[str] = set()
        self._staged: StagedSnapshot | None = None
        self._opened: AbstractContextManager[DuckDBEngine] | None = None
        self._engine: DuckDBEngine | None = None
        self._observers = [Ledger(self), JsonLog(), *observers]
        choose_log_format(request.settings.log_format)
        if request.settings.lineage_directory is not None:
            self._observers.append(OpenLineage(request.settings.lineage_directory))

    def __enter__(self) -> "SnapshotRun":
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self._close_engine()
        finally:
            self._notify(lambda one: one.closed(self))

    # The stages

    def ingest(self) -> None:
        """Ingest new files, and decide what the snapshot is made of and whether it is current.

        Raises InputRefused if refused files block it and the request does not skip them, if
        nothing had arrived by known_on, or if a feed has stopped.
        """
        with self.stage(INGEST) as stage:
            if self._prepared is None:
                settings = self.request.settings
                pipeline = load_pipeline(settings)
                if find_latest_run(self.request.data_dir, self.request.dates) is None:
                    import_in_background()  # a published date is mostly found current
                report = ingest_new_files(self.request.data_dir, settings.threads)
                self._prepared = Prepared(pipeline, report)
                is_shown = False
            else:
                is_shown = True
            self._find_input(stage)
        self._find_published()
        if self.is_current and not is_shown:
            refresh_catalog(self.request.data_dir)  # a kill may have come before it was shown

    def read_logs(self) -> None:
        """Start the engine on the event store, and check the logs.

        Raises InputRefused if files had arrived, but none of their events is dated by then.
        """
        with self.stage("raw"):
            self._start_engine()
            self.build("raw")
            self._require_events()
            self.check("raw")

    def compute(self, schema: str) -> None:
        """Build and check the tables of one of ``schemas``."""
        with self.stage(schema):
            self.build(schema)
            self.check(schema)

    def audit(self) -> None:
        """Build and check the audits, and the statistics that Python computes from them."""
        with self.stage(AUDITS):
            self.build(AUDITS)
            self.check(AUDITS)
            fill_statistics(self.engine.con, self.catalog)
            self.check(STATISTICS)

    def write(self) -> None:
        """Write the snapshot to a folder that no reader sees, and check it. May be repeated."""
        with self.stage("published"):
            self.build("published")
            staging = new_staging(self.request.data_dir, self.request.dates)
            self._staged = stage_snapshot(
                self.engine.con, self.catalog, self.request.dates, staging
            )
            self.check("published")

    def publish(self) -> None:
        """Move the written snapshot into place and show it in the catalog. May be repeated."""
        assert self._staged is not None, "write comes first"
        with self.stage(PUBLISH):
            self._close_engine()  # its memory is needed to hash everything that it made
            rows = [astuple(result) for result in self.results]
            self._run = publish(self.request.data_dir, self._staged, self._provenance, rows)
        self.attempt.run = self._run.name
        made = self._run
        self._notify(lambda one: one.published(self, made))

    def report_page(self) -> None:
        """Write the report of the date, unless the settings say no or it is current."""
        if self.request.settings.report and not (self.is_current and has_report(self.request)):
            write_report(self.request, self.catalog)
            stop_if_interrupted()

    # Their parts

    @contextmanager
    def stage(self, name: str) -> Iterator[StageRecord]:
        """Time a stage, stop after it if a signal arrived, and notify the observers.

        A stage that is entered again, after a failure, continues its record.
        """
        record = self._record(name)
        self._notify(lambda one: one.started(self, record))
        began = time.monotonic()
        try:
            try:
                yield record
            finally:
                stop_if_interrupted()
        except BaseException as error:
            record.outcome, record.reason = outcome_of(error, name, self)
            raise
        else:
            record.outcome = DONE
        finally:
            record.seconds = round(record.seconds + time.monotonic() - began, 3)
            record.peak_memory_bytes = peak_memory_bytes()
            self._notify(lambda one: one.finished(self, record))

    def build(self, schema: str) -> None:
        """Build every table of a schema in order, once."""
        if schema not in self._built:
            self.engine.build_schema(schema)
            self._built.add(schema)
            self.attempt.stages[-1].rows = self.engine.row_count(schema)
        stop_if_interrupted()

    def check(self, schema: str) -> list["CheckResult"]:
        """Check a schema's tables and the assertions that must hold by now; keep the results.

        Raises ChecksRefused if a critical check fails or cannot run.
        """

        con, parameters = self.engine.con, self.request.dates.parameters
        tables = self.catalog.of_schema(schema)
        if schema == "raw":
            # The logs are the same rows in events and raw; the store's other tables count once.
            tables = [self.catalog["events.file"], self.catalog["events.person"], *tables]
        results = check_tables(con, tables, schema, parameters, self.request.settings.method)
        self.results += results
        refuse_if_critical(results)
        return results

    def warn(self, warning: str) -> None:
        """Add a warning to the outcome, once."""
        if self._prepared is not None and warning not in self._prepared.report.warnings:
            self._prepared.report.warnings.append(warning)

    # What they made

    @property
    def schemas(self) -> list[str]:
        """The schemas between logs and audits in build order: staging, features, scores."""
        return [one for one in self.catalog.schemas if one not in OTHER_STAGES]

    @property
    def pipeline(self) -> Pipeline:
        """The scorecards and tables."""
        assert self._prepared is not None, "ingest comes first"
        return self._prepared.pipeline

    @property
    def catalog(self) -> Catalog:
        """The tables."""
        return self.pipeline.catalog

    @property
    def engine(self) -> DuckDBEngine:
        """The running engine."""
        assert self._engine is not None, "read_logs comes first"
        return self._engine

    @property
    def outcome(self) -> SnapshotOutcome:
        """What the run did."""
        assert self._prepared is not None
        assert self._run is not None, "publish comes first"
        if self.is_current:
            return SnapshotOutcome(self._run, False, self._prepared.report)
        return SnapshotOutcome(self._run, True, self._prepared.report, *self._earlier)

    def _find_input(self, stage: StageRecord) -> None:
        assert self._prepared is not None
        request, report = self.request, self._prepared.report
        blocking = blocking_refusals(report.refused, request.dates.known_on)
        if blocking and not request.skip_refused:
            raise InputRefused(refused_files_message(blocking, request.dates.known_on))
        self._store = open_store(request.data_dir)
        files = self._store.ledger()
        inputs = inputs_among(files, request.dates.known_on)
        if not inputs:
            first = min(files["arrived"].to_list(), default=None)
            raise InputRefused(nothing_known_message(request.dates, first))
        if not request.allow_stopped_feeds:
            refuse_stopped_feeds(request, inputs)
        for warning in check_deliveries(request, files):
            self.warn(warning)
        self._provenance = Provenance(
            cards=self.pipeline.cards,
            input=fingerprint_of_input(inputs),
            code_version=version("plainscore"),
            code_hash=self.pipeline.code_hash,
            skipped_refused_files=tuple(refused.file for refused in blocking),
            erasures=self._store.head.erasures,
            project=request.settings.project.as_json(),
        )
        self.is_prepared = True
        self.attempt.last_file_no = next_file_no(files) - 1
        stage.rows = accepted_rows(files, request.dates.known_on)
        stage.input_hash = self._provenance.input["sha256"]

    def _find_published(self) -> None:
        """Decide whether the published run is current; else remember why another is made."""
        found = find_latest_run(self.request.data_dir, self.request.dates)
        reasons = reasons_to_run(found, self._provenance) if found else []
        if found and not reasons and not self.request.force:
            self.is_current, self._run = True, found
            self._notify(lambda one: one.current(self, found))
        else:
            self._earlier = found, tuple(reasons or (["forced"] if found else []))

    def _start_engine(self) -> None:
        settings = self.request.settings
        options = engine_options(self.request.data_dir, settings)
        # The writer lock is held: what is there was left by a process that died.
        if options.temp_directory is not None:
            shutil.rmtree(options.temp_directory, ignore_errors=True)
        options = replace(options, engine=settings.engine, master=settings.master)
        self._opened = built(
            self.catalog, self.request.dates, self._store, self.pipeline.cards, options=options
        )
        self._engine = self._opened.__enter__()

    def _close_engine(self) -> None:
        if self._opened is not None:
            opened, self._opened, self._engine = self._opened, None, None
            opened.__exit__(None, None, None)

    def _require_events(self) -> None:
        logs = self.catalog.of_schema("raw")
        con = self.engine.con
        if not any(con.execute(f"select 1 from {log.name} limit 1").fetchall() for log in logs):
            raise InputRefused(
                f"no event is known {self.request.dates}: every event that had arrived by "
                f"{self.request.dates.known_on} has a later date"
            )

    def _record(self, name: str) -> StageRecord:
        stages = self.attempt.stages
        if stages and stages[-1].stage == name:
            stages[-1].outcome, stages[-1].reason = RUNNING, None
            return stages[-1]
        record = StageRecord(name)
        if self.is_prepared:
            record.input_hash = self._provenance.input["sha256"]
            hashes = self.pipeline.stage_hashes.get(name)
            if hashes is not None:
                record.code_hash, record.scorecard_hash = hashes.code, hashes.scorecards
        stages.append(record)
        return record

    def _notify(self, call: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            call(observer)


def reasons_to_run(run: Run, provenance: Provenance) -> list[str]:
    """Return why a published run is stale; empty if it is current."""
    manifest: Mapping[str, Any] = read_manifest(run)
    published_cards = [card["hash"] for card in manifest["scorecards"]]
    changes = {
        "new input": manifest["input"] != dict(provenance.input),
        "changed code": manifest["code"]["hash"] != provenance.code_hash,
        "changed scorecard": published_cards != [card.hash for card in provenance.cards],
        "other files skipped": manifest["skipped_refused_files"]
        != sorted(provenance.skipped_refused_files),
    }
    return [reason for reason, applies in changes.items() if applies]
