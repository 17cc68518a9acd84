"""Serve the deployments of a page from this process: no work pool, no worker."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import MissingFlowError
from prefect.schedules import Cron, Interval, RRule, Schedule
from prefect.settings import PREFECT_API_URL, temporary_settings

from plainscore.common.errors import UsageError
from plainscore.flows.scheduling.declared import KINDS, Declared
from plainscore.flows.scheduling.loopback import ONE_AT_A_TIME, loopback_server

_MADE_BY: Mapping[str, Callable[..., Schedule]] = dict(
    zip(KINDS, (Cron, Interval, RRule), strict=True)
)


def serve_declared(declared: Sequence[Declared], port: int, tell: Callable[[str], None]) -> None:
    """Run what is declared when it is due, one at a time, until Ctrl-C or SIGTERM.

    On the server that Prefect is set up for; where it is for none, on one of our own at ``port``,
    which ends with us. ``tell`` is told the address of the server's pages.
    """
    deployments = [served(one) for one in declared]
    with ExitStack() as opened:
        api = PREFECT_API_URL.value()
        is_ours = not api
        if is_ours:
            api = opened.enter_context(loopback_server(port))
            opened.enter_context(temporary_settings({PREFECT_API_URL: api}))
        tell(str(api).removesuffix("/api"))
        # A server of our own stands still with us: what was due meanwhile runs late, not never.
        serve(
            *deployments,
            limit=int(ONE_AT_A_TIME),
            pause_on_shutdown=not is_ours,
            print_starting_message=False,
        )


def served(declared: Declared) -> RunnerDeployment:
    """Return a deployment as Prefect serves it.

    Raises UsageError where there is no such flow, or a schedule cannot be meant.
    """
    limit = declared.concurrency_limit
    try:
        made: RunnerDeployment = RunnerDeployment.from_entrypoint(
            declared.entrypoint,
            name=declared.name,
            description=declared.description,
            parameters=dict(declared.parameters),
            schedules=[_schedule(said) for said in declared.schedules],
            concurrency_limit=ConcurrencyLimitConfig.model_validate(limit)
            if isinstance(limit, Mapping)
            else limit,
            tags=list(declared.tags),
        )
    except (MissingFlowError, ImportError, TypeError, ValueError) as error:
        raise UsageError(f"the deployment {declared.name} cannot be meant: {error}") from error
    return made


def _schedule(said: Mapping[str, Any]) -> Schedule:
    kind = next(kind for kind in KINDS if kind in said)
    rest = {name: value for name, value in said.items() if name != kind}
    return _MADE_BY[kind](said[kind], **rest)
