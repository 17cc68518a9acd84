"""`plainscore backfill`: publish the snapshots of many dates."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.runs.calendar import Every

if TYPE_CHECKING:
    from plainscore.runs.request import SnapshotRequest
    from plainscore.runs.schedule import DatesOutcome


def backfill(
    *,
    from_: Annotated[date | None, Parameter(name="--from")] = None,
    to: date | None = None,
    every: Every = "month",
    dates: Path | None = None,
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecard: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    limits: Limits = NO_LIMITS,
    no_prefect: Annotated[bool, Parameter(name=("--no-prefect", "--plain"), negative=())] = False,
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Publish the snapshots of many dates, both ends inclusive, in one process.

    Dates that are published and current are left as they are. A date that fails does not stop
    the rest: the command then ends with exit code 6 and says which failed and why.

    Parameters
    ----------
    from_
        First date.
    to
        Last date.
    every
        day; week, counted from the first date; or month: the last days of the months within.
    dates
        A text file with the dates, one a line, instead of --from and --to.
    known_on
        Count what had arrived by this day; each date plus arrival_lag_days by default. History
        that was loaded at once needs it.
    data
        The data directory.
    scorecard
        Packaged card or path of one, champion first; give the flag once for each.
    skip_refused
        Publish although refused files stand in the way; the manifests say so.
    allow_stopped_feeds
        Publish although a log had no arrivals for longer than its limit.
    force
        Publish further runs although nothing changed.
    limits
        What the command may take of the machine.
    no_prefect
        Do the same stages without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from plainscore.cli.data_directory import require_data
    from plainscore.cli.many_dates import tell_outcome
    from plainscore.runs.plan import is_all_current
    from plainscore.runs.request import read_requests

    days = _days(from_, to, every, dates)
    require_data(data)
    wishes: dict[str, Any] = {
        "scorecards": scorecard,
        "skip_refused": skip_refused,
        "allow_stopped_feeds": allow_stopped_feeds,
        "force": force,
        **limits.wishes,
    }
    requests = read_requests(days, known_on, data, **wishes)
    if no_prefect or is_all_current(requests):
        outcome = _backfill_directly(requests)
    else:
        outcome = _backfill_under_prefect(days, known_on, data, wishes)
    return tell_outcome(outcome, output_format)


def _days(first: date | None, last: date | None, every: "Every", file: Path | None) -> list[date]:
    from plainscore.common.errors import UsageError
    from plainscore.runs.calendar import dates_between, read_dates

    if file is not None and first is None and last is None:
        return read_dates(file)
    if file is not None or first is None or last is None:
        raise UsageError("give --from and --to, or a file of dates with --dates")
    return dates_between(first, last, every)


def _backfill_directly(requests: "list[SnapshotRequest]") -> "DatesOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.runs.observers import terminal_progress
    from plainscore.runs.schedule import backfill

    first, last = requests[0].dates.as_of_date, requests[-1].dates.as_of_date
    purpose = f"backfill {first} to {last}"
    with writer_lock(requests[0].data_dir, purpose), terminal_progress() as shown:
        return backfill(requests, shown)


def _backfill_under_prefect(
    days: list[date], known_on: date | None, data: Path, wishes: dict[str, Any]
) -> "DatesOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.flows.server import run_flow, set_defaults

    with writer_lock(data, f"backfill {days[0]} to {days[-1]}", lend=True):
        set_defaults()
        from plainscore.flows.backfill import backfill
        from plainscore.runs.schedule import DatesFailed

        try:
            return run_flow(backfill, days=days, known_on=known_on, data=data, **wishes)
        except DatesFailed as error:
            return error.outcome
