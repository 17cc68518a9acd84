"""What compares two published snapshots: where it stands on the disk, and what still holds.

``DIR/snapshots/_changes/<pair>_<code>/``: the tables ``change`` and ``change_feature`` of two runs,
as made by the code of that hash. A directory of that name is always whole, and never changed.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from plainscore.common.errors import InputRefused
from plainscore.common.files import move_into_place
from plainscore.contracts.contract import Table
from plainscore.publish.manifest import read_json
from plainscore.publish.runs import MANIFEST, SNAPSHOTS, STAGING, Run

CHANGES = "_changes"
SHOWN_TABLES = ("change", "change_feature")
_CODE_DIGITS = 8
_RUN_NAME = re.compile(r"(\d{4}-\d\d-\d\d)_(\d{4}-\d\d-\d\d)_(\d{4,})")


@dataclass(frozen=True, order=True)
class ChangePair:
    """Two published runs, the earlier first."""

    before: Run
    after: Run

    @property
    def name(self) -> str:
        """The folder under ``_changes`` that today's code fills for the pair."""
        parts = [
            f"{run.dates.as_of_date}_{run.dates.known_on}_{run.name}"
            for run in (self.before, self.after)
        ]
        return f"{parts[0]}_to_{parts[1]}_{_code()}"

    def __str__(self) -> str:
        return f"{self.before.dates} -> {self.after.dates}"


@dataclass(frozen=True)
class ChangeSet:
    """The computed changes of one pair of runs."""

    folder: Path
    manifest: Mapping[str, Any]


def change_tables() -> tuple[Table, ...]:
    """Return the tables that are published of a pair."""
    # Reading contracts in their order takes sqlglot; those who only look need neither.
    from plainscore.contracts.catalog import COMPARING, load_catalog

    tables = {
        table.short_name: table for table in load_catalog(group="changes").of_schema(COMPARING)
    }
    return tuple(tables[name] for name in SHOWN_TABLES)


def change_folder(data_dir: Path, pair: ChangePair) -> Path:
    """Return where the changes of a pair stand, once computed."""
    return data_dir.resolve() / SNAPSHOTS / CHANGES / pair.name


def run_identity(run: Run, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return what tells that a run is still the one that was compared."""
    return {
        "as_of_date": str(run.dates.as_of_date),
        "known_on": str(run.dates.known_on),
        "run": run.name,
        "content_hash": manifest["content_hash"],
    }


def standing_change_folders(data_dir: Path) -> list[Path]:
    """Return every directory of computed changes, of whatever code and whatever runs."""
    folders = (data_dir / SNAPSHOTS / CHANGES).glob("*")
    return sorted(folder for folder in folders if folder.is_dir())


def current_change_sets(
    data_dir: Path, manifests: Mapping[Run, Mapping[str, Any]]
) -> list[ChangeSet]:
    """Return what still holds: made by today's code, and of runs that are live.

    ``manifests``: those of all published runs. What was computed of a run that a further run has
    replaced holds no more; nor does what cannot be read, which `verify` tells.
    """
    live = {run.dates: run for run in sorted(manifests)}.values()
    identities = [run_identity(run, manifests[run]) for run in live]
    return [
        ChangeSet(folder, manifest)
        for folder, manifest in _readable(standing_change_folders(data_dir))
        if folder.name.endswith(f"_{_code()}")
        and all(identity in identities for identity in _compared(manifest))
    ]


def remove_changes_of_deleted_runs(home: Path) -> None:
    """Delete the changes of runs whose directory is gone: whoever was erased from those, or not
    to be kept, is in them too.

    The caller holds the writer lock.
    """
    for folder in standing_change_folders(home):
        if all(run.is_dir() for run in _run_folders(home, folder.name)):
            continue
        away = home / SNAPSHOTS / STAGING / f"changes-{uuid4().hex}"
        move_into_place(folder, away)
        shutil.rmtree(away)


def _run_folders(home: Path, folder_name: str) -> Iterator[Path]:
    """Yield the directories of the two runs that a folder of changes is named for."""
    for as_of_date, known_on, run in _RUN_NAME.findall(folder_name):
        dates = f"as_of_date={as_of_date}/known_on={known_on}"
        yield home / SNAPSHOTS / dates / f"run={run}"


def _compared(manifest: Mapping[str, Any]) -> list[Any]:
    """Return what a manifest says of the two runs; None where it does not say it."""
    ends = [manifest.get(end) for end in ("before", "after")]
    return [end.get("run") if isinstance(end, dict) else None for end in ends]


def _readable(folders: Iterable[Path]) -> Iterable[tuple[Path, dict[str, Any]]]:
    for folder in folders:
        try:
            yield folder, read_json(folder / MANIFEST)
        except InputRefused:
            continue


@cache
def _code() -> str:
    from plainscore.contracts.catalog import COMPARING, hash_of_schema, load_catalog

    return hash_of_schema(load_catalog(group="changes"), COMPARING)[:_CODE_DIGITS]
