"""`plainscore backfill`: publish the snapshots of many dates."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits

if TYPE_CHECKING:
    from plainscore.runs.backfill import BackfillOutcome
    from plainscore.runs.request import SnapshotRequest


def backfill(
    *,
    from_: Annotated[date, Parameter(name="--from")],
    to: date,
    every: Literal["day", "week", "month"] = "month",
    data: Path = Path("data"),
    scorecard: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    limits: Limits = NO_LIMITS,
    plain: bool = False,
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
    plain
        Do the same steps without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from plainscore.cli.data_directory import require_data
    from plainscore.cli.many_dates import is_done_already, tell_outcome
    from plainscore.runs.calendar import dates_between
    from plainscore.runs.request import read_requests

    dates = dates_between(from_, to, every)
    require_data(data)
    wishes: dict[str, Any] = {
        "scorecards": scorecard,
        "skip_refused": skip_refused,
        "allow_stopped_feeds": allow_stopped_feeds,
        "force": force,
        **limits.wishes,
    }
    requests = read_requests(dates, None, data, **wishes)
    if plain or is_done_already(requests):
        outcome = _backfill_plainly(requests)
    else:
        outcome = _backfill_under_prefect(from_, to, every, data, wishes)
    return tell_outcome(outcome, output_format)


def _backfill_plainly(requests: "list[SnapshotRequest]") -> "BackfillOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.runs.backfill import backfill
    from plainscore.runs.progress import step_progress

    first, last = requests[0].dates.as_of_date, requests[-1].dates.as_of_date
    purpose = f"backfill {first} to {last}"
    with writer_lock(requests[0].data_dir, purpose), step_progress() as do:
        return backfill(requests, do)


def _backfill_under_prefect(
    first: date,
    last: date,
    every: Literal["day", "week", "month"],
    data: Path,
    wishes: dict[str, Any],
) -> "BackfillOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.flows.scheduling.prefect_start import prepare_prefect

    with writer_lock(data, f"backfill {first} to {last}", lend=True):
        prepare_prefect()
        from plainscore.flows.prefect_flows import backfill_flow, start_own_server
        from plainscore.runs.backfill import DatesFailed

        start_own_server()
        try:
            outcome: BackfillOutcome = backfill_flow(first, last, every, data, **wishes)
        except DatesFailed as error:
            return error.outcome
    return outcome
