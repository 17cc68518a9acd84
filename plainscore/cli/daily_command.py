"""`plainscore daily`: do what a day asks for, whatever was missed before."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.runs.calendar import NamedDay, meant_day

if TYPE_CHECKING:
    from plainscore.runs.backfill import BackfillOutcome


def daily(
    *,
    as_of: date | NamedDay = "last-day",
    data: Path = Path("data"),
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    limits: Limits = NO_LIMITS,
    plain: bool = False,
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
    plain
        Do the same steps without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from plainscore.cli.many_dates import tell_outcome

    wishes: dict[str, Any] = {
        "skip_refused": skip_refused,
        "allow_stopped_feeds": allow_stopped_feeds,
        **limits.wishes,
    }
    outcome = (_plainly if plain else _under_prefect)(as_of, data, wishes)
    return tell_outcome(outcome, output_format)


def _plainly(as_of: date | NamedDay, data: Path, wishes: dict[str, Any]) -> "BackfillOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.runs.daily import DailyWish, daily
    from plainscore.runs.progress import step_progress
    from plainscore.settings import read_settings

    skip, allow = wishes.pop("skip_refused"), wishes.pop("allow_stopped_feeds")
    settings = read_settings(data, **wishes)
    last_day = meant_day(as_of, datetime.now(UTC).date(), settings.arrival_lag_days)
    wish = DailyWish(data, last_day, settings, skip, allow)
    with writer_lock(data, f"daily {last_day}"), step_progress() as do:
        return daily(wish, do)


def _under_prefect(as_of: date | NamedDay, data: Path, wishes: dict[str, Any]) -> "BackfillOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.flows.scheduling.prefect_start import prepare_prefect

    with writer_lock(data, f"daily {as_of}", lend=True):
        prepare_prefect()
        from plainscore.flows.prefect_flows import daily_flow, start_own_server
        from plainscore.runs.backfill import DatesFailed

        start_own_server()
        try:
            outcome: BackfillOutcome = daily_flow(as_of, data, **wishes)
        except DatesFailed as error:
            return error.outcome
    return outcome
