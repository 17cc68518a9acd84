"""Which dates would run, and why: found out without doing it. Reads only, and needs no lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from plainscore.common.errors import InputRefused
from plainscore.common.lock import writing_since
from plainscore.contracts import SnapshotDates
from plainscore.logs.changes import FileStates, corrected_files
from plainscore.logs.ingest import reason_to_refuse
from plainscore.logs.landing import LandingFile, Listing, RefusedFile, blocked_days, list_landing
from plainscore.logs.read_mappings import changed_mappings
from plainscore.logs.sources import Inputs, read_inputs
from plainscore.project import read_project
from plainscore.publish.runs import Run, find_latest_run
from plainscore.publish.sets import read_manifest
from plainscore.runs.inputs import (
    blocking_refusals,
    fingerprint_of_input,
    late_events,
    refuse_stopped_feeds,
)
from plainscore.runs.ledger import INGEST, RUNNING, STAGES, RunAttempt, outcome_now, read_entry
from plainscore.runs.pipeline import Pipeline, SnapshotRequest, read_pipeline
from plainscore.runs.schedule import newest_known
from plainscore.settings import Settings
from plainscore.store.event_store import EventStore, digests, inputs_among, open_store, store_folder

MOST_FILES_READ = 20
MOST_BYTES_READ = 4 * 2**20
SHOWN_FILES = 2
NOTHING, PUBLISH, REFUSED = "nothing", "publish", "refused"


# What has arrived


@dataclass(frozen=True)
class Arrivals:
    """Ingested files, and those that are not: ``new`` would be ingested, ``refused`` not.

    ``warnings``: folders of which files were read under another mapping.
    """

    store: EventStore
    ingested: pl.DataFrame
    new: list[LandingFile]
    refused: list[RefusedFile]
    warnings: list[str] = field(default_factory=list)

    @property
    def newest_day(self) -> date | None:
        """The newest arrival day of any file, ingested or new."""
        return max(self._days, default=None)

    @property
    def first_day(self) -> date | None:
        """The first arrival day of any file, ingested or new."""
        return min(self._days, default=None)

    @property
    def newest_ingested_day(self) -> date | None:
        """The newest arrival day of any ingested file."""
        return max(self.ingested["arrived"].to_list(), default=None)

    @property
    def _days(self) -> list[date]:
        return [*self.ingested["arrived"].to_list(), *(file.arrived for file in self.new)]

    def waiting(self, dates: SnapshotDates, passed_over: Sequence[str] = ()) -> list[LandingFile]:
        """Return the files for these dates that the next ingest would ingest."""
        known = [file for file in self.new if file.arrived <= dates.known_on]
        return [file for file in known if file.file not in passed_over]

    def ingested_after(self, file_no: int, known_on: date) -> list[str]:
        """Return the files with a higher number that had arrived by a day, as ingested."""
        is_later = (pl.col("file_no") > file_no) & (pl.col("arrived") <= known_on)
        return self.ingested.filter(is_later).sort("file_no")["file"].to_list()


def look_at_arrivals(data_dir: Path) -> Arrivals:
    """Look at landing/ and the event store as they are now.

    A few small new files are read, to see whether they can be; many or large ones count as good.
    Raises InputRefused where there is neither landing/ nor a store.
    """
    landing, events = data_dir / "landing", store_folder(data_dir)
    listing, inputs = Listing([], []), read_inputs(read_project(data_dir))
    if landing.is_dir() or not events.is_dir():
        listing = list_landing(landing, inputs.sources)
    store = open_store(data_dir)
    ingested = store.ledger()
    known = digests(ingested)
    old = [file for file in listing.files if file.file in known]
    changed = FileStates(events).refuse_changed(old, known)
    counted = ingested.group_by("file").agg(pl.sum("accepted", "duplicates"))
    fruitless = counted.filter(pl.col("accepted") + pl.col("duplicates") == 0)["file"].to_list()
    corrected = corrected_files(changed, fruitless)
    refused = listing.refused + [one for one in changed if one.file not in corrected]
    fresh = [file for file in listing.files if file.file in corrected or file.file not in known]
    new = _free(fresh, refused)
    refused += _unreadable(new, inputs)
    warnings = changed_mappings(events, inputs.sources, known)
    return Arrivals(store, ingested, _free(new, refused), refused, warnings)


def _free(files: Sequence[LandingFile], refused: list[RefusedFile]) -> list[LandingFile]:
    """Leave out the files whose log and arrival day are blocked by a refused one."""
    blocked = blocked_days(refused)
    return [file for file in files if (file.log, file.arrived) not in blocked]


def _unreadable(files: Sequence[LandingFile], inputs: Inputs) -> list[RefusedFile]:
    size = sum(file.path.stat().st_size for file in files if file.path.exists())
    if len(files) > MOST_FILES_READ or size > MOST_BYTES_READ:
        return []
    reasons = [(file, reason_to_refuse(file, inputs)) for file in files]
    return [
        RefusedFile(file.log, file.file, file.arrived, error.reason, error.hint)
        for file, error in reasons
        if error is not None
    ]


# Why a snapshot would be published again


@dataclass(frozen=True)
class Reason:
    """Why a date would run: ``stage`` is the first one that comes out differently."""

    stage: str
    reason: str
    detail: str = ""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.reason}{detail}"


def counted(files: Sequence[str]) -> str:
    """Return how many files, and the first ones by name."""
    shown = ", ".join(files[:SHOWN_FILES])
    more = ", ..." if len(files) > SHOWN_FILES else ""
    return f"{len(files):,} {'file' if len(files) == 1 else 'files'}: {shown}{more}"


def stages_with_reasons(reasons: Sequence[Reason]) -> list[dict[str, str]]:
    """Return every stage with why it would run; none where nothing would.

    Nothing is kept between stages but what is published: so stages before the first that differs
    are run again, with the outcome that they had.
    """
    if not reasons:
        return []
    first = min(STAGES.index(reason.stage) for reason in reasons)
    stages = []
    for place, stage in enumerate(STAGES):
        own = [str(reason) for reason in reasons if reason.stage == stage]
        why = "; ".join(own) or ("again" if place < first else "follows")
        stages.append({"stage": stage, "why": why})
    return stages


# The plan


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
        self._pipeline = read_pipeline(settings)
        self._writing_since = writing_since(data_dir)

    def plan(self, request: SnapshotRequest) -> DatePlan:
        """Return what a run of the request would do, without late data."""
        dates = request.dates
        run = find_latest_run(self._data_dir, dates)
        manifest = read_manifest(run) if run else {}
        skipped = self._refused_files(dates, manifest)
        obstacle = self._obstacle(request, skipped)
        if obstacle:
            return DatePlan(dates, run, REFUSED, [Reason(INGEST, obstacle)])
        entry = read_entry(self._data_dir, dates)
        if run is None:
            stage = INGEST if self._arrivals.waiting(dates) else "raw"
            reasons = [Reason(stage, "not published yet")]
        else:
            reasons = self._reasons_to_repeat(run, manifest, entry.published, skipped)
        if reasons:
            reasons += self._failure(entry.unfinished)
        elif request.force:
            reasons = [Reason("raw", "asked for by --force")]
        return DatePlan(dates, run, PUBLISH if reasons else NOTHING, reasons)

    def _refused_files(self, dates: SnapshotDates, manifest: Mapping[str, Any]) -> list[str]:
        """Return the refused files that block it, with those that only a run found so."""
        listed = blocking_refusals(self._arrivals.refused, dates.known_on)
        found = {file.file for file in self._arrivals.waiting(dates)}
        found &= set(manifest.get("skipped_refused_files", ()))
        return sorted({*(refused.file for refused in listed), *found})

    def _obstacle(self, request: SnapshotRequest, skipped: list[str]) -> str:
        """Return what would end a run before it begins; empty where nothing would."""
        dates = request.dates
        if skipped and not request.skip_refused:
            return f"refused files block it, {counted(skipped)}"
        waiting = self._arrivals.waiting(dates, skipped)
        inputs = inputs_among(self._arrivals.ingested, dates.known_on)
        inputs += [(file.log, file.file, file.arrived, "") for file in waiting]
        if not inputs:
            first = self._arrivals.first_day
            hint = f", the first files arrived on {first}: give --known-on" if first else ""
            return f"nothing had arrived by {dates.known_on}{hint}"
        try:
            refuse_stopped_feeds(request, inputs)
        except InputRefused as error:
            return str(error)
        return ""

    def _reasons_to_repeat(
        self, run: Run, manifest: Mapping[str, Any], attempt: RunAttempt | None, skipped: list[str]
    ) -> list[Reason]:
        if attempt is not None and attempt.run != run.name:
            attempt = None
        pipeline = self._pipeline.of_inputs(self._arrivals.ingested, run.dates.known_on)
        other_cards = _changed_scorecard(pipeline, manifest, attempt)
        reasons = [
            *self._new_input(run.dates, manifest, attempt),
            *_changed_code(pipeline, manifest, attempt, has_other_cards=bool(other_cards)),
            *other_cards,
        ]
        before, now = len(manifest["skipped_refused_files"]), len(skipped)
        if manifest["skipped_refused_files"] != skipped:
            reasons.append(Reason(INGEST, "other files skipped", f"{before} before, now {now}"))
        return reasons

    def _new_input(
        self, dates: SnapshotDates, manifest: Mapping[str, Any], attempt: RunAttempt | None
    ) -> list[Reason]:
        """Return the reason where other files count than those of the published run."""
        arrivals, before = self._arrivals, manifest["input"]
        passed_over = manifest["skipped_refused_files"]
        files = [file.file for file in arrivals.waiting(dates, passed_over)]
        stage, detail = INGEST if files else "raw", ""
        now = fingerprint_of_input(inputs_among(arrivals.ingested, dates.known_on))
        if before != now:
            if attempt is None or attempt.last_file_no is None:
                more = now["file_count"] + len(files) - before["file_count"]
                detail = f"{more:+,} files; which ones, the ledger has lost"
            else:
                files = arrivals.ingested_after(attempt.last_file_no, dates.known_on) + files
                detail = "" if files else "files that counted before have changed or gone"
        elif not files:
            return []
        return [Reason(stage, "new input", detail or counted(files))]

    def _failure(self, attempt: RunAttempt | None) -> list[Reason]:
        """Return the reason where the last try ended without publishing, or is under way."""
        broken = attempt.broken_stage if attempt else None
        if attempt is None or broken is None:
            return []
        outcome = outcome_now(broken, attempt, self._writing_since)
        why = f": {broken.reason}" if broken.reason else ""
        when = "now" if outcome == RUNNING else "before"
        return [Reason(broken.stage, f"{outcome} {when}", f"at {broken.stage}{why}")]


def _changed_code(
    pipeline: Pipeline,
    manifest: Mapping[str, Any],
    attempt: RunAttempt | None,
    *,
    has_other_cards: bool,
) -> list[Reason]:
    """Return the reason where hand-written tables changed, or how scorecards are compiled."""
    if attempt is None:
        if has_other_cards or manifest["code"]["hash"] == pipeline.code_hash:
            return []
        return [Reason("raw", "changed code", "where, the ledger has lost")]
    then = {stage.stage: stage for stage in attempt.stages}
    for stage, now in pipeline.stage_hashes.items():
        before = then.get(stage)
        if before is not None and (
            before.code_hash != now.code
            or (before.scorecard_hash != now.scorecards and not has_other_cards)
        ):
            return [Reason(stage, "changed code", f"first in {stage}")]
    return []


def _changed_scorecard(
    pipeline: Pipeline, manifest: Mapping[str, Any], attempt: RunAttempt | None
) -> list[Reason]:
    """Return the reason where other scorecards were asked for than those published."""
    before = [(card["name"], card["version"], card["hash"]) for card in manifest["scorecards"]]
    now = [(card.name, card.version, card.hash) for card in pipeline.cards]
    if before == now:
        return []
    then = {stage.stage: stage.scorecard_hash for stage in attempt.stages} if attempt else {}
    differing = [
        name for name, one in pipeline.stage_hashes.items() if then.get(name) != one.scorecards
    ]
    names = [", ".join(f"{name} {of}" for name, of, _ in cards) for cards in (before, now)]
    detail = f"{names[0]} before, now {names[1]}"
    if names[0] == names[1]:
        detail = f"{names[1]}, its version is as before"
    return [Reason(differing[0] if differing else "scores", "changed scorecard", detail)]


def is_all_current(request: SnapshotRequest, dates: Sequence[SnapshotDates]) -> bool:
    """Return whether the snapshots of a request at these dates are published and current.

    Then the work is done in a moment, and starting a Prefect server would take most of it.
    """
    try:
        arrivals = look_at_arrivals(request.data_dir)
        if arrivals.new:
            return False
        planner = Planner(request.data_dir, request.settings, arrivals)
        return all(planner.plan(replace(request, dates=one)).action == NOTHING for one in dates)
    except InputRefused:
        return False


def with_late_events(
    data_dir: Path, plans: Sequence[DatePlan], arrivals: Arrivals
) -> list[DatePlan]:
    """Return the plans with the late events of those that are the newest known of their date."""
    planned = {plan.dates for plan in plans if plan.run}
    newest = [dates for dates in newest_known(data_dir) if dates in planned]
    late = late_events(arrivals.store, newest)
    return [replace(plan, late=late.get(plan.dates, {})) for plan in plans]
