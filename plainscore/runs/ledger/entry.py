"""What the ledger says of one (as_of_date, known_on), and the one small file where it stands.

``DIR/snapshots/_ledger/<as_of_date>_<known_on>.json``, replaced as a whole: a day's cost does not
grow with the days before it, and a kill leaves the old file or the new one. The ledger may look
at the clock; nothing that is published is made from it, so that it can be lost without harm.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from plainscore.common.files import fsync_path, move_into_place
from plainscore.contracts.dates import SnapshotDates
from plainscore.publish.runs import LEDGER, SNAPSHOTS

FORMAT = 1

INGEST, PUBLISH = "ingest", "publish"
STAGES = (INGEST, "raw", "staging", "features", "scores", "audits", "published", PUBLISH)

RUNNING, DONE, REFUSED, FAILED, INTERRUPTED = "running", "done", "refused", "failed", "interrupted"


@dataclass
class StageRecord:
    """One stage of one attempt; ``rows`` of its tables, ``seconds`` by the clock on the wall.

    ``peak_memory_bytes``: the most memory of the process in it, None where nothing tells.

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
class Attempt:
    """One try to publish: when it began, the run that it made, and its stages so far.

    ``run_id``: a UUID of this try, by which its log lines and lineage events name it.

    ``last_file_no``: the number of the file that had been ingested last; what was ingested for
    these dates since then has a higher one.

    ``engine``: what made raw to scores. No manifest says so: nothing in it may depend on it.
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
    published: Attempt | None = None
    unfinished: Attempt | None = None


def outcome_now(record: StageRecord, attempt: Attempt, writing_since: str | None) -> str:
    """Return how a stage ended, or that it runs.

    What says that it runs was interrupted where nobody writes, or only since a later moment.
    """
    if record.outcome != RUNNING:
        return record.outcome
    is_alive = writing_since is not None and writing_since <= attempt.started
    return RUNNING if is_alive else INTERRUPTED


def entry_file(data_dir: Path, dates: SnapshotDates) -> Path:
    """Return where the entry of these dates stands."""
    return data_dir / SNAPSHOTS / LEDGER / f"{dates.as_of_date}_{dates.known_on}.json"


def write_entry(data_dir: Path, entry: Entry) -> None:
    """Put an entry in the place of the one before it. Raises OSError where that cannot be done."""
    file = entry_file(data_dir, entry.dates)
    said = {
        "format": FORMAT,
        "as_of_date": str(entry.dates.as_of_date),
        "known_on": str(entry.dates.known_on),
        "published": entry.published and asdict(entry.published),
        "unfinished": entry.unfinished and asdict(entry.unfinished),
    }
    fresh = file.with_suffix(".new")
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_text(json.dumps(said, indent=1) + "\n")
    fsync_path(fresh)
    move_into_place(fresh, file)


def read_entry(data_dir: Path, dates: SnapshotDates) -> Entry:
    """Return the entry of these dates; an empty one where there is none that can be read."""
    return _read(entry_file(data_dir, dates)) or Entry(dates)


def read_entries(data_dir: Path) -> tuple[dict[SnapshotDates, Entry], list[Path]]:
    """Return all entries by their dates, and the files that cannot be read as one."""
    files = sorted((data_dir / SNAPSHOTS / LEDGER).glob("*_*.json"))
    found = {file: _read(file) for file in files}
    entries = {entry.dates: entry for entry in found.values() if entry is not None}
    return entries, [file for file, entry in found.items() if entry is None]


def _read(file: Path) -> Entry | None:
    try:
        said = json.loads(file.read_bytes())
        if said["format"] != FORMAT:
            return None
        as_of_date, known_on = said["as_of_date"], said["known_on"]
        dates = SnapshotDates(date.fromisoformat(as_of_date), date.fromisoformat(known_on))
        return Entry(dates, _attempt(said["published"]), _attempt(said["unfinished"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _attempt(said: dict[str, Any] | None) -> Attempt | None:
    if said is None:
        return None
    stages = [StageRecord(**stage) for stage in said["stages"]]
    last_file_no, run_id = said["last_file_no"], said.get("run_id")
    return Attempt(said["started"], said["run"], last_file_no, stages, run_id, said.get("engine"))
