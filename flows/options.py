"""Options shared by all flows and tasks: hooks, retries, and parameter descriptions.

Prefect takes descriptions from a docstring in Google's style: ``described`` appends them.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, get_type_hints

from prefect import Task, runtime
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from plainscore.flows.artifacts import emit_failure
from plainscore.runs.calendar import resolve_date
from plainscore.runs.pipeline import RunOptions
from plainscore.settings import Settings, read_settings

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Results stay in memory: they are outcomes, and what counts is published.
FLOW_OPTIONS: dict[str, Any] = {
    "persist_result": False,
    "on_failure": [emit_failure],
    "on_crashed": [emit_failure],
}
TASK_OPTIONS: dict[str, Any] = {"persist_result": False, "cache_policy": NO_CACHE}


def is_io_error(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Return whether a task failed on input or output: anything else fails the same way again."""
    return isinstance(state.result(raise_on_failure=False), OSError)


IO_TASK_OPTIONS: dict[str, Any] = {
    **TASK_OPTIONS,
    "retries": 2,
    "retry_delay_seconds": 1,
    "retry_jitter_factor": 1.0,
    "retry_condition_fn": is_io_error,
}

# Parameters that are settings are described there.
DESCRIPTIONS = {
    "as_of_date": "The day whose end is scored (UTC): a date, last-day (the last one that is over "
    "when the run is due, less arrival_lag_days) or last-month-end.",
    "last_day": "The last day to publish (UTC): a date, or last-day, the last one that is over "
    "when the run is due, less arrival_lag_days.",
    "known_on": "Count what had arrived by this day. Empty: as_of_date plus arrival_lag_days; "
    "of a restatement, the newest arrival day.",
    "first": "The first date, inclusive.",
    "last": "The last date, inclusive.",
    "every": "day; week, counted from the first date; or month: the last days of the months.",
    "days": "These dates, instead of a first and a last one.",
    "data": "The data directory; a relative path is relative to the run's working directory.",
    "skip_refused": "Publish although refused files block it; the manifest says so.",
    "allow_stopped_feeds": "Publish although a log had no arrivals for longer than its limit.",
    "force": "Publish a further run although nothing changed.",
    "grace_days": "Delete files that have been out of use for this many days.",
    "dry_run": "Only report what would be retired and deleted.",
    "max_age_days": "Report a newest published date that is older than this many days.",
    "max_psi": "Report a PSI of the score above this.",
    "over_days": "PSI against the last snapshot at least this many days before the newest.",
}


def described(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return the function with its parameters as Prefect shows them.

    Its ``**options`` are the single ones of RunOptions; descriptions are in its docstring.
    """
    shown = signature(function)
    own = [one for one in shown.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
    if len(own) < len(shown.parameters):
        for name, kind in get_type_hints(RunOptions).items():
            default = False if kind is bool else None
            own.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind))
    function.__signature__ = shown.replace(parameters=own)  # type: ignore[attr-defined]
    lines = [f"    {one.name}: {_description(one.name)}" for one in own]
    function.__doc__ = "\n".join([function.__doc__ or "", "", "Args:", *lines])
    return function


def _description(name: str) -> str:
    if name in DESCRIPTIONS:
        return DESCRIPTIONS[name]
    return " ".join((Settings.model_fields[name].description or "").split())


def scheduled_day() -> date:
    """Return the day (UTC) for which this flow run was scheduled: a late run scores its own day."""
    due = runtime.flow_run.scheduled_start_time or datetime.now(UTC)
    return due.astimezone(UTC).date()


def name_by_day() -> str:
    """Return the name of a flow run: its flow, and the day that its parameters mean."""
    given = runtime.flow_run.parameters
    lag_days = read_settings(Path(given["data"])).arrival_lag_days
    day = given["last_day"] if "last_day" in given else given["as_of_date"]
    return f"{runtime.flow_run.flow_name} {resolve_date(day, scheduled_day(), lag_days)}"
