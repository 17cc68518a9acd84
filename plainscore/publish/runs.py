"""Where published snapshots, and what is derived from them, are on the disk, and which count.

``DIR/snapshots/as_of_date=D/known_on=K/run=NNNN/`` holds what was published for (D, K), run by
run. A directory of that name is always complete, because it was renamed into place. A run with a
``retired.json`` is no longer published; it is kept for readers of an older catalog.

``snapshots/_changes/<kind>_<run>[_to_<run>]_<digest>/`` is the set of a kind (changes, drift,
evaluation) for its runs, as made by the code and of the further input of that digest. It can be
computed again at any time. It is shown while its runs are live and the code is today's, and deleted
with either run. Folders of other names, such as those of version 1, are never shown; they too are
deleted with their runs.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from plainscore.common.errors import InputRefused
from plainscore.common.files import refuse_newer_format
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.contracts.contract import Table
from plainscore.project import read_project
from plainscore.publish.sets import (
    FORMAT,
    MANIFEST,
    SNAPSHOTS,
    PublishedSet,
    read_json,
    remove_sets,
)

if TYPE_CHECKING:
    from plainscore.contracts.catalog import Catalog

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


# What is derived from runs

DERIVED = "_changes"
ANALYSIS_SQL = "transforms/analysis"
"""Where the queries of drift and evaluation are."""
_DIGITS = 12
_RUN_NAME = re.compile(r"(\d{4}-\d\d-\d\d)_(\d{4}-\d\d-\d\d)_(\d{4,})")


@dataclass(frozen=True)
class Kind:
    """What can be derived from snapshots.

    ``schema``: the schema of its contracts under ``transforms/``. ``published``: the tables of it
    that are published. ``version``: the version of the figures that Python computes; raise it with
    every change of what they mean or say, and everything computed before is stale. ``asked``: what
    the rows are of, for the comments of the views. ``method``: where its contracts are.
    """

    name: str
    schema: Literal["changes", "drift", "outcomes"]
    published: tuple[str, ...]
    version: int
    asked: str
    method: Method = STANDARD_METHOD

    def of(self, data_dir: Path) -> "Kind":
        """Return the kind by the contracts of the project of a data directory."""
        return replace(self, method=read_project(data_dir).method)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The contracts of the published tables, as far as the method has them."""
        tables = _catalog_of(self.schema, self.method).tables
        names = (f"{self.schema}.{name}" for name in self.published)
        return tuple(tables[name] for name in names if name in tables)

    @cached_property
    def code(self) -> str:
        """SHA-256 (hex) of what computes it: every contract and SELECT, and the version."""
        from plainscore.contracts.catalog import hash_of_schema

        hash_of_sql = hash_of_schema(_catalog_of(self.schema, self.method), self.schema)
        made_of = f"{hash_of_sql} {self.version}"
        if self.schema != "changes":
            queries = self.method.files(ANALYSIS_SQL, ".sql").values()
            made_of += "".join(path.read_text(encoding="utf-8") for path in queries)
        return hashlib.sha256(made_of.encode()).hexdigest()


@cache
def _catalog_of(schema: Literal["changes", "drift", "outcomes"], method: Method) -> "Catalog":
    # Reading contracts in their order takes sqlglot; reading published sets takes none.
    from plainscore.contracts.catalog import load_catalog

    return load_catalog(group=schema, method=method)


_CHANGED = ("change", "change_feature")
_DRIFTED = ("band_mobility", "drift", "drift_bin", "mobility_index")
_EVALUATED = ("outcome", "quality", "calibration", "feature_risk")
_PAIRS = "every pair of snapshots that `{}` was asked of"
CHANGES = Kind("changes", "changes", _CHANGED, 1, _PAIRS.format("why"))
DRIFT = Kind("drift", "drift", _DRIFTED, 2, _PAIRS.format("drift"))
EVALUATION = Kind(
    "evaluation", "outcomes", _EVALUATED, 3, "every date that `evaluate` was asked of"
)
KINDS = {kind.name: kind for kind in (CHANGES, DRIFT, EVALUATION)}


@dataclass(frozen=True)
class DerivedSet(PublishedSet):
    """A folder under ``_changes``, and what its manifest says; empty where that cannot be read."""

    folder: Path
    manifest: Mapping[str, Any]


def derived_folder(data_dir: Path, kind: Kind, runs: Iterable[Run], input_hash: str = "") -> Path:
    """Return where today's code publishes a kind for some runs, computed or not.

    ``input_hash``: of what it is computed from, beside the runs.
    """
    digest = hashlib.sha256(f"{kind.of(data_dir).code} {input_hash}".encode()).hexdigest()
    names = "_to_".join("_".join(run.text_key) for run in runs)
    name = f"{kind.name}_{names}_{digest[:_DIGITS]}"
    return data_dir.resolve() / SNAPSHOTS / DERIVED / name


def derived_folders(data_dir: Path) -> list[Path]:
    """Return every folder of derived sets, of whatever code and whatever runs."""
    folders = (data_dir / SNAPSHOTS / DERIVED).glob("*")
    return sorted(folder for folder in folders if folder.is_dir())


def others_of(folder: Path) -> list[str]:
    """Return the names of the sets of the same kind and runs, but of other input or code."""
    others = folder.parent.glob(f"{folder.name[:-_DIGITS]}*")
    return sorted(other.name for other in others if other != folder)


def identity(run: Run, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return what identifies a run and its content."""
    names = ("as_of_date", "known_on", "run", "content_hash")
    return dict(zip(names, (*run.text_key, manifest["content_hash"]), strict=True))


def current_sets(
    data_dir: Path, manifests: Mapping[Run, Mapping[str, Any]]
) -> Mapping[str, Sequence[DerivedSet]]:
    """Return kind -> its sets that are shown: by today's code, of live runs, not replaced.

    ``manifests``: those of all published runs. What cannot be read is left out: `verify` reports
    it.
    """
    live = [identity(run, manifests[run]) for run in newest_of_dates(list(manifests))]
    kinds = {name: kind.of(data_dir) for name, kind in KINDS.items()}
    found: dict[str, list[DerivedSet]] = {name: [] for name in kinds}
    for one in map(_read, derived_folders(data_dir)):
        kind, said = kinds.get(str(one.manifest.get("kind"))), one.manifest
        is_current = kind is not None and said["code"] == {"hash": kind.code}
        if kind is not None and is_current and all(run in live for run in said["runs"]):
            found[kind.name].append(one)
    replaced = {name for s in found.values() for one in s for name in one.manifest["replaces"]}
    return {
        name: [one for one in sets if one.folder.name not in replaced]
        for name, sets in found.items()
    }


def remove_sets_of_deleted_runs(data_dir: Path) -> None:
    """Delete what is derived from runs whose folder is gone: it names the same people.

    The caller holds the writer lock.
    """
    snapshots = data_dir.resolve() / SNAPSHOTS
    for folder in derived_folders(data_dir.resolve()):
        runs = [
            snapshots / f"as_of_date={as_of_date}/known_on={known_on}/run={run}"
            for as_of_date, known_on, run in _RUN_NAME.findall(folder.name)
        ]
        if not all(run.is_dir() for run in runs):
            remove_sets(data_dir, [DerivedSet(folder, {})])


def _read(folder: Path) -> DerivedSet:
    try:
        manifest = read_json(folder / MANIFEST)
    except InputRefused:
        manifest = {}
    return DerivedSet(folder, manifest if manifest.get("format") == FORMAT else {})
