"""`plainscore serve`: run the deployments of prefect.yaml from this process, without a worker."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from prefect import serve
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import ConcurrencyLimitConfig, StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import MissingFlowError
from prefect.schedules import Cron, Interval, RRule, Schedule
from prefect.settings import PREFECT_API_URL
from prefect.states import Crashed

from plainscore.common.errors import UsageError
from plainscore.flows.server import prefect_server

SCHEDULES: dict[str, Callable[..., Schedule]] = {"cron": Cron, "interval": Interval, "rrule": RRule}
STOPPED = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)


def serve_file(file: Path, port: int) -> None:
    """Run what a prefect.yaml schedules when it is due, one run at a time, until Ctrl-C or SIGTERM.

    On the server that Prefect is set up for, or on one of our own at ``port``, which ends with us.
    Raises UsageError if the file has no valid deployments.
    """
    deployments = read_deployments(file)
    is_ours = not PREFECT_API_URL.value()
    with prefect_server(port, environment={}) as api:
        if is_ours:
            end_stopped_runs()
        names = ", ".join(one.name for one in deployments if one.schedules)
        print(
            f"scheduled: {names}; look at {api.removesuffix('/api')}", file=sys.stderr, flush=True
        )
        # Our own server stops with us: what was due meanwhile runs late, not never.
        serve(*deployments, limit=1, pause_on_shutdown=not is_ours, print_starting_message=False)


def end_stopped_runs() -> None:
    """End the runs that stopped with an earlier `serve`, which had this server to itself.

    Otherwise they would keep their place of a concurrency limit, and new runs would wait for it.
    """
    chosen = FlowRunFilter.model_validate({"state": {"type": {"any_": list(STOPPED)}}})
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=chosen):
            state: Any = Crashed(message="the process that ran it has ended")
            client.set_flow_run_state(run.id, state, force=True)


def read_deployments(file: Path) -> list[RunnerDeployment]:
    """Return the deployments of a prefect.yaml, as Prefect serves them, in its order.

    Raises UsageError if there is no such file, or a deployment is invalid.
    """
    if not file.is_file():
        raise UsageError(f"{file} is no file: go to the directory that holds it, or name another")
    try:
        declared = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
        by_name = {one["name"]: one for one in declared}
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise UsageError(f"{file} declares no deployments: {error}") from error
    return [_deployment(name, one) for name, one in by_name.items()]


def _deployment(name: str, declared: Mapping[str, Any]) -> RunnerDeployment:
    limit = declared.get("concurrency_limit")
    try:
        if isinstance(limit, Mapping):
            limit = ConcurrencyLimitConfig.model_validate(limit)
        made: RunnerDeployment = RunnerDeployment.from_entrypoint(
            declared["entrypoint"],
            name=name,
            description=declared.get("description", ""),
            parameters=dict(declared.get("parameters") or {}),
            schedules=[_schedule(one) for one in declared.get("schedules") or ()],
            concurrency_limit=limit,
            tags=list(declared.get("tags") or ()),
        )
    except (MissingFlowError, ImportError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the deployment {name} is invalid: {error}") from error
    return made


def _schedule(declared: Mapping[str, Any]) -> Schedule:
    kinds = [kind for kind in SCHEDULES if kind in declared]
    if len(kinds) != 1:
        raise ValueError(f"a schedule has one of {', '.join(SCHEDULES)}")
    rest = {name: value for name, value in declared.items() if name != kinds[0]}
    return SCHEDULES[kinds[0]](declared[kinds[0]], **rest)
