"""`plainscore restate`: publish anew, beside the old, what late data touches."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.runs.calendar import NamedDay, meant_day

if TYPE_CHECKING:
    from plainscore.runs.backfill import BackfillOutcome
    from plainscore.runs.restatement import Span


def restate(
    *,
    from_: Annotated[date | None, Parameter(name="--from")] = None,
    to: date | None = None,
    known_on: date | NamedDay | None = None,
    data: Path = Path("data"),
    scorecard: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    limits: Limits = NO_LIMITS,
    plain: bool = False,
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
    plain
        Do the same steps without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from plainscore.cli.many_dates import tell_outcome
    from plainscore.runs.restatement import Span

    today = datetime.now(UTC).date()
    span = Span(from_, to, None if known_on is None else meant_day(known_on, today))
    wishes: dict[str, Any] = {
        "scorecards": scorecard,
        "skip_refused": skip_refused,
        "allow_stopped_feeds": allow_stopped_feeds,
        **limits.wishes,
    }
    if plain or _is_nothing_late(data, span):
        outcome = _restate_plainly(data, span, **wishes)
    else:
        outcome = _restate_under_prefect(data, span, wishes)
    if not (outcome.done or outcome.failed or output_format == "json"):
        print("nothing to restate: no late data touches a published date")
        return 0
    return tell_outcome(outcome, output_format)


def _is_nothing_late(data: Path, span: "Span") -> bool:
    """Return whether there is nothing to do: then no Prefect server need be started for it."""
    from plainscore.runs.planning.arrivals import look_at_arrivals
    from plainscore.runs.restatement import dates_to_restate

    return not look_at_arrivals(data).new and not dates_to_restate(data, span)


def _restate_plainly(
    data: Path,
    span: "Span",
    *,
    skip_refused: bool,
    allow_stopped_feeds: bool,
    **flags: Any,
) -> "BackfillOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.runs.progress import step_progress
    from plainscore.runs.restatement import restate
    from plainscore.settings import read_settings

    settings = read_settings(data, **flags)
    with writer_lock(data, "restate"), step_progress() as do:
        return restate(
            data,
            span,
            settings,
            skip_refused=skip_refused,
            allow_stopped_feeds=allow_stopped_feeds,
            do=do,
        )


def _restate_under_prefect(data: Path, span: "Span", wishes: dict[str, Any]) -> "BackfillOutcome":
    from plainscore.common.lock import writer_lock
    from plainscore.flows.scheduling.prefect_start import prepare_prefect

    with writer_lock(data, "restate", lend=True):
        prepare_prefect()
        from plainscore.flows.prefect_flows import restate_flow, start_own_server
        from plainscore.runs.backfill import DatesFailed

        start_own_server()
        try:
            outcome: BackfillOutcome = restate_flow(
                span.first, span.last, span.known_on, data, **wishes
            )
        except DatesFailed as error:
            return error.outcome
    return outcome
