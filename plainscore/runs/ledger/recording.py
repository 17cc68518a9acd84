"""Record each stage in the ledger while it is done. What the ledger cannot hold stops no run."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from plainscore.common.errors import ChecksRefused, InputRefused, PlainscoreError
from plainscore.contracts.catalog import AUDITS, STATISTICS
from plainscore.logs import IngestReport
from plainscore.publish.runs import Run
from plainscore.runs.doing import Do
from plainscore.runs.json_log import Level, choose_log_format, log_event
from plainscore.runs.ledger.entry import (
    DONE,
    FAILED,
    INGEST,
    INTERRUPTED,
    PUBLISH,
    REFUSED,
    RUNNING,
    Attempt,
    StageRecord,
    read_entry,
    write_entry,
)
from plainscore.runs.ledger.lineage_events import Tried, require_openlineage, write_lineage
from plainscore.runs.ledger.peak_memory import watched_memory
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.steps import (
    House,
    build_stage,
    check_stage,
    compute_statistics,
    find_current_run,
    open_engine,
    publish_run,
    require_events,
    set_up_house,
    stage_files,
    take_in_new_files,
)

Step = Callable[..., Any]
STAGE_OF_STEP: Mapping[Step, str] = {
    take_in_new_files: INGEST,
    set_up_house: INGEST,
    open_engine: "raw",
    require_events: "raw",
    compute_statistics: AUDITS,
    stage_files: "published",
    publish_run: PUBLISH,
}
SHOWN_CHECKS = 2


def stage_of(step: Step, arguments: Sequence[Any]) -> str | None:
    """Return the stage that a step belongs to; None where it belongs to none."""
    if step in (build_stage, check_stage):
        return AUDITS if arguments[1] == STATISTICS else str(arguments[1])
    return STAGE_OF_STEP.get(step)


def recorded(do: Do, request: SnapshotRequest) -> Do:
    """Return a way to do each step that notes it in the ledger of the request's dates."""
    recorder = _Recorder(request)

    def do_recorded(step: Step, *arguments: Any) -> Any:
        stage = stage_of(step, arguments)
        if stage is None:
            made = do(step, *arguments)
        else:
            made = recorder.time(stage, lambda: do(step, *arguments))
        recorder.learn_from(step, arguments, made)
        return made

    return do_recorded


class _Recorder:
    def __init__(self, request: SnapshotRequest) -> None:
        self._data_dir = request.data_dir
        self._entry = read_entry(request.data_dir, request.dates)
        self._was_unfinished = self._entry.unfinished
        self._attempt = Attempt(
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            run_id=str(uuid4()),
            engine=request.settings.engine,
        )
        self._told = {
            "run_id": self._attempt.run_id,
            "as_of_date": request.dates.as_of_date,
            "known_on": request.dates.known_on,
        }
        choose_log_format(request.settings.log_format)
        self._lineage = request.settings.lineage_directory
        if self._lineage is not None:
            require_openlineage()
        self._house: House | None = None
        self._warnings: list[str] = []

    def time(self, stage: str, do_it: Callable[[], Any]) -> Any:
        record = self._begin(stage)
        started = time.monotonic()
        with watched_memory() as most_memory:
            try:
                made = do_it()
            except BaseException as error:
                record.outcome, record.reason = self._why(error, stage)
                raise
            finally:
                record.seconds = round(record.seconds + time.monotonic() - started, 3)
                record.peak_memory_bytes = _greater(record.peak_memory_bytes, most_memory())
                if record.outcome != RUNNING:
                    self._tell_ended(record)
                    self._write()
                    self._write_lineage(None, record.reason)
        return made

    def learn_from(self, step: Step, arguments: tuple[Any, ...], made: Any) -> None:
        if isinstance(made, IngestReport):
            self._warnings = made.warnings
        elif isinstance(made, House):
            self._house = made
            self._attempt.last_file_no = made.last_file_no
            self._attempt.stages[-1].rows = made.known_rows
            self._attempt.stages[-1].input_hash = made.provenance.input["sha256"]
        elif step is build_stage:
            self._attempt.stages[-1].rows = arguments[0].running.row_count(arguments[1])
        elif step is find_current_run and made is not None:
            log_event("current", {**self._told, "run": made.name})
            self._settle(made)
        elif step is publish_run:
            self._finish(made)

    def _begin(self, stage: str) -> StageRecord:
        """Return the record of a stage; where it has just begun, the one before it is done."""
        stages = self._attempt.stages
        if stages and stages[-1].stage == stage:
            return stages[-1]
        if stages:
            stages[-1].outcome = DONE
            self._tell_ended(stages[-1])
        stages.append(self._new_record(stage))
        log_event("stage_began", {**self._told, "stage": stage})
        # Where the date is published, we mostly find in a moment that there is nothing to do.
        if stage != INGEST or self._entry.published is None:
            self._write()
        return stages[-1]

    def _new_record(self, stage: str) -> StageRecord:
        record = StageRecord(stage)
        if self._house is not None:
            record.input_hash = self._house.provenance.input["sha256"]
            hashes = self._house.design.stage_hashes.get(stage)
            if hashes is not None:
                record.code_hash, record.scorecard_hash = hashes.code, hashes.scorecards
        return record

    def _why(self, error: BaseException, stage: str) -> tuple[str, str]:
        """Return outcome and reason in one line, without the examples: those may name people."""
        if isinstance(error, ChecksRefused) and self._house is not None:
            broken = [one for one in self._house.results if one.is_critical]
            shown = [f"{r.table_name}: {r.check_name}" for r in broken[:SHOWN_CHECKS]]
            more = f" and {len(broken) - len(shown)} more" if len(broken) > len(shown) else ""
            return REFUSED, f"checks of {stage} failed: {'; '.join(shown)}{more}"
        first_line = (str(error).splitlines() or [""])[0]
        if isinstance(error, ChecksRefused | InputRefused):
            return REFUSED, first_line
        if isinstance(error, PlainscoreError):
            return FAILED, first_line
        if isinstance(error, KeyboardInterrupt) or first_line == "Query interrupted":
            return INTERRUPTED, "stopped by the keyboard or a signal"
        return FAILED, f"unexpected {type(error).__name__}: {first_line}"

    def _settle(self, run: Run) -> None:
        """Forget what went wrong before: what is published is what was asked for.

        A kill between the publishing of a run and its last entry here is mended too.
        """
        unfinished, published = self._was_unfinished, self._entry.published
        if unfinished is None:
            return
        reached_publish = bool(unfinished.stages) and unfinished.stages[-1].stage == PUBLISH
        if reached_publish and (published is None or published.run != run.name):
            self._attempt = unfinished
            self._finish(run)
        else:
            self._save(published, None)

    def _finish(self, run: Run) -> None:
        self._attempt.stages[-1].outcome, self._attempt.stages[-1].reason = DONE, None
        self._attempt.run = run.name
        self._tell_ended(self._attempt.stages[-1])
        log_event("published", {**self._told, "run": run.name, "folder": run.relative_folder})
        self._save(self._attempt, None)
        self._write_lineage(run)

    def _write(self) -> None:
        self._save(self._entry.published, self._attempt)

    def _save(self, published: Attempt | None, unfinished: Attempt | None) -> None:
        self._entry.published, self._entry.unfinished = published, unfinished
        try:
            write_entry(self._data_dir, self._entry)
        except OSError as error:
            self._warn(f"the ledger cannot be written ({error.strerror}): `status` will not know")

    def _write_lineage(self, run: Run | None, failure: str | None = None) -> None:
        """Write what a try read and made, where that is wished for."""
        if self._lineage is None or self._house is None:
            return
        house = self._house
        tried = Tried(
            self._data_dir, house.request.dates, self._attempt, house.catalog, run, failure
        )
        try:
            write_lineage(self._lineage, tried)
        except OSError as error:
            self._warn(f"{self._lineage} cannot be written ({error.strerror}): no lineage of it")

    def _tell_ended(self, record: StageRecord) -> None:
        facts = {
            "stage": record.stage,
            "outcome": record.outcome,
            "reason": record.reason,
            "rows": record.rows,
            "seconds": record.seconds,
            "peak_memory_bytes": record.peak_memory_bytes,
        }
        level: Level = "info" if record.outcome == DONE else "error"
        log_event("stage_ended", {**self._told, **facts}, level)

    def _warn(self, warning: str) -> None:
        if warning not in self._warnings:
            self._warnings.append(warning)


def _greater(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)
