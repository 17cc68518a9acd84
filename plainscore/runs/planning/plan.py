"""Which dates would run, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from plainscore.common.errors import InputRefused
from plainscore.common.lock import writing_since
from plainscore.contracts.catalog import StageHash, load_catalog
from plainscore.contracts.dates import SnapshotDates
from plainscore.publish.manifest import read_manifest
from plainscore.publish.runs import Run, find_live_run
from plainscore.runs.calendar import last_month_end
from plainscore.runs.code_hash import code_by_stage, code_hash
from plainscore.runs.inputs import refuse_stopped_feeds, refused_in_the_way
from plainscore.runs.ledger.entry import INGEST, STAGES, Entry, outcome_now, read_entry
from plainscore.runs.planning.arrivals import Arrivals
from plainscore.runs.planning.late_data import late_events, newest_known
from plainscore.runs.planning.reasons import (
    Reason,
    changed_code,
    changed_scorecard,
    counted,
    failed_before,
    new_input,
    waiting_files,
)
from plainscore.runs.request import SnapshotRequest
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings

NOTHING, PUBLISH, REFUSED = "nothing", "publish", "refused"


@dataclass(frozen=True)
class DatePlan:
    """What a run of one snapshot would do.

    ``action``: nothing, publish, or refused (it would end with an error; the reasons say why).
    ``late``: log -> late events, where no later known_on of the date is published.
    """

    dates: SnapshotDates
    run: Run | None
    action: str
    reasons: list[Reason] = field(default_factory=list)
    late: Mapping[str, int] = field(default_factory=dict)

    @property
    def first_stage(self) -> str | None:
        """The first stage that comes out differently, if any."""
        return min((one.stage for one in self.reasons), key=STAGES.index, default=None)


class Planner:
    """Judges snapshots against what has arrived, and against code and scorecards as they are.

    Raises UsageError or ContractError where scorecards or contracts cannot be read.
    """

    def __init__(self, data_dir: Path, settings: Settings, arrivals: Arrivals) -> None:
        self._data_dir = data_dir
        self._settings = settings
        self._arrivals = arrivals
        self._cards: tuple[Scorecard, ...] = read_scorecards(settings.scorecards)
        self._catalog = load_catalog(self._cards)
        self._hashes: Mapping[str, StageHash] = code_by_stage(self._catalog, self._cards)
        self._code_hash: str | None = None
        self._writing_since = writing_since(data_dir)

    def plan(self, request: SnapshotRequest) -> DatePlan:
        """Return what a run of the request would do, late data left aside."""
        dates = request.dates
        run = find_live_run(self._data_dir, dates)
        manifest = read_manifest(run) if run else {}
        skipped = self._refused_files(dates, manifest)
        obstacle = self._obstacle(request, skipped)
        if obstacle:
            return DatePlan(dates, run, REFUSED, [Reason(INGEST, obstacle)])
        entry = read_entry(self._data_dir, dates)
        if run is None:
            reasons = self._reasons_to_begin(dates, entry)
        else:
            reasons = self._reasons_to_repeat(run, manifest, entry, skipped)
            if not reasons and request.force:
                reasons = [Reason("raw", "asked for by --force")]
        return DatePlan(dates, run, PUBLISH if reasons else NOTHING, reasons)

    def _refused_files(self, dates: SnapshotDates, manifest: Mapping[str, Any]) -> list[str]:
        """Return the refused files that stand in the way, with those that a run found to be so."""
        listed = refused_in_the_way(self._arrivals.refused, dates.known_on)
        found = {file.file for file in self._arrivals.new if file.arrived <= dates.known_on}
        found &= set(manifest.get("skipped_refused_files", ()))
        return sorted({*(refused.file for refused in listed), *found})

    def _obstacle(self, request: SnapshotRequest, skipped: list[str]) -> str:
        """Return what would end a run before it begins; empty where nothing would."""
        dates = request.dates
        if skipped and not request.skip_refused:
            return f"refused files in the way, {counted(skipped)}"
        inputs = self._arrivals.inputs(dates.known_on)
        inputs += [
            (file.log, file.file, file.arrived, "")
            for file in self._arrivals.new
            if file.arrived <= dates.known_on and file.file not in skipped
        ]
        if not inputs:
            return f"nothing had arrived by {dates.known_on}"
        try:
            if not request.allow_stopped_feeds:
                refuse_stopped_feeds(request, inputs)
        except InputRefused as error:
            return str(error)
        return ""

    def _reasons_to_begin(self, dates: SnapshotDates, entry: Entry) -> list[Reason]:
        waiting = waiting_files(dates, self._arrivals)
        first = Reason(INGEST if waiting else "raw", "not published yet")
        return [first, *self._failure(entry)]

    def _reasons_to_repeat(
        self, run: Run, manifest: Mapping[str, Any], entry: Entry, skipped: list[str]
    ) -> list[Reason]:
        attempt = entry.published
        if attempt is not None and attempt.run != run.name:
            attempt = None
        reasons = new_input(run.dates, manifest, attempt, self._arrivals)
        other_cards = changed_scorecard(manifest, self._cards, attempt, self._hashes)
        if attempt is not None:
            reasons += changed_code(attempt, self._hashes, same_cards=not other_cards)
        elif not other_cards and manifest["code"]["hash"] != self._whole_code_hash():
            reasons.append(Reason("raw", "changed code", "where, the ledger has lost"))
        reasons += other_cards
        if manifest["skipped_refused_files"] != skipped:
            reasons.append(Reason(INGEST, "other files skipped", _difference(manifest, skipped)))
        return reasons + (self._failure(entry) if reasons else [])

    def _whole_code_hash(self) -> str:
        """Return the hash that a manifest has; reading what every SELECT reads takes its time."""
        if self._code_hash is None:
            self._code_hash = code_hash(self._catalog)
        return self._code_hash

    def _failure(self, entry: Entry) -> list[Reason]:
        attempt = entry.unfinished
        broken = attempt.broken_stage if attempt else None
        if attempt is None or broken is None:
            return []
        return [failed_before(broken, outcome_now(broken, attempt, self._writing_since))]


def _difference(manifest: Mapping[str, Any], skipped: list[str]) -> str:
    before, now = len(manifest["skipped_refused_files"]), len(skipped)
    return f"{before} before, now {now}"


def with_late_events(
    data_dir: Path, plans: Sequence[DatePlan], arrivals: Arrivals
) -> list[DatePlan]:
    """Return the plans with the late events of those that are the newest known of their date."""
    planned = {plan.dates for plan in plans if plan.run}
    newest = [dates for dates in newest_known(data_dir) if dates in planned]
    late = late_events(arrivals.store, newest)
    return [replace(plan, late=late.get(plan.dates, {})) for plan in plans]


def dates_to_plan(data_dir: Path, arrivals: Arrivals, lag_days: int) -> list[SnapshotDates]:
    """Return what is published, by its newest known_on, and the last month end if it is not.

    The last month end is the last one by which anything had arrived: days without any arrival
    have nothing to tell.
    """
    published = newest_known(data_dir)
    newest_day = arrivals.newest_day
    if newest_day is None:
        return published
    month_end = last_month_end(newest_day)
    if any(dates.as_of_date == month_end for dates in published):
        return published
    return sorted([*published, SnapshotDates(month_end, month_end + timedelta(days=lag_days))])
