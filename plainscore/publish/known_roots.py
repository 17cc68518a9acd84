"""Which roots over people a data directory vouches for."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from plainscore.contracts.dates import SnapshotDates
from plainscore.publish.manifest import read_manifest
from plainscore.publish.pruned import PRUNED, pruned_of
from plainscore.publish.runs import MANIFEST, SNAPSHOTS, runs_of


def known_roots(data_dir: Path, as_of_date: str, known_on: str) -> Mapping[str, str]:
    """Return where a root stands -> the root, of every run of these dates, pruned ones too.

    Raises ValueError where a text is no date, InputRefused where a manifest cannot be read.
    """
    dates = SnapshotDates(date.fromisoformat(as_of_date), date.fromisoformat(known_on))
    roots = {}
    for run in runs_of(data_dir, dates):
        root = read_manifest(run).get("people_root")
        if root is not None:
            roots[str(data_dir / SNAPSHOTS / run.relative_folder / MANIFEST)] = str(root)
    for one in pruned_of(data_dir / SNAPSHOTS, dates):
        if one["people_root"] is not None:
            roots[f"{data_dir / SNAPSHOTS / PRUNED}: run {one['run']}"] = str(one["people_root"])
    return roots
