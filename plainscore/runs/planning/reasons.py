"""Why a snapshot would be published anew, and the first stage for which that counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plainscore.contracts.catalog import StageHash
from plainscore.contracts.dates import SnapshotDates
from plainscore.runs.inputs import hash_of_inputs
from plainscore.runs.ledger.entry import INGEST, RUNNING, STAGES, Attempt, StageRecord
from plainscore.runs.planning.arrivals import Arrivals
from plainscore.scorecards.card import Scorecard

Manifest = Mapping[str, Any]
SHOWN_FILES = 2


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
    dates: SnapshotDates, manifest: Manifest, attempt: Attempt | None, arrivals: Arrivals
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
    """Return the files for these dates that the next ingest would take in."""
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
    attempt: Attempt, hashes: Mapping[str, StageHash], same_cards: bool
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
    attempt: Attempt | None,
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
