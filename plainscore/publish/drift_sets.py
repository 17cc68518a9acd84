"""Where the drift between published snapshots stands, and which of it still holds.

``snapshots/_changes/drift_<run>_to_<run>_<code>/``, beside the computed changes: whole and never
changed, and gone when either run goes.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from plainscore.common.errors import InputRefused
from plainscore.contracts.contract import Table
from plainscore.publish.change_sets import CHANGES, run_identity, standing_change_folders
from plainscore.publish.manifest import read_json
from plainscore.publish.runs import MANIFEST, SNAPSHOTS, Run
from plainscore.publish.view import View
from plainscore.publish.view_apart import view_apart

_PREFIX = "drift"
_CODE_DIGITS = 8


def drift_tables() -> tuple[Table, ...]:
    """Return the tables that tell the drift between two snapshots."""
    # Reading contracts in their order takes sqlglot; those who only look need neither.
    from plainscore.contracts.catalog import DRIFTING, load_catalog

    return tuple(load_catalog(group="drift").of_schema(DRIFTING))


def drift_folder(data_dir: Path, before: Run, after: Run) -> Path:
    """Return where the drift between two runs stands, once computed by today's code."""
    ends = "_to_".join(
        f"{run.dates.as_of_date}_{run.dates.known_on}_{run.name}" for run in (before, after)
    )
    name = f"{_PREFIX}_{ends}_{drift_code()}"
    return data_dir.resolve() / SNAPSHOTS / CHANGES / name


def drift_views(data_dir: Path, manifests: Mapping[Run, Mapping[str, Any]]) -> list[View]:
    """Return one view for each table; ``manifests``: those of all published runs.

    They show what today's code has computed of live runs.
    """
    folders = _current(data_dir, manifests)
    asked = "every pair of snapshots that `drift` was asked of"
    return [view_apart(table, folders, asked) for table in drift_tables()]


def _current(data_dir: Path, manifests: Mapping[Run, Mapping[str, Any]]) -> list[Path]:
    live = {run.dates: run for run in sorted(manifests)}.values()
    identities = [run_identity(run, manifests[run]) for run in live]
    current = []
    for folder in standing_change_folders(data_dir):
        if folder.name.startswith(f"{_PREFIX}_") and folder.name.endswith(f"_{drift_code()}"):
            # What cannot be read is left out: `verify` tells it.
            with suppress(InputRefused):
                said = read_json(folder / MANIFEST)
                if said.get("before") in identities and said.get("after") in identities:
                    current.append(folder)
    return current


@cache
def drift_code() -> str:
    """Return some hex digits of SHA-256 over what computes drift: contracts, and the figures."""
    from plainscore.analysis.drift.tables import DRIFT_VERSION
    from plainscore.contracts.catalog import DRIFTING, hash_of_schema, load_catalog

    made_of = f"{hash_of_schema(load_catalog(group='drift'), DRIFTING)} {DRIFT_VERSION}"
    return hashlib.sha256(made_of.encode()).hexdigest()[:_CODE_DIGITS]
