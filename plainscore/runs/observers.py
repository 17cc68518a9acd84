"""Observers follow a run stage by stage: the ledger, logs, a terminal, OpenLineage, Prefect."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from plainscore.publish.runs import Run

if TYPE_CHECKING:
    from rich.progress import Progress

    from plainscore.runs.ledger import StageRecord
    from plainscore.runs.run import SnapshotRun


class Observer:
    """Each method is called at one moment of a run; an observer overrides those it needs."""

    def started(self, run: "SnapshotRun", stage: "StageRecord") -> None:
        """A stage begins; ``stage`` will be filled with what becomes of it."""

    def finished(self, run: "SnapshotRun", facts: "StageRecord") -> None:
        """A stage ended, well or badly: see its outcome, reason, rows, seconds and memory."""

    def current(self, run: "SnapshotRun", found: Run) -> None:
        """The published run is current: nothing will be computed."""

    def published(self, run: "SnapshotRun", made: Run) -> None:
        """The snapshot is published."""

    def closed(self, run: "SnapshotRun") -> None:
        """The run is over, however it ended."""


class TerminalProgress(Observer):
    """A line for each stage on stderr, with a spinner and its seconds."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._task: Any = None

    def started(self, run: "SnapshotRun", stage: "StageRecord") -> None:
        self._task = self._bar.add_task(f"{run.request.dates.as_of_date} {stage.stage}", total=1)

    def finished(self, _run: "SnapshotRun", _facts: "StageRecord") -> None:
        self._bar.update(self._task, completed=1)


@contextmanager
def terminal_progress() -> Iterator[list[Observer]]:
    """Yield observers that show stages on stderr; none if it is no terminal."""
    with _bar() as bar:
        yield [] if bar is None else [TerminalProgress(bar)]


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Show on stderr, if it is a terminal, that something is computed and for how long."""
    with _bar() as bar:
        task = None if bar is None else bar.add_task(text, total=1)
        yield
        if bar is not None and task is not None:
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
