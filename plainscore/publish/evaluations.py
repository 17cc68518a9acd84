"""Where evaluations of published snapshots stand, and which of them still hold.

They stand beside the computed changes, ``snapshots/_changes/evaluation_<as_of_date>_<known_on>_
<run>_<hash>/``, whole and never changed, and go as those do when their run goes. The hash is of the
code that evaluates and of the files that had arrived by the day of the outcome. One that was made
of newer input names those that it replaces: they stay for who still reads them, and are not shown.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from plainscore.common.errors import InputRefused
from plainscore.contracts.contract import Table
from plainscore.publish.change_sets import CHANGES, standing_change_folders
from plainscore.publish.manifest import read_json
from plainscore.publish.runs import MANIFEST, SNAPSHOTS, Run
from plainscore.publish.view import View
from plainscore.publish.view_apart import view_apart

SHOWN_TABLES = ("outcome", "quality", "calibration", "feature_risk")
_PREFIX = "evaluation"
_DIGITS = 12


@dataclass(frozen=True)
class Evaluation:
    """One published evaluation."""

    folder: Path
    manifest: Mapping[str, Any]


def evaluation_tables() -> tuple[Table, ...]:
    """Return the tables that are published of an evaluated snapshot."""
    # Reading contracts in their order takes sqlglot; those who only look need neither.
    from plainscore.contracts.catalog import EVALUATING, load_catalog

    tables = {
        table.short_name: table for table in load_catalog(group="outcomes").of_schema(EVALUATING)
    }
    return tuple(tables[name] for name in SHOWN_TABLES)


def evaluation_folder(data_dir: Path, run: Run, input_hash: str) -> Path:
    """Return where the evaluation of a run stands, once made of this input by today's code."""
    made_of = hashlib.sha256(f"{evaluation_code()} {input_hash}".encode()).hexdigest()
    return data_dir.resolve() / SNAPSHOTS / CHANGES / f"{_name(run)}_{made_of[:_DIGITS]}"


def evaluations_of(data_dir: Path, run: Run) -> list[Path]:
    """Return every evaluation of a run that stands, of whatever code and input."""
    name = f"{_name(run)}_"
    return [one for one in standing_change_folders(data_dir) if one.name.startswith(name)]


def current_evaluations(
    data_dir: Path, manifests: Mapping[Run, Mapping[str, Any]]
) -> list[Evaluation]:
    """Return the evaluations by today's code of live runs, the oldest snapshot first.

    ``manifests``: those of all published runs. What cannot be read is left out: `verify` tells it.
    """
    live = {run.dates: run for run in sorted(manifests)}.values()
    found = [
        one
        for run in live
        for one in _readable(evaluations_of(data_dir, run))
        if one.manifest.get("content_hash_of_run") == manifests[run]["content_hash"]
        and one.manifest.get("code") == evaluation_code()
    ]
    replaced = {name for one in found for name in one.manifest["replaces"]}
    return [one for one in found if one.folder.name not in replaced]


def _readable(folders: Sequence[Path]) -> Iterator[Evaluation]:
    for folder in folders:
        with suppress(InputRefused):
            yield Evaluation(folder, read_json(folder / MANIFEST))


def evaluation_views(data_dir: Path, manifests: Mapping[Run, Mapping[str, Any]]) -> list[View]:
    """Return one view for each table; empty where nothing is evaluated."""
    folders = [one.folder for one in current_evaluations(data_dir, manifests)]
    asked = "every date that `evaluate` was asked of"
    return [view_apart(table, folders, asked) for table in evaluation_tables()]


@cache
def evaluation_code() -> str:
    """Return SHA-256 (hex) of what evaluates: contracts and SQL, and the Python of the figures."""
    from plainscore.analysis.quality.tables import QUALITY_VERSION
    from plainscore.contracts.catalog import EVALUATING, hash_of_schema, load_catalog

    return f"{hash_of_schema(load_catalog(group='outcomes'), EVALUATING)} {QUALITY_VERSION}"


def _name(run: Run) -> str:
    return f"{_PREFIX}_{run.dates.as_of_date}_{run.dates.known_on}_{run.name}"
