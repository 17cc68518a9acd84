"""Which dates to publish and why, and the one loop that publishes them.

``run`` asks for one date, ``backfill`` for many, ``daily`` for what is missing and what late data
makes stale, ``restate`` for what is stale; ``plan`` prints what they would do.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from plainscore.common.errors import Locked, PartlyDone, PlainscoreError, UsageError
from plainscore.common.files import translating_machine_errors
from plainscore.contracts import SnapshotDates
from plainscore.logs.event_store import open_store
from plainscore.publish.runs import all_runs, pruned_runs, published_runs
from plainscore.runs.calendar import DateRange, last_month_end
from plainscore.runs.inputs import late_events
from plainscore.runs.observers import Observer
from plainscore.runs.request import SnapshotRequest, snapshot_dates
from plainscore.runs.run import Prepared, SnapshotOutcome, prepare, score_day
from plainscore.settings import Settings

Publish = Callable[[SnapshotRequest, Prepared], SnapshotOutcome]

CONCERNS_ONE_DATE = (PlainscoreError, duckdb.Error, OSError)
CONCERNS_ALL_DATES = (UsageError, Locked, duckdb.InterruptException)

REQUESTED, MISSING, LATE_DATA = "requested", "not published yet", "late data arrived"
LAST_DAY, PUBLISHED, MONTH_END = "the last day", "published", "the last month end"


@dataclass(frozen=True)
class PlannedDate:
    """A snapshot to publish, and why."""

    dates: SnapshotDates
    why: str


def dates(
    data_dir: Path,
    settings: Settings,
    *,
    days: Sequence[date] | None = None,
    known_on: date | None = None,
    last_day: date | None = None,
    stale: DateRange | None = None,
    newest_arrival: date | None = None,
) -> list[PlannedDate]:
    """Return the dates that a question means, oldest first, each with the reason.

    ``days`` (run, backfill): these, as known on ``known_on``. ``last_day`` (daily): those missing
    up to it and those that late data makes stale. ``stale`` (restate): of a range, those that
    late data makes stale. None of them (plan): what is published, and the last month end before
    ``newest_arrival``.
    """
    if days is not None:
        return [PlannedDate(snapshot_dates(day, known_on, settings), REQUESTED) for day in days]
    if last_day is not None:
        missing = missing_dates(data_dir, settings, last_day)
        return missing + stale_by_rule(data_dir, settings, last_day)
    if stale is not None:
        return stale_dates(data_dir, stale)
    return _published_dates(data_dir, settings, newest_arrival)


def missing_dates(data_dir: Path, settings: Settings, last_day: date) -> list[PlannedDate]:
    """Return the dates to publish for the first time, oldest first; the last day always.

    Days before the first published one are a backfill's, and so is what is older than
    ``daily.catch_up_days``. What was pruned stays away.
    """
    published = {run.dates.as_of_date for run in all_runs(data_dir)}
    pruned = pruned_runs(data_dir)
    published |= {date.fromisoformat(record["as_of_date"]) for record in pruned}
    earliest = max(
        min(published, default=last_day),
        last_day - timedelta(days=settings.daily.catch_up_days),
    )
    days = [earliest + timedelta(days=n) for n in range((last_day - earliest).days + 1)]
    return [
        PlannedDate(snapshot_dates(day, None, settings), LAST_DAY if day == last_day else MISSING)
        for day in days
        if day not in published or day == last_day
    ]


def stale_by_rule(data_dir: Path, settings: Settings, last_day: date) -> list[PlannedDate]:
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
        if rule.restate == "all" or last_month_end(one.dates.as_of_date) == one.dates.as_of_date
        if (known_on - known[one.dates.as_of_date]).days >= rule.restate_every_days
    ]


def stale_dates(data_dir: Path, within: DateRange) -> list[PlannedDate]:
    """Return the published dates that late data makes stale, each with its later known_on.

    A date that is published as known on that day or a later one is not stale.
    """
    store = open_store(data_dir)
    until = within.known_on or max(store.ledger()["arrived"].to_list(), default=date.min)
    candidates = [
        one for one in newest_known(data_dir) if one.as_of_date in within and one.known_on < until
    ]
    touched = late_events(store, candidates, until)
    return [
        PlannedDate(SnapshotDates(one.as_of_date, until), LATE_DATA)
        for one in candidates
        if one in touched
    ]


def newest_known(data_dir: Path) -> list[SnapshotDates]:
    """Return every published as_of_date with the newest known_on that is published of it."""
    by_day = {run.dates.as_of_date: run.dates for run in published_runs(data_dir)}
    return [by_day[day] for day in sorted(by_day)]


def _published_dates(
    data_dir: Path, settings: Settings, newest_arrival: date | None
) -> list[PlannedDate]:
    """Return what is published, and the last month end by which anything had arrived.

    Days without any arrival have nothing new.
    """
    published = [PlannedDate(one, PUBLISHED) for one in newest_known(data_dir)]
    if newest_arrival is None:
        return published
    month_end = last_month_end(newest_arrival)
    if any(one.dates.as_of_date == month_end for one in published):
        return published
    known_on = month_end + timedelta(days=settings.arrival_lag_days)
    last = PlannedDate(SnapshotDates(month_end, known_on), MONTH_END)
    return sorted([*published, last], key=lambda one: one.dates)


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

    def add(self, other: "DatesOutcome") -> None:
        """Add what became of further dates."""
        self.done += other.done
        self.failed |= other.failed


class DatesFailed(PartlyDone):
    """Some dates failed: the message says which and why, ``outcome`` also what is done."""

    def __init__(self, outcome: DatesOutcome) -> None:
        total = len(outcome.failed) + len(outcome.done)
        reasons = [f"{dates.as_of_date}: {reason}" for dates, reason in outcome.failed.items()]
        head = f"{len(reasons)} of {total} dates failed; fix that and run it again:"
        super().__init__("\n".join([head, *reasons]))
        self.outcome = outcome


def publish_dates(
    planned: Iterable[PlannedDate],
    request: SnapshotRequest,
    prepared: Prepared,
    publish: Publish = score_day,
) -> DatesOutcome:
    """Publish every planned date with the settings and flags of ``request``.

    A date that fails for reasons of its own does not stop the rest: refused input and checks, a
    full disk, memory that the next date may not need. Raises what is wrong for every date
    (an invalid request, another writer), interruptions, and errors of the program.
    """
    outcome = DatesOutcome()
    for one in planned:
        try:
            with translating_machine_errors(request.data_dir):
                outcome.done.append(publish(replace(request, dates=one.dates), prepared))
        except CONCERNS_ALL_DATES:
            raise
        except CONCERNS_ONE_DATE as error:
            outcome.failed[one.dates] = _reason(error)
    return outcome


def backfill(
    requests: Sequence[SnapshotRequest], observers: Sequence[Observer] = ()
) -> DatesOutcome:
    """Publish many dates of one data directory, alike in everything else.

    The caller holds the writer lock, also of ``daily`` and ``restate``.
    """
    first = requests[0]
    prepared = prepare(first.data_dir, first.settings)
    planned = [PlannedDate(request.dates, REQUESTED) for request in requests]
    return publish_dates(planned, first, prepared, _observed(observers))


def daily(
    request: SnapshotRequest, last_day: date, observers: Sequence[Observer] = ()
) -> DatesOutcome:
    """Ingest what is new, publish the missing dates, and restate those that late data touches."""
    data_dir, settings = request.data_dir, request.settings
    prepared, publish = prepare(data_dir, settings), _observed(observers)
    outcome = publish_dates(missing_dates(data_dir, settings, last_day), request, prepared, publish)
    stale = stale_by_rule(data_dir, settings, last_day)
    outcome.add(publish_dates(stale, request, prepared, publish))
    return outcome


def restate(
    request: SnapshotRequest, within: DateRange, observers: Sequence[Observer] = ()
) -> DatesOutcome:
    """Ingest what is new, and publish every stale date again, with a later known_on."""
    prepared = prepare(request.data_dir, request.settings)
    stale = stale_dates(request.data_dir, within)
    return publish_dates(stale, request, prepared, _observed(observers))


def _observed(observers: Sequence[Observer]) -> Publish:
    return lambda request, prepared: score_day(request, prepared, observers)


def _reason(error: Exception) -> str:
    text = str(error).strip() or "without a message"
    if isinstance(error, PlainscoreError):
        return text
    return f"unexpected {type(error).__name__}: {text}"
