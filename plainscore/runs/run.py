"""One snapshot, from what has arrived to what is published: the whole way on one page."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import duckdb

from plainscore.analysis.statistics import fill_statistics
from plainscore.checks.validate import check as check_tables
from plainscore.checks.validate import import_in_background
from plainscore.checks.verdicts import CheckResult, refuse_if_critical
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import choose_log_format
from plainscore.contracts.catalog import APART, AUDITS, SOURCES, STATISTICS, Catalog
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs import IngestReport, ingest_new
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.publication import (
    Provenance,
    StagedSnapshot,
    new_staging,
    publish,
    report_file,
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
    RunAttempt,
    StageRecord,
    outcome_of,
    peak_memory_bytes,
    recover_published,
)
from plainscore.runs.observers import JsonLog, Ledger, Observer, RunState
from plainscore.runs.pipeline import Prepared, SnapshotRequest, absent_log_warnings, load_pipeline
from plainscore.settings import Settings, engine_options, temp_directory
from plainscore.show.report import write_report
from plainscore.store.event_store import (
    accepted_rows,
    inputs_among,
    next_file_no,
    open_store,
    store_folder,
)

# What has a stage of its own; every other schema of a method is computed in between.
OTHER_STAGES = frozenset({*SOURCES, "raw", AUDITS, STATISTICS, "published", *APART})


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

    def facts(self) -> dict[str, str]:
        """Return what to show of it, label -> text."""
        manifest = read_manifest(self.run)
        checks, skipped = manifest["checks"], len(manifest["skipped_refused_files"])
        state = "published" if self.is_new else "published before and current"
        facts = {
            "snapshot": f"{self.run.dates}, {state}",
            "people": f"{manifest['people']:,}, {manifest['scored']:,} of them scored",
            "scorecards": ", ".join(f"{c['name']} {c['version']}" for c in manifest["scorecards"]),
            "checks": f"{checks['passed']} passed, {checks['warned']} warned",
            "input": f"{manifest['input']['file_count']:,} files",
            "content": manifest["content_hash"],
            "run": self.run.relative_folder,
        }
        if self.earlier is not None:
            why = ", ".join(self.why_again)
            facts["rebuilt"] = f"{why}; run {self.earlier.name} stays as it was"
        return facts | ({"skipped": f"{skipped} refused files"} if skipped else {})


def why_no_one_is_scored(run: Run) -> str:
    """Return which rules stop how many people of a run, and what to do; empty: some are scored."""
    manifest = read_manifest(run)
    if manifest["scored"] or not manifest["people"]:
        return ""
    counted = duckdb.sql(
        "select not_scored_code, any_value(reason), any_value(what_to_do), count(*) as people "
        f"from {run.source('score')} as score "
        f"join {run.source('not_scored_rule')} as rule using (not_scored_code) "
        "where score.scorecard_no = 1 group by not_scored_code, rule.rule_no order by rule.rule_no"
    ).fetchall()
    card = manifest["scorecards"][0]["name"]
    lines = [
        f"no one of {manifest['people']:,} people is scored: the first rule of scorecard {card} "
        "that stops them is",
        *(f"  {code} of {people:,}: {reason}; {act}" for code, reason, act, people in counted),
        "Leave out the rules whose log you lack: a card of your own, with extends = "
        f'"{card}" and the [[not_scored]] that your logs can answer, named in scorecards of '
        "plainscore.toml. To see scores at once: --scorecard everyone_3, which has no rules",
    ]
    return "\n".join(lines)


def score_day(
    request: SnapshotRequest, prepared: Prepared | None = None, observers: Sequence[Observer] = ()
) -> SnapshotOutcome:
    """Publish one snapshot and its report; one that is published and current is left as it is.

    The caller holds the writer lock. ``prepared``: what many dates share, see ``prepare``; None
    reads the method and ingests new files as part of the first stage.

    Nothing is published, and the last good snapshot stays, where it raises ChecksRefused (a
    critical check failed), InputRefused (refused files block it, a feed has stopped, or no event
    is known for the dates) or Interrupted (Ctrl-C or SIGTERM).
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


def prepare(data_dir: Path, settings: Settings) -> Prepared:
    """Do once what many dates share: read the method, ingest new files, refresh the catalog.

    The caller holds the writer lock. Raises what concerns every date: InputRefused without a
    landing/, UsageError for an invalid scorecard.
    """
    pipeline = load_pipeline(settings)
    report = ingest_new_files(data_dir, settings)
    stop_if_interrupted()
    recover_published(data_dir)
    return Prepared(pipeline, report)


def ingest_new_files(data_dir: Path, settings: Settings) -> IngestReport:
    """Ingest what is new in landing/, whatever the dates.

    Raises InputRefused if there is neither a landing/ nor an event store.
    """
    if not (data_dir / "landing").is_dir() and store_folder(data_dir).is_dir():
        return IngestReport(warnings=["there is no landing/: going on with what is in the store"])
    return ingest_new(data_dir, threads=settings.threads, memory_limit=settings.memory_limit)


class SnapshotRun(RunState):
    """One attempt to publish one snapshot; its methods are the stages, in their order.

    A context manager: at its end the engine is closed, and what it spilled is removed.
    """

    def __init__(
        self,
        request: SnapshotRequest,
        prepared: Prepared | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        attempt = RunAttempt(started, run_id=str(uuid4()), engine=request.settings.engine)
        super().__init__(request, attempt, prepared)
        self._earlier: tuple[Run | None, tuple[str, ...]] = (None, ())
        self._run: Run | None = None
        self._built: set[str] = set()
        self._staged: StagedSnapshot | None = None
        self._engines = ExitStack()
        self._engine: DuckDBEngine | None = None
        choose_log_format(request.settings.log_format)
        self._observers = [Ledger(request), JsonLog(), *observers, *_lineage(request.settings)]

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
        is_shown = self.prepared is not None
        with self.stage(INGEST) as stage:
            if self.prepared is None:
                settings = self.request.settings
                pipeline = load_pipeline(settings)
                if find_latest_run(self.request.data_dir, self.request.dates) is None:
                    import_in_background()  # a published date is mostly found current
                report = ingest_new_files(self.request.data_dir, settings)
                self.prepared = Prepared(pipeline, report)
            self._find_input(stage, self.prepared.report)
        self._find_published()
        if self.is_current and not is_shown:
            refresh_catalog(self.request.data_dir)  # a kill may have come before it was shown

    def read_logs(self) -> None:
        """Start the engine on the event store, and check the logs.

        Raises InputRefused if files had arrived, but none of their events is dated by then.
        """
        request, settings = self.request, self.request.settings
        with self.stage("raw") as stage:
            # The writer lock is held: what is there was left by a process that died.
            shutil.rmtree(temp_directory(request.data_dir, settings), ignore_errors=True)
            options = engine_options(request.data_dir, settings)
            options = replace(options, engine=settings.engine, master=settings.master)
            opened = built(
                self.catalog, request.dates, self._store, self.pipeline.cards, options=options
            )
            self._engine = self._engines.enter_context(opened)
            self.build("raw")
            if not stage.rows:
                raise InputRefused(
                    f"no event is known {request.dates}: every event that had arrived by "
                    f"{request.dates.known_on} has a later date"
                )
            self.check("raw")

    def compute(self, schema: str) -> None:
        """Build and check the tables of one of ``schemas``."""
        with self.stage(schema):
            self.build(schema)
            self.check(schema)

    def audit(self) -> None:
        """Build and check the audits, and the statistics; Python computes most of these."""
        with self.stage(AUDITS):
            self.build(AUDITS)
            self.check(AUDITS)
            self.engine.build_schema(STATISTICS)
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
        assert self.provenance is not None, "ingest comes first"
        with self.stage(PUBLISH):
            self._close_engine()  # its memory is needed to hash everything that it made
            made = publish(self.request.data_dir, self._staged, self.provenance, self.results)
        self._run, self.attempt.run = made, made.name
        self._notify(lambda one: one.published(self, made))

    def report_page(self) -> None:
        """Write the report of the date, unless the settings say no or it is current."""
        day = self.request.dates.as_of_date
        file = report_file(self.request.data_dir, day)
        if self.request.settings.report and not (self.is_current and file.is_file()):
            write_report(self.request.data_dir, day, self.catalog)
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
            record.outcome = DONE
        except BaseException as error:
            record.outcome, record.reason = outcome_of(error, name, self.results)
            raise
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

    def check(self, schema: str) -> list[CheckResult]:
        """Check a schema's tables and the assertions that must hold by now; keep the results.

        Raises ChecksRefused if a critical check fails or cannot run.
        """

        con, parameters = self.engine.con, self.request.dates.parameters
        tables = self.catalog.of_schema(schema)
        if schema == "raw":
            # The logs are the same rows in events and raw; the store's other tables count once.
            tables = [self.catalog["events.file"], self.catalog["events.person"], *tables]
        method, rows = self.request.settings.method, self.attempt.stages[-1].rows or 0
        results = check_tables(con, tables, schema, parameters, method, rows)
        self.results += results
        refuse_if_critical(results)
        return results

    # What they made

    @property
    def schemas(self) -> list[str]:
        """The schemas between logs and audits in build order: staging, features, scores."""
        return [one for one in self.catalog.schemas if one not in OTHER_STAGES]

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
        assert self.prepared is not None
        assert self._run is not None, "publish comes first"
        report, is_new = self.prepared.report, not self.is_current
        return SnapshotOutcome(self._run, is_new, report, *self._earlier)

    def _find_input(self, stage: StageRecord, report: IngestReport) -> None:
        request, known_on = self.request, self.request.dates.known_on
        blocking = blocking_refusals(report.refused, known_on)
        if blocking and not request.skip_refused:
            raise InputRefused(refused_files_message(blocking, known_on))
        self._store = open_store(request.data_dir)
        files = self._store.ledger()
        inputs = inputs_among(files, known_on)
        if not inputs:
            first = min(files["arrived"].to_list(), default=None)
            raise InputRefused(nothing_known_message(request.dates, first))
        refuse_stopped_feeds(request, inputs)
        for warning in check_deliveries(request, files):
            self.warn(warning)
        assert self.prepared is not None
        pipeline = self.pipeline.of_inputs(files, known_on)
        self.prepared = replace(self.prepared, pipeline=pipeline)
        for warning in absent_log_warnings(pipeline, pipeline.absent_logs(files, known_on)):
            self.warn(warning)
        said = ("name", "version", "hash", "base", "left_out")
        self.provenance = {
            "scorecards": [{n: getattr(card, n) for n in said} for card in pipeline.cards],
            "input": fingerprint_of_input(inputs),
            "code": {"version": version("plainscore"), "hash": self.pipeline.code_hash},
            "skipped_refused_files": sorted(refused.file for refused in blocking),
            "erasures": self._store.head.erasures,
            "project": request.settings.project.as_json(),
        }
        self.attempt.last_file_no = next_file_no(files) - 1
        stage.rows = accepted_rows(files, known_on)
        stage.input_hash = self.provenance["input"]["sha256"]

    def _find_published(self) -> None:
        """Decide whether the published run is current; else remember why another is made."""
        found = find_latest_run(self.request.data_dir, self.request.dates)
        assert self.provenance is not None
        reasons = reasons_to_run(found, self.provenance) if found else []
        if found and not reasons and not self.request.force:
            self.is_current, self._run = True, found
            self._notify(lambda one: one.current(self, found))
        else:
            self._earlier = found, tuple(reasons or (["forced"] if found else []))

    def _close_engine(self) -> None:
        self._engine = None
        self._engines.close()

    def _record(self, name: str) -> StageRecord:
        stages = self.attempt.stages
        if stages and stages[-1].stage == name:
            stages[-1].outcome, stages[-1].reason = RUNNING, None
            return stages[-1]
        record = StageRecord(name)
        if self.provenance is not None:
            record.input_hash = self.provenance["input"]["sha256"]
            hashes = self.pipeline.stage_hashes.get(name)
            if hashes is not None:
                record.code_hash, record.scorecard_hash = hashes.code, hashes.scorecards
        stages.append(record)
        return record

    def _notify(self, call: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            call(observer)


def _lineage(settings: Settings) -> list[Observer]:
    """Return the observer of OpenLineage if the settings ask for it.

    Raises UsageError if the package that makes its events is not installed.
    """
    if settings.lineage_directory is None:
        return []
    try:
        import openlineage.client  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "the setting lineage_directory needs OpenLineage: install plainscore[lineage], or "
            "leave the setting out"
        ) from error
    from plainscore.runs.openlineage import OpenLineage

    return [OpenLineage(settings.lineage_directory)]


def reasons_to_run(run: Run, provenance: Provenance) -> list[str]:
    """Return why a published run is stale; empty if it is current."""
    before, now = read_manifest(run), provenance
    cards = [[card["hash"] for card in said["scorecards"]] for said in (before, now)]
    skipped = [said["skipped_refused_files"] for said in (before, now)]
    changes = {
        "new input": before["input"] != now["input"],
        "changed code": before["code"]["hash"] != now["code"]["hash"],
        "changed scorecard": cards[0] != cards[1],
        "other files skipped": skipped[0] != skipped[1],
    }
    return [reason for reason, applies in changes.items() if applies]
