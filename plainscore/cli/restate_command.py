"""`plainscore restate`: publish anew, beside the old, what late data touches."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.runs.calendar import RelativeDate, resolve_date

if TYPE_CHECKING:
    from plainscore.runs.calendar import DateRange
    from plainscore.runs.schedule import DatesOutcome


def restate(
    *,
    from_: Annotated[date | None, Parameter(name="--from")] = None,
    to: date | None = None,
    known_on: date | RelativeDate | None = None,
    data: Path = Path("data"),
    scorecard: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    limits: Limits = NO_LIMITS,
    no_prefect: Annotated[bool, Parameter(name=("--no-prefect", "--plain"), negative=())] = False,
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Publish every published date that late data touches once more, with a later known_on.

    Late data happened on or before a date and arrived after what its newest snapshot knows. That
    snapshot stays as it is; the plain views show the later one. `plan` says which dates it is.

    Parameters
    ----------
    from_
        Only dates from this one on.
    to
        Only dates up to this one.
    known_on
        Count what had arrived by this day; last-day is yesterday (UTC). The newest arrival day by
        default.
    data
        The data directory.
    scorecard
        Packaged card or path of one, champion first; give the flag once for each.
    skip_refused
        Publish although refused files stand in the way; the manifests say so.
    allow_stopped_feeds
        Publish although a log had no arrivals for longer than its limit.
    limits
        What the command may take of the machine.
    no_prefect
        Do the same stages without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from plainscore.cli.many_dates import tell_outcome
    from plainscore.runs.calendar import DateRange

    today = datetime.now(UTC).date()
    within = DateRange(from_, to, None if known_on is None else resolve_date(known_on, today))
    wishes: dict[str, Any] = {
        "scorecards": scorecard,
        "skip_refused": skip_refused,
        "allow_stopped_feeds": allow_stopped_feeds,
        **limits.wishes,
    }
    if no_prefect or _is_nothing_late(data, within):
        outcome = _restate_directly(data, within, wishes)
    else:
        outcome = _restate_under_prefect(data, within, wishes)
    if not (outcome.done or outcome.failed or output_format == "json"):
        print("nothing to restate: no late data touches a published date")
        return 0
    return tell_outcome(outcome, output_format)


def _is_nothing_late(data: Path, within: "DateRange") -> bool:
    """Return whether there is nothing to do: then no Prefect server need be started for it."""
    from plainscore.runs.plan import look_at_arrivals
    from plainscore.runs.schedule import stale_dates

    return not look_at_arrivals(data).new and not stale_dates(data, within)


def _restate_directly(data: Path, within: "DateRange", wishes: dict[str, Any]) -> "DatesOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.runs.observers import terminal_progress
    from plainscore.runs.request import read_request
    from plainscore.runs.schedule import restate

    request = read_request("last-day", None, data, **wishes)
    with writer_lock(data, "restate"), terminal_progress() as shown:
        return restate(request, within, shown)


def _restate_under_prefect(
    data: Path, within: "DateRange", wishes: dict[str, Any]
) -> "DatesOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.flows.server import run_flow, set_defaults

    dates = {"first": within.first, "last": within.last, "known_on": within.known_on}
    with writer_lock(data, "restate", lend=True):
        set_defaults()
        from plainscore.flows.restate import restate
        from plainscore.runs.schedule import DatesFailed

        try:
            return run_flow(restate, **dates, data=data, **wishes)
        except DatesFailed as error:
            return error.outcome
