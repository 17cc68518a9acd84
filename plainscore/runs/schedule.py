"""Which dates to publish and why, and the one loop that publishes them.

``run`` asks for one date, ``backfill`` for many, ``daily`` for what is missing and what late data
makes stale, ``restate`` for what is stale; ``plan`` prints what they would do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import duckdb

from plainscore.common.errors import Locked, PartlyDone, PlainscoreError, UsageError
from plainscore.common.files import translating_machine_errors
from plainscore.contracts import SnapshotDates
from plainscore.publish.runs import all_runs, default_runs, pruned_runs, published_runs
from plainscore.runs.calendar import DateRange, last_month_end
from plainscore.runs.inputs import late_events
from plainscore.runs.observers import Observer
from plainscore.runs.pipeline import Prepared, SnapshotRequest, snapshot_dates
from plainscore.runs.run import SnapshotOutcome, prepare, score_day
from plainscore.settings import Settings
from plainscore.store.event_store import open_store

CONCERNS_ONE_DATE = (PlainscoreError, duckdb.Error, OSError)
CONCERNS_ALL_DATES = (UsageError, Locked, duckdb.InterruptException)


def dates_of(
    days: Sequence[date], known_on: date | None, settings: Settings
) -> list[SnapshotDates]:
    """Return both clocks of each day; see ``snapshot_dates``."""
    return [snapshot_dates(day, known_on, settings) for day in days]


def missing_dates(data_dir: Path, settings: Settings, last_day: date) -> list[SnapshotDates]:
    """Return the dates to publish for the first time, oldest first; the last day always.

    Days before the first published one are a backfill's, and so is what is older than
    ``daily.catch_up_days``. What was pruned stays away.
    """
    published = {run.dates.as_of_date for run in all_runs(data_dir)}
    published |= {date.fromisoformat(one["as_of_date"]) for one in pruned_runs(data_dir)}
    oldest_to_catch_up = last_day - timedelta(days=settings.daily.catch_up_days)
    earliest = max(min(published, default=last_day), oldest_to_catch_up)
    days = [earliest + timedelta(days=n) for n in range((last_day - earliest).days + 1)]
    missing = [day for day in days if day not in published or day == last_day]
    return dates_of(missing, None, settings)


def stale_by_rule(data_dir: Path, settings: Settings, last_day: date) -> list[SnapshotDates]:
    """Return the stale dates before ``last_day`` that the settings ``[daily]`` let it restate."""
    rule = settings.daily
    if rule.restate == "none":
        return []
    known_on = snapshot_dates(last_day, None, settings).known_on
    first = last_day - timedelta(days=rule.restate_days)
    within = DateRange(first, last_day - timedelta(days=1), known_on)
    known = {dates.as_of_date: dates.known_on for dates in newest_known(data_dir)}
    return [
        one
        for one in stale_dates(data_dir, within)
        if rule.restate == "all" or last_month_end(one.as_of_date) == one.as_of_date
        if (known_on - known[one.as_of_date]).days >= rule.restate_every_days
    ]


def stale_dates(data_dir: Path, within: DateRange) -> list[SnapshotDates]:
    """Return the published dates that late data makes stale, each with its later known_on.

    A date that is published as known on that day or a later one is not stale.
    """
    store = open_store(data_dir)
    until = within.known_on or max(store.ledger()["arrived"].to_list(), default=date.min)
    candidates = [
        one for one in newest_known(data_dir) if one.as_of_date in within and one.known_on < until
    ]
    touched = sorted(late_events(store, candidates, until))
    return [SnapshotDates(one.as_of_date, until) for one in touched]


def daily_rounds(
    data_dir: Path, settings: Settings, last_day: date
) -> Iterator[list[SnapshotDates]]:
    """Yield the missing dates, then, once they are published, what late data makes stale."""
    yield missing_dates(data_dir, settings, last_day)
    yield stale_by_rule(data_dir, settings, last_day)


def restatement(data_dir: Path, within: DateRange) -> Iterator[list[SnapshotDates]]:
    """Yield the stale dates, looked for once new files are ingested."""
    yield stale_dates(data_dir, within)


def newest_known(data_dir: Path) -> list[SnapshotDates]:
    """Return every published as_of_date with the newest known_on that is published of it."""
    return [run.dates for run in default_runs(published_runs(data_dir))]


def published_dates(
    data_dir: Path, settings: Settings, newest_arrival: date | None
) -> list[SnapshotDates]:
    """Return what is published, and the last month end by which anything had arrived.

    Days without any arrival have nothing new.
    """
    planned = newest_known(data_dir)
    month_end = newest_arrival and last_month_end(newest_arrival)
    if month_end is not None and all(one.as_of_date != month_end for one in planned):
        known_on = month_end + timedelta(days=settings.arrival_lag_days)
        planned.append(SnapshotDates(month_end, known_on))
    return sorted(planned)


# The one loop


@dataclass
class DatesOutcome:
    """What became of each date: published (or current already), or failed with the reason."""

    done: list[SnapshotOutcome] = field(default_factory=list)
    failed: dict[SnapshotDates, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0, or that of PartlyDone if a date failed."""
        return PartlyDone.exit_code if self.failed else 0


class DatesFailed(PartlyDone):
    """Some dates failed: the message says which and why, ``outcome`` also what is done."""

    def __init__(self, outcome: DatesOutcome) -> None:
        total = len(outcome.failed) + len(outcome.done)
        reasons = [f"{dates.as_of_date}: {reason}" for dates, reason in outcome.failed.items()]
        head = f"{len(reasons)} of {total} dates failed; fix that and run it again:"
        super().__init__("\n".join([head, *reasons]))
        self.outcome = outcome


def publish_rounds(
    rounds: Iterable[Sequence[SnapshotDates]],
    request: SnapshotRequest,
    prepared: Prepared,
    publish: Callable[[SnapshotRequest, Prepared], SnapshotOutcome],
) -> DatesOutcome:
    """Publish all dates of one round after the other with the settings and flags of ``request``.

    A date that fails for reasons of its own does not stop the rest: refused input and checks, a
    full disk, memory that the next date may not need. Raises what is wrong for every date
    (an invalid request, another writer), interruptions, and errors of the program.
    """
    outcome = DatesOutcome()
    for dates in chain.from_iterable(rounds):
        try:
            with translating_machine_errors(request.data_dir):
                outcome.done.append(publish(replace(request, dates=dates), prepared))
        except CONCERNS_ALL_DATES:
            raise
        except CONCERNS_ONE_DATE as error:
            text = str(error).strip() or "without a message"
            is_ours = isinstance(error, PlainscoreError)
            reason = text if is_ours else f"unexpected {type(error).__name__}: {text}"
            outcome.failed[dates] = reason
    return outcome


def publish_in_process(
    rounds: Iterable[Sequence[SnapshotDates]],
    request: SnapshotRequest,
    observers: Sequence[Observer] = (),
) -> DatesOutcome:
    """Ingest what is new and publish the rounds. The caller holds the writer lock."""
    prepared = prepare(request.data_dir, request.settings)
    return publish_rounds(
        rounds, request, prepared, lambda one, prepared: score_day(one, prepared, observers)
    )
