"""`plainscore daily`: do what a day asks for, whatever was missed before."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.runs.calendar import RelativeDate

if TYPE_CHECKING:
    from plainscore.runs.schedule import DatesOutcome


def daily(
    *,
    as_of: date | RelativeDate = "last-day",
    data: Path = Path("data"),
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    limits: Limits = NO_LIMITS,
    no_prefect: Annotated[bool, Parameter(name=("--no-prefect", "--plain"), negative=())] = False,
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Take in what has arrived, publish every date that is missing, restate what late data touches.

    Missing are the last day and, up to [daily] catch_up_days back, days since the first published
    date that have no snapshot: runs that failed or never were. Late data makes another snapshot of
    a month end (or of every date, see [daily] restate). What is odd about what arrived is told.

    Parameters
    ----------
    as_of
        The last day (UTC); last-day is the last one that is over, less arrival_lag_days.
    data
        The data directory.
    skip_refused
        Publish although refused files stand in the way; the manifests say so.
    allow_stopped_feeds
        Publish although a log had no arrivals for longer than its limit, or far too few rows.
    limits
        What the command may take of the machine.
    no_prefect
        Do the same stages without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from plainscore.cli.many_dates import tell_outcome

    wishes: dict[str, Any] = {
        "skip_refused": skip_refused,
        "allow_stopped_feeds": allow_stopped_feeds,
        **limits.wishes,
    }
    outcome = (_directly if no_prefect else _under_prefect)(as_of, data, wishes)
    return tell_outcome(outcome, output_format)


def _directly(as_of: date | RelativeDate, data: Path, wishes: dict[str, Any]) -> "DatesOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.runs.observers import terminal_progress
    from plainscore.runs.request import read_request
    from plainscore.runs.schedule import daily

    request = read_request(as_of, None, data, **wishes)
    last_day = request.dates.as_of_date
    with writer_lock(data, f"daily {last_day}"), terminal_progress() as shown:
        return daily(request, last_day, shown)


def _under_prefect(
    as_of: date | RelativeDate, data: Path, wishes: dict[str, Any]
) -> "DatesOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.flows.server import run_flow, set_defaults

    with writer_lock(data, f"daily {as_of}", lend=True):
        set_defaults()
        from plainscore.flows.daily import daily
        from plainscore.runs.schedule import DatesFailed

        try:
            return run_flow(daily, last_day=as_of, data=data, **wishes)
        except DatesFailed as error:
            return error.outcome
