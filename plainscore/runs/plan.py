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
from plainscore.contracts.catalog import StageHash, load_catalog
from plainscore.logs.changes import FileStates
from plainscore.logs.event_store import EventStore, InputFile, digests, inputs_among, open_store
from plainscore.logs.landing import LandingFile, Listing, RefusedFile, blocked_days, list_landing
from plainscore.logs.units import reason_to_refuse
from plainscore.publish.runs import Run, find_latest_run
from plainscore.publish.sets import read_manifest
from plainscore.runs.inputs import (
    blocking_refusals,
    hash_of_inputs,
    late_events,
    refuse_stopped_feeds,
)
from plainscore.runs.ledger import (
    INGEST,
    RUNNING,
    STAGES,
    Entry,
    RunAttempt,
    StageRecord,
    outcome_now,
    read_entry,
)
from plainscore.runs.pipeline import code_by_stage, code_hash
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.schedule import newest_known
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings

MOST_FILES_READ = 20
MOST_BYTES_READ = 4 * 2**20
SHOWN_FILES = 2
NOTHING, PUBLISH, REFUSED = "nothing", "publish", "refused"

Manifest = Mapping[str, Any]


# What has arrived


@dataclass(frozen=True)
class Arrivals:
    """Ingested files, and those that are not: ``new`` would be ingested, ``refused`` not."""

    store: EventStore
    ingested: pl.DataFrame
    new: list[LandingFile]
    refused: list[RefusedFile]

    @property
    def newest_day(self) -> date | None:
        """The newest arrival day of any file, ingested or new."""
        ingested = self.newest_ingested_day
        days = [file.arrived for file in self.new] + ([ingested] if ingested else [])
        return max(days, default=None)

    @property
    def first_day(self) -> date | None:
        """The first arrival day of any file, ingested or new."""
        days = [file.arrived for file in self.new] + self.ingested["arrived"].to_list()
        return min(days, default=None)

    @property
    def newest_ingested_day(self) -> date | None:
        """The newest arrival day of any ingested file."""
        return max(self.ingested["arrived"].to_list(), default=None)

    def inputs(self, known_on: date) -> list[InputFile]:
        """Return the ingested files that had arrived by a day, sorted."""
        return inputs_among(self.ingested, known_on)

    def ingested_after(self, file_no: int, known_on: date) -> list[str]:
        """Return the files with a higher number that had arrived by a day, as ingested."""
        is_meant = (pl.col("file_no") > file_no) & (pl.col("arrived") <= known_on)
        return self.ingested.filter(is_meant).sort("file_no")["file"].to_list()


def look_at_arrivals(data_dir: Path) -> Arrivals:
    """Look at landing/ and the event store as they are now.

    A few small new files are read, to see whether they can be; many or large ones count as good.
    Raises InputRefused where there is neither landing/ nor a store.
    """
    landing, events = data_dir / "landing", data_dir / "events"
    listing = Listing([], [])
    if landing.is_dir() or not events.is_dir():
        listing = list_landing(landing)
    store = open_store(data_dir)
    ingested = store.ledger()
    known = digests(ingested)
    old = [file for file in listing.files if file.file in known]
    refused = listing.refused + FileStates(events).refuse_changed(old, known)
    new = _free([file for file in listing.files if file.file not in known], refused)
    refused += _unreadable(new)
    return Arrivals(store, ingested, _free(new, refused), refused)


def _free(files: Sequence[LandingFile], refused: list[RefusedFile]) -> list[LandingFile]:
    """Leave out the files whose log and arrival day are blocked by a refused one."""
    blocked = blocked_days(refused)
    return [file for file in files if (file.log, file.arrived) not in blocked]


def _unreadable(files: Sequence[LandingFile]) -> list[RefusedFile]:
    if len(files) > MOST_FILES_READ or sum(map(_size, files)) > MOST_BYTES_READ:
        return []
    reasons = [(file, reason_to_refuse(file)) for file in files]
    return [
        RefusedFile(file.log, file.file, file.arrived, error.reason, error.hint)
        for file, error in reasons
        if error is not None
    ]


def _size(file: LandingFile) -> int:
    return file.path.stat().st_size if file.path.exists() else 0


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


def new_input(
    dates: SnapshotDates, manifest: Manifest, attempt: RunAttempt | None, arrivals: Arrivals
) -> list[Reason]:
    """Return the reason where other files count than those of the published run."""
    waiting = waiting_files(dates, arrivals, manifest["skipped_refused_files"])
    inputs = arrivals.inputs(dates.known_on)
    before, stage = manifest["input"], INGEST if waiting else "raw"
    if before["sha256"] == hash_of_inputs(inputs):
        files = waiting
    elif attempt is None or attempt.last_file_no is None:
        more = len(inputs) + len(waiting) - before["file_count"]
        return [Reason(stage, "new input", f"{more:+,} files; which ones, the ledger has lost")]
    else:
        files = arrivals.ingested_after(attempt.last_file_no, dates.known_on) + waiting
        if not files:
            return [Reason(stage, "new input", "files that counted before have changed or gone")]
    return [Reason(stage, "new input", counted(files))] if files else []


def waiting_files(
    dates: SnapshotDates, arrivals: Arrivals, passed_over: Sequence[str] = ()
) -> list[str]:
    """Return the files for these dates that the next ingest would ingest."""
    return [
        file.file
        for file in arrivals.new
        if file.arrived <= dates.known_on and file.file not in passed_over
    ]


def counted(files: Sequence[str]) -> str:
    """Return how many files, and the first ones by name."""
    shown = ", ".join(files[:SHOWN_FILES])
    more = ", ..." if len(files) > SHOWN_FILES else ""
    return f"{len(files):,} {'file' if len(files) == 1 else 'files'}: {shown}{more}"


def changed_code(
    attempt: RunAttempt, hashes: Mapping[str, StageHash], same_cards: bool
) -> list[Reason]:
    """Return the reason where hand-written tables changed, or how scorecards are compiled."""
    then = {stage.stage: stage for stage in attempt.stages}
    for stage, now in hashes.items():
        if stage not in then:
            continue
        is_other_compiler = same_cards and then[stage].scorecard_hash != now.scorecards
        if then[stage].code_hash != now.code or is_other_compiler:
            return [Reason(stage, "changed code", f"first in {stage}")]
    return []


def changed_scorecard(
    manifest: Manifest,
    cards: Sequence[Scorecard],
    attempt: RunAttempt | None,
    hashes: Mapping[str, StageHash],
) -> list[Reason]:
    """Return the reason where other scorecards were asked for than those published."""
    before = [(card["name"], card["version"], card["hash"]) for card in manifest["scorecards"]]
    now = [(card.name, card.version, card.hash) for card in cards]
    if before == now:
        return []
    then = {stage.stage: stage.scorecard_hash for stage in attempt.stages} if attempt else {}
    differing = [stage for stage, one in hashes.items() if then.get(stage) != one.scorecards]
    detail = f"{_named(before)} before, now {_named(now)}"
    if [card[:2] for card in before] == [card[:2] for card in now]:
        detail = f"{_named(now)}, its version is as before"
    return [Reason(differing[0] if differing else "scores", "changed scorecard", detail)]


def _named(cards: Sequence[tuple[str, str, str]]) -> str:
    return ", ".join(f"{name} {version}" for name, version, _ in cards)


def failed_before(broken: StageRecord, outcome: str) -> Reason:
    """Return the reason where the last try ended without publishing, or is under way."""
    why = f": {broken.reason}" if broken.reason else ""
    when = "now" if outcome == RUNNING else "before"
    return Reason(broken.stage, f"{outcome} {when}", f"at {broken.stage}{why}")


def stages_with_reasons(reasons: Sequence[Reason]) -> list[dict[str, str]]:
    """Return every stage with why it would run; none where nothing would.

    Nothing is kept between stages but what is published: so stages before the first that differs
    are run again, with the outcome that they had.
    """
    if not reasons:
        return []
    by_stage: dict[str, list[str]] = {}
    for reason in reasons:
        by_stage.setdefault(reason.stage, []).append(str(reason))
    first = min(STAGES.index(stage) for stage in by_stage)
    return [
        {
            "stage": stage,
            "why": "; ".join(by_stage.get(stage, ["again" if place < first else "follows"])),
        }
        for place, stage in enumerate(STAGES)
    ]


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
        self._cards: tuple[Scorecard, ...] = read_scorecards(settings.scorecards, settings.method)
        self._catalog = load_catalog(self._cards, method=settings.method)
        self._hashes: Mapping[str, StageHash] = code_by_stage(self._catalog, self._cards)
        self._code_hash: str | None = None
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
            reasons = self._reasons_to_begin(dates, entry)
        else:
            reasons = self._reasons_to_repeat(run, manifest, entry, skipped)
            if not reasons and request.force:
                reasons = [Reason("raw", "asked for by --force")]
        return DatePlan(dates, run, PUBLISH if reasons else NOTHING, reasons)

    def _refused_files(self, dates: SnapshotDates, manifest: Mapping[str, Any]) -> list[str]:
        """Return the refused files that block it, with those that only a run found so."""
        listed = blocking_refusals(self._arrivals.refused, dates.known_on)
        found = {file.file for file in self._arrivals.new if file.arrived <= dates.known_on}
        found &= set(manifest.get("skipped_refused_files", ()))
        return sorted({*(refused.file for refused in listed), *found})

    def _obstacle(self, request: SnapshotRequest, skipped: list[str]) -> str:
        """Return what would end a run before it begins; empty where nothing would."""
        dates = request.dates
        if skipped and not request.skip_refused:
            return f"refused files block it, {counted(skipped)}"
        inputs = self._arrivals.inputs(dates.known_on)
        inputs += [
            (file.log, file.file, file.arrived, "")
            for file in self._arrivals.new
            if file.arrived <= dates.known_on and file.file not in skipped
        ]
        if not inputs:
            return self._nothing_arrived(dates)
        try:
            if not request.allow_stopped_feeds:
                refuse_stopped_feeds(request, inputs)
        except InputRefused as error:
            return str(error)
        return ""

    def _nothing_arrived(self, dates: SnapshotDates) -> str:
        first = self._arrivals.first_day
        hint = f", the first files arrived on {first}: give --known-on" if first else ""
        return f"nothing had arrived by {dates.known_on}{hint}"

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


def is_all_current(requests: Sequence[SnapshotRequest]) -> bool:
    """Return whether every one of these snapshots is published and current.

    Then the work is done in a moment, and starting a Prefect server would take most of it.
    """
    first = requests[0]
    try:
        arrivals = look_at_arrivals(first.data_dir)
        if arrivals.new:
            return False
        planner = Planner(first.data_dir, first.settings, arrivals)
        return all(planner.plan(request).action == NOTHING for request in requests)
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
