"""Observers follow a run stage by stage: the ledger, logs, a terminal, OpenLineage, Prefect."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from plainscore.checks.verdicts import CheckResult
from plainscore.common.text import log_event
from plainscore.publish.publication import Provenance
from plainscore.publish.runs import Run
from plainscore.runs.ledger import (
    DONE,
    INGEST,
    Entry,
    RunAttempt,
    StageRecord,
    read_entry,
    write_entry,
)
from plainscore.runs.pipeline import Pipeline, Prepared, SnapshotRequest

if TYPE_CHECKING:
    from rich.progress import Progress


@dataclass
class RunState:
    """How far an attempt to publish a snapshot has come.

    ``attempt``: what the ledger records. ``prepared``: None until the first stage has read the
    method. ``provenance``: None until the first stage has found the input. ``results``: of all
    checks so far.
    """

    request: SnapshotRequest
    attempt: RunAttempt
    prepared: Prepared | None = None
    provenance: Provenance | None = None
    results: list[CheckResult] = field(default_factory=list)
    is_current: bool = False

    @property
    def pipeline(self) -> Pipeline:
        """The scorecards and tables."""
        assert self.prepared is not None, "ingest comes first"
        return self.prepared.pipeline

    @property
    def facts(self) -> dict[str, Any]:
        """What identifies the attempt in a log."""
        dates = self.request.dates
        return {
            "run_id": self.attempt.run_id,
            "as_of_date": dates.as_of_date,
            "known_on": dates.known_on,
        }

    def warn(self, warning: str) -> None:
        """Add a warning to the outcome, once."""
        if self.prepared is not None and warning not in self.prepared.report.warnings:
            self.prepared.report.warnings.append(warning)


class Observer:
    """Each method is called at one moment of a run; an observer overrides those it needs."""

    def started(self, run: RunState, stage: StageRecord) -> None:
        """A stage begins; ``stage`` will be filled with what becomes of it."""

    def finished(self, run: RunState, facts: StageRecord) -> None:
        """A stage ended, well or badly: see its outcome, reason, rows, seconds and memory."""

    def current(self, run: RunState, found: Run) -> None:
        """The published run is current: nothing will be computed."""

    def published(self, run: RunState, made: Run) -> None:
        """The snapshot is published."""

    def closed(self, run: RunState) -> None:
        """The run is over, however it ended."""


class Ledger(Observer):
    """Writes every stage of a run to its entry. A ledger that cannot be written stops no run."""

    def __init__(self, request: SnapshotRequest) -> None:
        self._before = read_entry(request.data_dir, request.dates)

    def started(self, run: RunState, stage: StageRecord) -> None:
        # A published date is usually found current in a moment: its entry stays as it is.
        if stage.stage != INGEST or self._before.published is None:
            self._save(run, self._before.published, run.attempt)

    def finished(self, run: RunState, facts: StageRecord) -> None:
        if facts.outcome != DONE:
            self._save(run, self._before.published, run.attempt)

    def current(self, run: RunState, found: Run) -> None:
        """Forget a failure from before, and record a run whose writer died too early to do so."""
        if self._before.unfinished is not None:
            self._before.complete(found)
            self._save(run, self._before.published, None)

    def published(self, run: RunState, made: Run) -> None:  # noqa: ARG002
        self._save(run, run.attempt, None)

    def _save(
        self, run: RunState, published: RunAttempt | None, unfinished: RunAttempt | None
    ) -> None:
        try:
            write_entry(run.request.data_dir, Entry(run.request.dates, published, unfinished))
        except OSError as error:
            run.warn(f"the ledger cannot be written ({error.strerror}): `status` will not know")


class JsonLog(Observer):
    """Writes what happens as JSON lines; see ``plainscore.common.text``."""

    def started(self, run: RunState, stage: StageRecord) -> None:
        log_event("stage_began", {**run.facts, "stage": stage.stage})

    def finished(self, run: RunState, facts: StageRecord) -> None:
        shown = ("stage", "outcome", "reason", "rows", "seconds", "peak_memory_bytes")
        stage = {name: getattr(facts, name) for name in shown}
        log_event(
            "stage_ended", {**run.facts, **stage}, "info" if facts.outcome == DONE else "error"
        )

    def current(self, run: RunState, found: Run) -> None:
        log_event("current", {**run.facts, "run": found.name})

    def published(self, run: RunState, made: Run) -> None:
        log_event("published", {**run.facts, "run": made.name, "folder": made.relative_folder})


class TerminalProgress(Observer):
    """A line for each date on stderr, with a spinner and its seconds: 2026-05-31, 3 of 6, features.

    ``date_count``: 0 where it is not known how many dates there will be.
    """

    def __init__(self, bar: "Progress", date_count: int) -> None:
        self._bar, self._date_count = bar, date_count
        self._dates: set[date] = set()
        # Files that many dates share are ingested before the first of them begins.
        self._line = bar.add_task("ingest", total=1, visible=date_count != 1)

    def started(self, run: RunState, stage: StageRecord) -> None:
        day = run.request.dates.as_of_date
        if day not in self._dates:
            self._dates.add(day)
            self._bar.update(self._line, completed=1)
            self._line = self._bar.add_task("", total=1)
        place = f", {len(self._dates)} of {self._date_count}" if self._date_count > 1 else ""
        self._bar.update(self._line, description=f"{day}{place}, {stage.stage}")

    def closed(self, run: RunState) -> None:
        day = str(run.request.dates.as_of_date)
        self._bar.update(self._line, description=day, completed=1)


@contextmanager
def terminal_progress(date_count: int = 1) -> Iterator[list[Observer]]:
    """Yield observers that show stages on stderr; none if it is no terminal."""
    with _bar() as bar:
        yield [] if bar is None else [TerminalProgress(bar, date_count)]


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Show on stderr, if it is a terminal, that something is computed and for how long."""
    with _bar() as bar:
        if bar is None:
            yield
            return
        task = bar.add_task(text, total=1)
        yield
        bar.update(task, completed=1)


@contextmanager
def _bar() -> Iterator["Progress | None"]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield bar
