"""Events for Prefect, which its automations can act on.

Messages name no person: an erasure could not remove them from Prefect's database.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event

from plainscore.common.errors import ChecksRefused, InputRefused
from plainscore.runs.run import SnapshotOutcome
from plainscore.runs.upkeep import DRIFTED, STALE

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
