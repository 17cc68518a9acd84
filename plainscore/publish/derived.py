"""Sets derived from published snapshots: changes, drift, evaluations.

``snapshots/_changes/<kind>_<run>[_to_<run>]_<digest>/`` is the set of a kind for its runs, as made
by the code and of the further input of that digest. It can be computed again at any time. It is
shown while its runs are live and the code is today's, and deleted with either run. Folders of
other names, such as those of version 1, are never shown; they too are deleted with their runs.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from plainscore.common.errors import InputRefused
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts.contract import Table
from plainscore.project import read_project
from plainscore.publish.runs import Run, newest_of_dates
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
