"""Where published snapshots are on the disk, and which of them count.

``DIR/snapshots/as_of_date=D/known_on=K/run=NNNN/`` holds what was published for (D, K), run by
run. A directory of that name is always complete, because it was renamed into place. A run with a
``retired.json`` is no longer published; it is kept for readers of an older catalog.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from plainscore.common.errors import InputRefused
from plainscore.common.files import refuse_newer_format
from plainscore.contracts import SnapshotDates
from plainscore.publish.sets import SNAPSHOTS, PublishedSet

LEDGER = "_ledger"
RETIRED = "retired.json"
PRUNED = "_pruned.json"
CATALOG = "plainscore.duckdb"
HOME_VARIABLE = "plainscore_home"
"""Set to the data directory, it lets a copy of a catalog read it from elsewhere."""

_FOLDER = re.compile(r"as_of_date=(\d{4}-\d\d-\d\d)/known_on=(\d{4}-\d\d-\d\d)/run=(\d{4,})")


@dataclass(frozen=True, order=True)
class Run(PublishedSet):
    """One published snapshot; runs sort by date, then by what was known, then by number."""

    dates: SnapshotDates
    number: int
    folder: Path

    @property
    def name(self) -> str:
        """The run's name within its (as_of_date, known_on), e.g. ``0001``."""
        return f"{self.number:04d}"

    @property
    def key(self) -> tuple[date, date, str]:
        """The columns by which tables name it: as_of_date, known_on, run."""
        return self.dates.as_of_date, self.dates.known_on, self.name

    @property
    def text_key(self) -> tuple[str, str, str]:
        """The same as texts."""
        return str(self.dates.as_of_date), str(self.dates.known_on), self.name

    @property
    def is_retired(self) -> bool:
        """Whether it was taken out of the catalog and waits to be deleted."""
        return (self.folder / RETIRED).exists()


class RunPair(NamedTuple):
    """Two published runs that are compared, the earlier first."""

    before: Run
    after: Run

    def __str__(self) -> str:
        return f"{self.before.dates} -> {self.after.dates}"


def all_runs(data_dir: Path) -> list[Run]:
    """Return every run that has a directory, published or retired, oldest first.

    Raises DataFormatError where a newer version wrote the data directory.
    """
    refuse_newer_format(data_dir)
    return _runs_at(data_dir, "as_of_date=*/known_on=*")


def published_runs(data_dir: Path) -> list[Run]:
    """Return every published run, oldest first."""
    return [run for run in all_runs(data_dir) if not run.is_retired]


def runs_of(data_dir: Path, dates: SnapshotDates) -> list[Run]:
    """Return every run of these dates, published or retired; other dates are not looked at."""
    return _runs_at(data_dir, f"as_of_date={dates.as_of_date}/known_on={dates.known_on}")


def latest_runs(data_dir: Path) -> list[Run]:
    """Return the newest run of every (as_of_date, known_on), oldest date first."""
    return newest_of_dates(published_runs(data_dir))


def newest_of_dates(runs: list[Run]) -> list[Run]:
    """Return the newest of some runs for every (as_of_date, known_on), oldest date first."""
    return list({run.dates: run for run in sorted(runs)}.values())


def find_latest_run(data_dir: Path, dates: SnapshotDates) -> Run | None:
    """Return the newest run of these dates, or None where none is published."""
    published = [run for run in runs_of(data_dir, dates) if not run.is_retired]
    return published[-1] if published else None


def default_runs(runs: list[Run]) -> list[Run]:
    """Return what the plain views show: the newest run of the newest known_on of every date."""
    return list({run.dates.as_of_date: run for run in sorted(runs)}.values())


def find_run(data_dir: Path, as_of_date: date, known_on: date, name: str) -> Run:
    """Return one published run by its key; raises InputRefused where it is not published."""
    for run in runs_of(data_dir, SnapshotDates(as_of_date, known_on)):
        if run.name == name and not run.is_retired:
            return run
    raise InputRefused(f"{as_of_date} (known on {known_on}), run {name}: not published any more")


def next_run(data_dir: Path, dates: SnapshotDates) -> Run:
    """Return the run that is published next for these dates; numbers are never used again."""
    numbers = [run.number for run in runs_of(data_dir, dates)]
    numbers += [int(one["run"]) for one in pruned_of(data_dir, dates)]
    number = max(numbers, default=0) + 1
    parent = f"as_of_date={dates.as_of_date}/known_on={dates.known_on}"
    return Run(dates, number, data_dir.resolve() / SNAPSHOTS / parent / f"run={number:04d}")


def pruned_runs(data_dir: Path) -> list[dict[str, Any]]:
    """Return one record for each deleted run: its dates, name, hashes, and when it was deleted.

    They are in ``snapshots/_pruned.json``, so that a number is never used again and a proof from
    a deleted snapshot can still be checked. Raises InputRefused where that cannot be read.
    """
    file = data_dir / SNAPSHOTS / PRUNED
    try:
        return list(json.loads(file.read_bytes())["runs"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputRefused(
            f"{file} cannot be read ({error}): restore it from a copy; without it, numbers of "
            "deleted runs would be used again"
        ) from error


def pruned_of(data_dir: Path, dates: SnapshotDates) -> list[dict[str, Any]]:
    """Return the records of the deleted runs of some dates."""
    wanted = (str(dates.as_of_date), str(dates.known_on))
    records = pruned_runs(data_dir)
    return [one for one in records if (one["as_of_date"], one["known_on"]) == wanted]


def _runs_at(data_dir: Path, pattern: str) -> list[Run]:
    snapshots = data_dir / SNAPSHOTS
    found = []
    for folder in snapshots.glob(f"{pattern}/run=*"):
        parts = _FOLDER.fullmatch(folder.relative_to(snapshots).as_posix())
        if parts and folder.is_dir():
            dates = SnapshotDates(date.fromisoformat(parts[1]), date.fromisoformat(parts[2]))
            found.append(Run(dates, int(parts[3]), folder))
    return sorted(found)
