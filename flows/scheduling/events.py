"""What is told to Prefect as events, to which its automations can answer.

Messages name no person: what becomes of them is not ours to know.
"""

from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event

from plainscore.common.errors import ChecksRefused, InputRefused
from plainscore.runs.score_day import SnapshotOutcome
from plainscore.runs.watching import DRIFTED, STALE, Finding

PUBLISHED = "plainscore.snapshot.published"
RUN_REFUSED, RUN_FAILED = "plainscore.run.refused", "plainscore.run.failed"
FOUND = {STALE: "plainscore.snapshot.stale", DRIFTED: "plainscore.score.drifted"}
TROUBLE = (RUN_REFUSED, RUN_FAILED, *FOUND.values())


def tell_failure(_flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tell that a flow run failed, or was refused by checks or for its input."""
    error = _error_of(state)
    is_refused = isinstance(error, ChecksRefused | InputRefused)
    message = str(error) if error is not None else state.message or "ended without a word"
    _tell(
        RUN_REFUSED if is_refused else RUN_FAILED,
        Path(str(flow_run.parameters.get("data", "data"))),
        f"{flow_run.name}: {message}",
        exit_code=getattr(error, "exit_code", 1),
        flow_run=flow_run.name,
    )


def tell_published(data_dir: Path, outcome: SnapshotOutcome) -> None:
    """Tell that a snapshot was published; one that was current already is not told again."""
    if outcome.is_new:
        dates = outcome.run.dates
        _tell(
            PUBLISHED,
            data_dir,
            f"published: {dates}",
            as_of_date=str(dates.as_of_date),
            known_on=str(dates.known_on),
            run=outcome.run.name,
        )


def tell_finding(data_dir: Path, finding: Finding) -> None:
    """Tell of something that is above its limit."""
    _tell(
        FOUND[finding.kind],
        data_dir,
        finding.message,
        figure=finding.figure,
        limit=finding.limit,
    )


def _tell(event: str, data_dir: Path, message: str, **figures: Any) -> None:
    home = data_dir.resolve()
    emit_event(
        event,
        resource={
            "prefect.resource.id": f"plainscore.data.{home}",
            "prefect.resource.name": home.name,
        },
        payload={"message": message, **figures},
    )


def _error_of(state: State[Any]) -> BaseException | None:
    """Return what a run raised; None of one whose process was killed, which can say nothing."""
    try:
        result = state.result(raise_on_failure=False)
    except Exception:
        return None
    return result if isinstance(result, BaseException) else None
