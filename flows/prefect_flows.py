"""The flows as Prefect runs them: the plain functions, each step a task named as its function.

A step gets its arguments by closure: Prefect walks through every argument of a task in search of
futures, and ours hold a whole catalog and an open database.
"""

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

from prefect import Task, flow, task
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_EPHEMERAL_ENABLED

from dashboards.markdown import escaped
from flows.backfill import BackfillOutcome, backfill
from flows.calendar import Every, dates_between
from flows.doing import Do, plainly
from flows.lock import writer_lock
from flows.progress import step_progress
from flows.publish.reports import report_file
from flows.report.reporting import has_report
from flows.request import SnapshotRequest, read_request, read_requests
from flows.restatement import Span, restate
from flows.score_day import SnapshotOutcome, score_day
from flows.settings import read_settings
from flows.steps import House, publish_run, stage_files
from flows.summary import snapshot_markdown

WRITES = (stage_files, publish_run)


def start_own_server() -> None:
    """Start the server that Prefect would start where none is configured; deaf to Ctrl-C.

    A terminal sends Ctrl-C to every process in it. The server ended too, and Prefect then tried
    for more than a minute to tell it so. It still ends with the command, by SIGTERM.
    """
    if PREFECT_API_URL.value() or not PREFECT_SERVER_EPHEMERAL_ENABLED.value():
        return
    starting = Thread(target=_start_deaf_server, daemon=True)
    starting.start()
    starting.join()


def _start_deaf_server() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # what a thread starts inherits it
    with suppress(RuntimeError):  # the flow tries again, and tells
        SubprocessASGIServer().start()


def tasked(do: Do = plainly) -> Do:
    """Return a way to do each step as a Prefect task; ``do`` is how the task itself does it."""

    def do_as_task(step: Callable[..., Any], *arguments: object) -> Any:
        words = [step.__name__, *(word for word in arguments if isinstance(word, str))]
        is_write = step in WRITES
        as_task = task(
            name=step.__name__,
            task_run_name=" ".join(words),
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=2 if is_write else 0,
            retry_delay_seconds=1,
            retry_jitter_factor=1.0,
            retry_condition_fn=_was_input_or_output,
        )
        return as_task(lambda: do(step, *arguments))()

    return do_as_task


def _was_input_or_output(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Only reading and writing is worth a second try: everything else fails the same again."""
    return isinstance(state.result(raise_on_failure=False), OSError)


def publish_checks(house: House) -> None:
    """Show the checks of a run, refused or not, as a Prefect table artifact."""
    rows = [asdict(one) | {"examples": escaped(one.examples)} for one in house.results]
    loud = [row for row in rows if row["outcome"] != "passed"]
    create_table_artifact(
        key="checks",
        table=[*loud, *(row for row in rows if row["outcome"] == "passed")],
        description=f"{len(rows)} checks, {len(loud)} not passed ({house.request.dates})",
    )


@flow(name="score-day", flow_run_name="score-day {as_of_date}", persist_result=False)
def score_day_flow(
    as_of_date: date,
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecards: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> SnapshotOutcome:
    """Publish the snapshot of one date; parameters as of ``flows.request.read_request``."""
    request = read_request(
        as_of_date,
        known_on,
        data,
        scorecards=scorecards,
        skip_refused=skip_refused,
        allow_stopped_feeds=allow_stopped_feeds,
        force=force,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
    )
    with writer_lock(data, f"run {as_of_date}"), step_progress() as do:
        return _score_day_with_artifacts(request, tasked(do))


@flow(name="backfill", flow_run_name="backfill {first} to {last}", persist_result=False)
def backfill_flow(
    first: date,
    last: date,
    every: Every = "month",
    data: Path = Path("data"),
    scorecards: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> BackfillOutcome:
    """Publish the snapshots of many dates in one process; see ``flows.backfill``."""
    requests = read_requests(
        dates_between(first, last, every),
        None,
        data,
        scorecards=scorecards,
        skip_refused=skip_refused,
        allow_stopped_feeds=allow_stopped_feeds,
        force=force,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
    )
    with writer_lock(data, f"backfill {first} to {last}"), step_progress() as do:
        return backfill(requests, tasked(do), _score_day_with_artifacts)


@flow(name="restate", persist_result=False)
def restate_flow(
    first: date | None = None,
    last: date | None = None,
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecards: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> BackfillOutcome:
    """Publish every published date that late data touches once more; see ``flows.restatement``."""
    settings = read_settings(
        data,
        scorecards=scorecards,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
    )
    with writer_lock(data, "restate"), step_progress() as do:
        return restate(
            data,
            Span(first, last, known_on),
            settings,
            skip_refused=skip_refused,
            allow_stopped_feeds=allow_stopped_feeds,
            do=tasked(do),
            publish=_score_day_with_artifacts,
        )


def _score_day_with_artifacts(request: SnapshotRequest, do: Do) -> SnapshotOutcome:
    outcome = score_day(request, do, publish_checks)
    create_markdown_artifact(key="snapshot", markdown=snapshot_markdown(outcome))
    if has_report(request):
        file = report_file(request.data_dir, request.dates.as_of_date)
        create_link_artifact(key="report", link=file.as_uri(), description=f"{request.dates}")
    return outcome
