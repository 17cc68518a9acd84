"""The flows that publish, as Prefect runs them: the plain functions, each step a task.

A flow that publishes nothing, or not all that was asked, raises: its run is Failed, and the state's
message is the error's, which says what to do.
"""

import signal
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread

from prefect import flow, runtime
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_EPHEMERAL_ENABLED

from plainscore.common.lock import writer_lock
from plainscore.engines.options import EngineName
from plainscore.flows.scheduling.artifacts import ShownProgress
from plainscore.flows.scheduling.parameters import OURS, described
from plainscore.flows.scheduling.tasks import tasked
from plainscore.runs.backfill import BackfillOutcome, DatesFailed, backfill
from plainscore.runs.calendar import Every, NamedDay, dates_between, meant_day
from plainscore.runs.daily import DailyWish, daily
from plainscore.runs.progress import step_progress
from plainscore.runs.request import read_request, read_requests
from plainscore.runs.restatement import Span, restate
from plainscore.runs.score_day import SnapshotOutcome
from plainscore.settings import read_settings


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


def scheduled_day() -> date:
    """Return the day (UTC) for which this flow run was scheduled: a late run scores its own day."""
    due = runtime.flow_run.scheduled_start_time or datetime.now(UTC)
    return due.astimezone(UTC).date()


def _day_in_words() -> str:
    given = runtime.flow_run.parameters
    lag_days = read_settings(Path(given["data"])).arrival_lag_days
    day = given["last_day"] if "last_day" in given else given["as_of_date"]
    return f"{runtime.flow_run.flow_name} {meant_day(day, scheduled_day(), lag_days)}"


@flow(name="score-day", flow_run_name=_day_in_words, **OURS)
@described
def score_day_flow(
    as_of_date: date | NamedDay = "last-day",
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecards: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
    engine: EngineName | None = None,
    master: str | None = None,
) -> SnapshotOutcome:
    """Take in what has newly arrived and publish the snapshot of one date."""
    request = read_request(
        as_of_date,
        known_on,
        data,
        today=scheduled_day(),
        scorecards=scorecards,
        skip_refused=skip_refused,
        allow_stopped_feeds=allow_stopped_feeds,
        force=force,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
        engine=engine,
        master=master,
    )
    with writer_lock(data, f"run {request.dates.as_of_date}"), step_progress() as do:
        progress = ShownProgress()
        outcome = progress.score_day(request, progress.moved_by(tasked(do)))
        progress.complete()
    return outcome


@flow(name="daily", flow_run_name=_day_in_words, **OURS)
@described
def daily_flow(
    last_day: date | NamedDay = "last-day",
    data: Path = Path("data"),
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> BackfillOutcome:
    """Publish every date that is missing, and once more what late data touches."""
    settings = read_settings(
        data, threads=threads, memory_limit=memory_limit, temp_directory=temp_directory
    )
    day = meant_day(last_day, scheduled_day(), settings.arrival_lag_days)
    wish = DailyWish(data, day, settings, skip_refused, allow_stopped_feeds)
    with writer_lock(data, f"daily {day}"), step_progress() as do:
        progress = ShownProgress()
        outcome = daily(wish, progress.moved_by(tasked(do)), progress.score_day)
        progress.complete()
    return _all_done(outcome)


@flow(name="backfill", flow_run_name="backfill {first} to {last}", **OURS)
@described
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
    """Publish the snapshots of many dates in one process; DatesFailed where some failed."""
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
        progress = ShownProgress(len(requests))
        outcome = backfill(requests, progress.moved_by(tasked(do)), progress.score_day)
        progress.complete()
    return _all_done(outcome)


@flow(name="restate", **OURS)
@described
def restate_flow(
    first: date | None = None,
    last: date | None = None,
    known_on: date | NamedDay | None = None,
    data: Path = Path("data"),
    scorecards: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
) -> BackfillOutcome:
    """Publish every published date that late data touches once more, beside the old snapshots."""
    settings = read_settings(
        data,
        scorecards=scorecards,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
    )
    known = None if known_on is None else meant_day(known_on, scheduled_day())
    with writer_lock(data, "restate"), step_progress() as do:
        progress = ShownProgress()
        outcome = restate(
            data,
            Span(first, last, known),
            settings,
            skip_refused=skip_refused,
            allow_stopped_feeds=allow_stopped_feeds,
            do=progress.moved_by(tasked(do)),
            publish=progress.score_day,
        )
        progress.complete()
    return _all_done(outcome)


def _all_done(outcome: BackfillOutcome) -> BackfillOutcome:
    if outcome.failed:
        raise DatesFailed(outcome)
    return outcome
