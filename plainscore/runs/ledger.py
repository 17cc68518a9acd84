"""The ledger: what became of every stage of every date, in one small file for each.

``DIR/snapshots/_ledger/<as_of_date>_<known_on>.json`` is replaced as a whole: the cost of a day
does not grow with the days before it, and a kill leaves the old file or the new one. The ledger
may read the clock; nothing published depends on it, so it can be lost without harm.
"""

import json
import resource
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from plainscore.checks.verdicts import CheckResult
from plainscore.common.errors import ChecksRefused, InputRefused, PlainscoreError
from plainscore.common.files import write_atomically
from plainscore.contracts import SnapshotDates
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.publication import remove_unfinished_reports
from plainscore.publish.runs import CATALOG, LEDGER, Run, latest_runs
from plainscore.publish.sets import SNAPSHOTS, STAGING
from plainscore.settings import TEMP_FOLDER

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

    def complete(self, run: Run) -> bool:
        """Take the unfinished attempt for the one that made a run; return whether it is.

        So it is where the writer died after it had published the run and before recording that.
        """
        attempt = self.unfinished
        is_known = self.published is not None and self.published.run == run.name
        if is_known or not attempt or not attempt.stages or attempt.stages[-1].stage != PUBLISH:
            return False
        attempt.stages[-1].outcome, attempt.stages[-1].reason, attempt.run = DONE, None, run.name
        self.published, self.unfinished = attempt, None
        return True


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
        days = date.fromisoformat(value["as_of_date"]), date.fromisoformat(value["known_on"])
        attempts = [_ATTEMPT.validate_python(value[one]) for one in ("published", "unfinished")]
        return Entry(SnapshotDates(*days), *attempts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


_ATTEMPT: TypeAdapter[RunAttempt | None] = TypeAdapter(RunAttempt | None)


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
        if dates in live and entry.complete(live[dates]):
            write_entry(data_dir, entry)


# What is recorded of a stage


def outcome_of(error: BaseException, stage: str, results: Iterable[CheckResult]) -> tuple[str, str]:
    """Return outcome and reason in one line, without examples: those may name people."""
    first_line = (str(error).splitlines() or [""])[0]
    broken = [f"{r.table_name}: {r.check_name}" for r in results if r.is_critical]
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
