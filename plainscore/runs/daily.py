"""What a day asks for, decided by what is there: missing dates, and what late data touches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from plainscore.contracts.dates import SnapshotDates
from plainscore.publish.pruned import pruned_runs
from plainscore.publish.runs import SNAPSHOTS, standing_runs
from plainscore.runs.backfill import BackfillOutcome, Publish, done_once, publish_each
from plainscore.runs.calendar import last_month_end
from plainscore.runs.doing import Do, plainly
from plainscore.runs.planning.late_data import newest_known
from plainscore.runs.recovery import complete_what_is_published
from plainscore.runs.request import SnapshotRequest, snapshot_dates
from plainscore.runs.restatement import Span, dates_to_restate
from plainscore.runs.score_day import score_day
from plainscore.settings import Settings


@dataclass(frozen=True)
class DailyWish:
    """What the daily run is asked for: everything up to ``last_day``, see ``[daily]``."""

    data_dir: Path
    last_day: date
    settings: Settings
    skip_refused: bool = False
    allow_stopped_feeds: bool = False


def daily(wish: DailyWish, do: Do = plainly, publish: Publish = score_day) -> BackfillOutcome:
    """Ingest what is new, publish the dates that are missing, restate those that late data touches.

    The caller holds the writer lock. A date that fails does not stop the rest.
    """
    do = done_once(do, wish.data_dir, wish.settings)
    complete_what_is_published(wish.data_dir)
    outcome = _publish(wish, do(missing_dates, wish), do, publish)
    restated = _publish(wish, do(touched_dates, wish), do, publish)
    outcome.done += restated.done
    outcome.failed |= restated.failed
    return outcome


def missing_dates(wish: DailyWish) -> list[SnapshotDates]:
    """Return the dates to be published for the first time, oldest first; the last day always.

    Days before the first published one are a backfill's; what is older than ``catch_up_days`` too.
    What was pruned stays away.
    """
    published = {run.dates.as_of_date for run in standing_runs(wish.data_dir)}
    pruned = pruned_runs(wish.data_dir / SNAPSHOTS)
    published |= {date.fromisoformat(record["as_of_date"]) for record in pruned}
    earliest = max(
        min(published, default=wish.last_day),
        wish.last_day - timedelta(days=wish.settings.daily.catch_up_days),
    )
    days = [earliest + timedelta(days=n) for n in range((wish.last_day - earliest).days + 1)]
    return [
        snapshot_dates(day, None, wish.settings)
        for day in days
        if day not in published or day == wish.last_day
    ]


def touched_dates(wish: DailyWish) -> list[SnapshotDates]:
    """Return what is to be published beside earlier dates that late data touches."""
    rule = wish.settings.daily
    if rule.restate == "none":
        return []
    known_on = snapshot_dates(wish.last_day, None, wish.settings).known_on
    first = wish.last_day - timedelta(days=rule.restate_days)
    span = Span(first, wish.last_day - timedelta(days=1), known_on)
    known = {dates.as_of_date: dates.known_on for dates in newest_known(wish.data_dir)}
    return [
        dates
        for dates in dates_to_restate(wish.data_dir, span)
        if rule.restate == "all" or last_month_end(dates.as_of_date) == dates.as_of_date
        if (known_on - known[dates.as_of_date]).days >= rule.restate_every_days
    ]


def _publish(
    wish: DailyWish, dates: Sequence[SnapshotDates], do: Do, publish: Publish
) -> BackfillOutcome:
    requests = [
        SnapshotRequest(
            wish.data_dir, one, wish.settings, wish.skip_refused, wish.allow_stopped_feeds
        )
        for one in dates
    ]
    return publish_each(requests, lambda request: publish(request, do))
