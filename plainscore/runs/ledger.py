"""The ledger: what became of every stage of every date, in one small file for each.

``DIR/snapshots/_ledger/<as_of_date>_<known_on>.json`` is replaced as a whole: the cost of a day
does not grow with the days before it, and a kill leaves the old file or the new one. The ledger
may read the clock; nothing published depends on it, so it can be lost without harm.
"""

import json
import resource
import shutil
import sys
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plainscore.common.errors import ChecksRefused, InputRefused, PlainscoreError
from plainscore.common.files import write_atomically
from plainscore.common.text import Level, log_event
from plainscore.contracts import SnapshotDates
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.retention import remove_unfinished_reports
from plainscore.publish.runs import CATALOG, LEDGER, Run, latest_runs
from plainscore.publish.sets import SNAPSHOTS, STAGING
from plainscore.runs.observers import Observer
from plainscore.settings import TEMP_FOLDER

if TYPE_CHECKING:
    from plainscore.runs.run import SnapshotRun

FORMAT = 1

INGEST, PUBLISH = "ingest", "publish"
STAGES = (INGEST, "raw", "staging", "features", "scores", "audits", "published", PUBLISH)

RUNNING, DONE, REFUSED, FAILED, INTERRUPTED = "running", "done", "refused", "failed", "interrupted"
SHOWN_CHECKS = 2


@dataclass
class StageRecord:
    """One stage of one attempt; ``rows`` of its tables, ``seconds`` of wall time.

    ``peak_memory_bytes``: the most memory that the process had held by its end (the kernel's
    high-water mark), so that it never falls from one stage to the next.
    ``code_hash`` and ``scorecard_hash``: see plainscore.contracts.catalog.stage_hashes.
    """

    stage: str
    outcome: str = RUNNING
    reason: str | None = None
    rows: int | None = None
    seconds: float = 0.0
    peak_memory_bytes: int | None = None
    input_hash: str | None = None
    code_hash: str | None = None
    scorecard_hash: str | None = None


@dataclass
class RunAttempt:
    """One attempt to publish: when it began, the run that it made, and its stages so far.

    ``run_id``: a UUID of the attempt, which its log lines and lineage events carry.
    ``last_file_no``: the number of the file that had been ingested last; what was ingested for
    these dates since then has a higher one.
    ``engine``: what computed raw to scores. No manifest says so: nothing in it may depend on it.
    """

    started: str
    run: str | None = None
    last_file_no: int | None = None
    stages: list[StageRecord] = field(default_factory=list)
    run_id: str | None = None
    engine: str | None = None

    @property
    def broken_stage(self) -> StageRecord | None:
        """The stage at which it ended without publishing, or at which it is now."""
        return next((stage for stage in self.stages if stage.outcome != DONE), None)


@dataclass
class Entry:
    """The attempt that made the newest run, and one after it that published nothing."""

    dates: SnapshotDates
    published: RunAttempt | None = None
    unfinished: RunAttempt | None = None


# The files


def entry_file(data_dir: Path, dates: SnapshotDates) -> Path:
    """Return the file of the entry of these dates."""
    return data_dir / SNAPSHOTS / LEDGER / f"{dates.as_of_date}_{dates.known_on}.json"


def write_entry(data_dir: Path, entry: Entry) -> None:
    """Replace the entry of its dates. Raises OSError if that is impossible."""
    value = {
        "format": FORMAT,
        "as_of_date": str(entry.dates.as_of_date),
        "known_on": str(entry.dates.known_on),
        "published": entry.published and asdict(entry.published),
        "unfinished": entry.unfinished and asdict(entry.unfinished),
    }
    file = entry_file(data_dir, entry.dates)
    write_atomically(file, json.dumps(value, indent=1) + "\n", file.with_suffix(".new"))


def read_entry(data_dir: Path, dates: SnapshotDates) -> Entry:
    """Return the entry of these dates; an empty one if there is none that can be read."""
    return _read(entry_file(data_dir, dates)) or Entry(dates)


def read_entries(data_dir: Path) -> tuple[dict[SnapshotDates, Entry], list[Path]]:
    """Return all entries by their dates, and the files that cannot be read as one."""
    files = sorted((data_dir / SNAPSHOTS / LEDGER).glob("*_*.json"))
    found = {file: _read(file) for file in files}
    entries = {entry.dates: entry for entry in found.values() if entry is not None}
    return entries, [file for file, entry in found.items() if entry is None]


def _read(file: Path) -> Entry | None:
    try:
        value = json.loads(file.read_bytes())
        if value["format"] != FORMAT:
            return None
        as_of_date, known_on = value["as_of_date"], value["known_on"]
        dates = SnapshotDates(date.fromisoformat(as_of_date), date.fromisoformat(known_on))
        return Entry(dates, _attempt(value["published"]), _attempt(value["unfinished"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _attempt(value: dict[str, Any] | None) -> RunAttempt | None:
    if value is None:
        return None
    stages = [StageRecord(**stage) for stage in value["stages"]]
    return RunAttempt(
        value["started"],
        value["run"],
        value["last_file_no"],
        stages,
        value.get("run_id"),
        value.get("engine"),
    )


def outcome_now(record: StageRecord, attempt: RunAttempt, writing_since: str | None) -> str:
    """Return how a stage ended, or that it runs.

    A stage recorded as running was interrupted if no process writes, or only since a later moment.
    """
    if record.outcome != RUNNING:
        return record.outcome
    is_alive = writing_since is not None and writing_since <= attempt.started
    return RUNNING if is_alive else INTERRUPTED


def reconcile_ledger(data_dir: Path) -> None:
    """Record the runs whose writer died after publishing them and before recording that.

    The caller holds the writer lock. Raises OSError if an entry cannot be written.
    """
    live = {run.dates: run for run in latest_runs(data_dir)}
    for dates, entry in read_entries(data_dir)[0].items():
        run = live.get(dates)
        if run is not None and _reached_publication(entry.unfinished, entry.published, run):
            write_entry(data_dir, _completed(dates, entry.unfinished, run))


def _reached_publication(
    unfinished: RunAttempt | None, published: RunAttempt | None, run: Run
) -> bool:
    """Return whether an unfinished attempt made a run that the ledger does not know."""
    if unfinished is None or not unfinished.stages:
        return False
    is_known = published is not None and published.run == run.name
    return unfinished.stages[-1].stage == PUBLISH and not is_known


def _completed(dates: SnapshotDates, attempt: RunAttempt | None, run: Run) -> Entry:
    assert attempt is not None
    last = attempt.stages[-1]
    last.outcome, last.reason, attempt.run = DONE, None, run.name
    return Entry(dates, attempt, None)


# The observers that write it down


class Ledger(Observer):
    """Writes every stage of a run to its entry. A ledger that cannot be written stops no run."""

    def __init__(self, run: "SnapshotRun") -> None:
        self._data_dir = run.request.data_dir
        self._entry = read_entry(run.request.data_dir, run.request.dates)
        self._was_unfinished = self._entry.unfinished

    def started(self, run: "SnapshotRun", stage: StageRecord) -> None:
        # A published date is usually found current in a moment: its entry stays as it is.
        if stage.stage != INGEST or self._entry.published is None:
            self._save(run, self._entry.published, run.attempt)

    def finished(self, run: "SnapshotRun", facts: StageRecord) -> None:
        if facts.outcome != DONE:
            self._save(run, self._entry.published, run.attempt)

    def current(self, run: "SnapshotRun", found: Run) -> None:
        """Forget a failure from before, and record a run whose writer died too early to do so."""
        before, published = self._was_unfinished, self._entry.published
        if _reached_publication(before, published, found):
            published = _completed(run.request.dates, before, found).published
        if before is not None:
            self._save(run, published, None)

    def published(self, run: "SnapshotRun", made: Run) -> None:  # noqa: ARG002
        self._save(run, run.attempt, None)

    def _save(
        self, run: "SnapshotRun", published: RunAttempt | None, unfinished: RunAttempt | None
    ) -> None:
        self._entry.published, self._entry.unfinished = published, unfinished
        try:
            write_entry(self._data_dir, self._entry)
        except OSError as error:
            run.warn(f"the ledger cannot be written ({error.strerror}): `status` will not know")


class JsonLog(Observer):
    """Writes what happens as JSON lines; see ``plainscore.common.text``."""

    def started(self, run: "SnapshotRun", stage: StageRecord) -> None:
        log_event("stage_began", {**_named(run), "stage": stage.stage})

    def finished(self, run: "SnapshotRun", facts: StageRecord) -> None:
        shown = ("stage", "outcome", "reason", "rows", "seconds", "peak_memory_bytes")
        level: Level = "info" if facts.outcome == DONE else "error"
        log_event("stage_ended", {**_named(run), **{n: getattr(facts, n) for n in shown}}, level)

    def current(self, run: "SnapshotRun", found: Run) -> None:
        log_event("current", {**_named(run), "run": found.name})

    def published(self, run: "SnapshotRun", made: Run) -> None:
        log_event("published", {**_named(run), "run": made.name, "folder": made.relative_folder})


def _named(run: "SnapshotRun") -> dict[str, Any]:
    dates = run.request.dates
    return {
        "run_id": run.attempt.run_id,
        "as_of_date": dates.as_of_date,
        "known_on": dates.known_on,
    }


# What is recorded of a stage


def outcome_of(error: BaseException, stage: str, run: "SnapshotRun") -> tuple[str, str]:
    """Return outcome and reason in one line, without examples: those may name people."""
    first_line = (str(error).splitlines() or [""])[0]
    broken = [f"{r.table_name}: {r.check_name}" for r in run.results if r.is_critical]
    if isinstance(error, ChecksRefused) and broken:
        more = f" and {len(broken) - SHOWN_CHECKS} more" if len(broken) > SHOWN_CHECKS else ""
        return REFUSED, f"checks of {stage} failed: {'; '.join(broken[:SHOWN_CHECKS])}{more}"
    if isinstance(error, ChecksRefused | InputRefused):
        return REFUSED, first_line
    if isinstance(error, PlainscoreError):
        return FAILED, first_line
    if isinstance(error, KeyboardInterrupt) or first_line == "Query interrupted":
        return INTERRUPTED, "stopped by the keyboard or a signal"
    return FAILED, f"unexpected {type(error).__name__}: {first_line}"


def peak_memory_bytes() -> int:
    """Return the most memory that this process has held so far."""
    kibibytes_or_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kibibytes_or_bytes if sys.platform == "darwin" else kibibytes_or_bytes * 1024


def recover(data_dir: Path) -> None:
    """Remove what the last writer left unfinished, and complete what it had published.

    The caller holds the writer lock, so that no one else uses these files. Raises InputRefused if
    a published run cannot be read.
    """
    home = data_dir.resolve()
    for folder in (home / SNAPSHOTS / STAGING, home / TEMP_FOLDER):
        if folder.exists():
            shutil.rmtree(folder)
    for unfinished in home.glob(f"{CATALOG}.*"):
        unfinished.unlink()
    remove_unfinished_reports(home)
    recover_published(data_dir)


def recover_published(data_dir: Path) -> None:
    """Show every published run in the catalog, and record it in the ledger."""
    refresh_catalog(data_dir)
    reconcile_ledger(data_dir)
