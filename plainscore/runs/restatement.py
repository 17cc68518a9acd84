"""Publish anew, beside the old, the dates that late data touches."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from plainscore.contracts.dates import SnapshotDates
from plainscore.logs.event_store import open_store
from plainscore.runs.backfill import BackfillOutcome, Publish, done_once, publish_each
from plainscore.runs.doing import Do, plainly
from plainscore.runs.planning.late_data import late_events, newest_known
from plainscore.runs.recovery import complete_what_is_published
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.score_day import score_day
from plainscore.settings import Settings


@dataclass(frozen=True)
class Span:
    """Which dates are meant, both ends inclusive (None: no such end), and by when data arrived.

    ``known_on`` None: the newest arrival day of the store.
    """

    first: date | None = None
    last: date | None = None
    known_on: date | None = None

    def holds(self, as_of_date: date) -> bool:
        """Return whether a date is meant."""
        return (self.first or date.min) <= as_of_date <= (self.last or date.max)


def restate(
    data_dir: Path,
    span: Span,
    settings: Settings,
    *,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    do: Do = plainly,
    publish: Publish = score_day,
) -> BackfillOutcome:
    """Ingest what is new, and publish every date that late data touches.

    The caller holds the writer lock. A date that fails does not stop the rest. One that failed
    between its run and the catalog is touched no more: it is shown first.
    """
    do = done_once(do, data_dir, settings)
    complete_what_is_published(data_dir)
    requests = [
        SnapshotRequest(data_dir, dates, settings, skip_refused, allow_stopped_feeds)
        for dates in do(dates_to_restate, data_dir, span)
    ]
    return publish_each(requests, lambda request: publish(request, do))


def dates_to_restate(data_dir: Path, span: Span) -> list[SnapshotDates]:
    """Return what is to be published beside the dates of a span that late data touches, sorted.

    A date that is published as known on that day or a later one is not touched.
    """
    store = open_store(data_dir)
    until = span.known_on or max(store.ledger()["arrived"].to_list(), default=date.min)
    candidates = [
        dates
        for dates in newest_known(data_dir)
        if span.holds(dates.as_of_date) and dates.known_on < until
    ]
    touched = late_events(store, candidates, until)
    return [SnapshotDates(dates.as_of_date, until) for dates in candidates if dates in touched]
