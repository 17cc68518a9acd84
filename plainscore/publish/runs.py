"""Where published runs stand on the disk, and which of them count.

``DIR/snapshots/as_of_date=D/known_on=K/run=NNNN/``: what was published of (D, K), run by run. A
directory of that name is always whole, because it was renamed into place. One that holds
``retired.json`` is not published any more, and stands only for those who still read it.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from plainscore.common.data_format import refuse_newer_format
from plainscore.contracts.dates import SnapshotDates
from plainscore.publish.pruned import pruned_of

SNAPSHOTS = "snapshots"
LEDGER = "_ledger"
STAGING = "_staging"
MANIFEST = "manifest.json"
CONTRACTS = "contracts.json"
RETIRED = "retired.json"
CATALOG = "plainscore.duckdb"

_FOLDER = re.compile(r"as_of_date=(\d{4}-\d\d-\d\d)/known_on=(\d{4}-\d\d-\d\d)/run=(\d{4,})")


@dataclass(frozen=True, order=True)
class Run:
    """One published run; runs sort by date, then by what was known, then by number."""

    dates: SnapshotDates
    number: int
    folder: Path

    @property
    def name(self) -> str:
        """The run's name within its (as_of_date, known_on), e.g. ``0001``."""
        return f"{self.number:04d}"

    @property
    def relative_folder(self) -> str:
        """The folder's path under ``snapshots/``."""
        return "/".join(self.folder.parts[-3:])


def standing_runs(data_dir: Path) -> list[Run]:
    """Return every run that has a directory, published or retired, oldest first.

    Raises DataFormatError where a newer version wrote the data directory.
    """
    refuse_newer_format(data_dir)
    return _runs_at(data_dir, "as_of_date=*/known_on=*")


def published_runs(data_dir: Path) -> list[Run]:
    """Return every published run, oldest first."""
    return [run for run in standing_runs(data_dir) if not is_retired(run)]


def is_retired(run: Run) -> bool:
    """Return whether a run was taken out of the catalog and waits to be deleted."""
    return (run.folder / RETIRED).exists()


def _runs_at(data_dir: Path, pattern: str) -> list[Run]:
    snapshots = data_dir / SNAPSHOTS
    found = []
    for folder in snapshots.glob(f"{pattern}/run=*"):
        parts = _FOLDER.fullmatch(folder.relative_to(snapshots).as_posix())
        if parts and folder.is_dir():
            dates = SnapshotDates(date.fromisoformat(parts[1]), date.fromisoformat(parts[2]))
            found.append(Run(dates, int(parts[3]), folder))
    return sorted(found)


def runs_of(data_dir: Path, dates: SnapshotDates) -> list[Run]:
    """Return every run of these dates, published or retired; other dates cost nothing here."""
    return _runs_at(data_dir, f"as_of_date={dates.as_of_date}/known_on={dates.known_on}")


def live_runs(data_dir: Path) -> list[Run]:
    """Return the newest run of every (as_of_date, known_on), oldest date first."""
    return list({run.dates: run for run in published_runs(data_dir)}.values())


def find_live_run(data_dir: Path, dates: SnapshotDates) -> Run | None:
    """Return the newest run of these dates, or None where none is published."""
    published = [run for run in runs_of(data_dir, dates) if not is_retired(run)]
    return published[-1] if published else None


def shown_runs(runs: list[Run]) -> list[Run]:
    """Return what the plain views show: the newest run of the newest known_on of every date."""
    return list({run.dates.as_of_date: run for run in sorted(runs)}.values())


def next_run(data_dir: Path, dates: SnapshotDates) -> Run:
    """Return the run that would be published next for these dates; no number comes back."""
    numbers = [run.number for run in runs_of(data_dir, dates)]
    numbers += [int(one["run"]) for one in pruned_of(data_dir / SNAPSHOTS, dates)]
    number = max(numbers, default=0) + 1
    folder = (
        data_dir.resolve()
        / SNAPSHOTS
        / f"as_of_date={dates.as_of_date}"
        / f"known_on={dates.known_on}"
        / f"run={number:04d}"
    )
    return Run(dates, number, folder)
