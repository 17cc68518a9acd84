"""What a flow run shows on Prefect's pages, and the events that its automations can act on.

Pages: progress, checks, the snapshot, its report. Messages of events name no person: an erasure
could not remove them from Prefect's database.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect import Flow
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event

from plainscore.common.errors import ChecksRefused, InputRefused
from plainscore.contracts import SnapshotDates
from plainscore.publish.publication import report_file
from plainscore.runs.ledger import STAGES, StageRecord
from plainscore.runs.observers import Observer, RunState
from plainscore.runs.pipeline import SnapshotRequest
from plainscore.runs.run import SnapshotOutcome
from plainscore.runs.upkeep import DRIFTED, STALE
from plainscore.show.report import escaped

PUBLISHED = "plainscore.snapshot.published"
RUN_REFUSED, RUN_FAILED = "plainscore.run.refused", "plainscore.run.failed"
FOUND = {STALE: "plainscore.snapshot.stale", DRIFTED: "plainscore.score.drifted"}
TROUBLE = (RUN_REFUSED, RUN_FAILED, *FOUND.values())


def emit_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """Emit that a flow run failed or crashed, or was refused by checks or for its input.

    A hook; Prefect passes its arguments by position after a failure, by name after a crash.
    """
    error: Any = None
    with suppress(Exception):  # the process of a crashed run was killed
        error = state.result(raise_on_failure=False)
    is_refused = isinstance(error, ChecksRefused | InputRefused)
    is_error = isinstance(error, BaseException)
    message = str(error) if is_error else state.message or "ended without a message"
    emit(
        RUN_REFUSED if is_refused else RUN_FAILED,
        Path(str(flow_run.parameters.get("data", "data"))),
        f"{flow_run.name}: {message}",
        exit_code=getattr(error, "exit_code", 1),
        flow_run=flow_run.name,
    )


def emit_published(data_dir: Path, outcome: SnapshotOutcome) -> None:
    """Emit that a snapshot was published; one that was current already is no event."""
    as_of_date, known_on, run = outcome.run.text_key
    if outcome.is_new:
        facts = {"as_of_date": as_of_date, "known_on": known_on, "run": run}
        emit(PUBLISHED, data_dir, f"published: {outcome.run.dates}", **facts)


def emit(event: str, data_dir: Path, message: str, **figures: Any) -> None:
    """Emit an event of a data directory with a message and what else it says."""
    home = data_dir.resolve()
    emit_event(
        event,
        resource={
            "prefect.resource.id": f"plainscore.data.{home}",
            "prefect.resource.name": home.name,
        },
        payload={"message": message, **figures},
    )


# Artifacts


SHOWN_OF_A_CHECK = ("stage", "table_name", "check_name", "level", "outcome", "failed_count")


class Artifacts(Observer):
    """A progress artifact that moves with the stages of every date, and a table of its checks.

    ``dates``: how many will be published, as far as that is known.
    """

    def __init__(self, dates: int = 1) -> None:
        self.dates = dates
        self.done = 0
        self._shown = 0.0
        self._artifact = cast("UUID", create_progress_artifact(0.0, key="progress"))

    def counted(
        self, rounds: Iterable[Sequence[SnapshotDates]]
    ) -> Iterator[Sequence[SnapshotDates]]:
        """Yield each round, and count its dates when it begins."""
        for dates in rounds:
            self.dates += len(dates)
            yield dates

    def started(self, _run: RunState, stage: StageRecord) -> None:
        self._show(STAGES.index(stage.stage) / len(STAGES))

    def closed(self, run: RunState) -> None:
        self.done += 1
        if not run.is_current and run.results:
            publish_checks(run)

    def complete(self) -> None:
        """Show that everything is done."""
        self.done = self.dates
        self._show(0.0)

    def _show(self, part_of_date: float) -> None:
        percent = round(min(100.0, 100 * (self.done + part_of_date) / max(self.dates, 1)), 1)
        if percent > self._shown:
            self._shown = percent
            update_progress_artifact(self._artifact, percent)


def publish_checks(run: RunState) -> None:
    """Show the checks of a run, refused or not, as a table; those that did not pass come first.

    Without examples: they name people, and an erasure could not remove those from Prefect.
    """
    rows = [{name: getattr(one, name) for name in SHOWN_OF_A_CHECK} for one in run.results]
    rows.sort(key=lambda row: row["outcome"] == "passed")
    count = sum(row["outcome"] != "passed" for row in rows)
    description = f"{len(rows)} checks, {count} not passed ({run.request.dates})"
    create_table_artifact(key="checks", table=rows, description=description)


def show_snapshot(request: SnapshotRequest, outcome: SnapshotOutcome) -> None:
    """Show the facts of a published snapshot, and a link to its report."""
    facts = [f"- **{label}**: {escaped(text)}" for label, text in outcome.facts().items()]
    create_markdown_artifact(key="snapshot", markdown="\n".join(facts))
    file = report_file(request.data_dir, request.dates.as_of_date)
    if file.is_file():
        create_link_artifact(key="report", link=file.as_uri(), description=f"{request.dates}")
