"""What a data directory holds, described without the accidents of how it came to be."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from plainscore.common.files import FORMAT_FILE
from plainscore.common.lock import writer_lock
from plainscore.logs.read_mappings import MAPPINGS
from plainscore.publish.proof import verify
from plainscore.publish.runs import LEDGER, RETIRED, published_runs
from plainscore.publish.sets import SNAPSHOTS, read_manifest
from plainscore.publish.views import NO_ENTRY
from plainscore.runs.ledger import entry_file, read_entries
from plainscore.store.event_store import open_store
from plainscore.store.lake import Lake
from tests.ingest.delivery import Delivery

TRANSIENT = (".lock", FORMAT_FILE, "plainscore.duckdb")
EXPLAINED = ("reports/", "landing/", "snapshots/_changes/")


def contents(data_dir: Path) -> dict[str, Any]:
    """Return everything that a rerun must end in: landing, store, runs, what `verify` says.

    Afterwards the store has been compacted without a grace period, so that what is still there
    and is not named by anything is left over: that is reported too, and must be empty.
    """
    found: dict[str, Any] = {
        "landing": _hash_of(
            (str(f.relative_to(data_dir)), hashlib.sha256(f.read_bytes()).hexdigest())
            for f in sorted((data_dir / "landing").rglob("*"))
            if f.is_file()
        ),
        "runs": published(data_dir),
        "verify": verify(data_dir) if published_runs(data_dir) else [],
        "ledger": sorted(_ledger(data_dir)),
    }
    if (mappings := data_dir / "events" / MAPPINGS).is_file():
        found["mappings"] = mappings.read_text()
    if (data_dir / "events" / "head.json").is_file():
        state = Delivery(data_dir).state()
        found["counts"] = state.pop("counts")
        found |= {name: _hash_of(rows) for name, rows in state.items()}
        with writer_lock(data_dir, "compact"), Lake(data_dir / "events", {}) as lake:
            lake.compact(timedelta(0))
    found["left over"] = sorted(_left_over(data_dir))
    return found


def published(data_dir: Path) -> dict[str, tuple[str, int]]:
    """Return the hash of the content, and the people, of every published run by its folder."""
    manifests = {run.relative_folder: read_manifest(run) for run in published_runs(data_dir)}
    return {name: (one["content_hash"], one["people"]) for name, one in manifests.items()}


def _hash_of(rows: Any) -> str:
    return hashlib.sha256("\n".join(map(repr, rows)).encode()).hexdigest()


def _left_over(data_dir: Path) -> Iterator[str]:
    explained = set(_explained(data_dir))
    runs = [run.folder for run in published_runs(data_dir.resolve())]
    for file in data_dir.rglob("*"):
        name = file.relative_to(data_dir).as_posix()
        if file.is_dir():
            is_ours = not name.startswith(("snapshots/_staging/", ".spill"))
        else:
            is_ours = (
                name in explained
                or name.startswith(EXPLAINED)
                or (data_dir.joinpath(*file.relative_to(data_dir).parts[:4]) / RETIRED).exists()
                or any(file.is_relative_to(folder) for folder in runs)
            )
        if not is_ours:
            yield name


def _explained(data_dir: Path) -> Iterator[str]:
    yield from TRANSIENT
    entries, _ = read_entries(data_dir)
    yield from (str(entry_file(data_dir, dates).relative_to(data_dir)) for dates in entries)
    store = open_store(data_dir)
    for table in store.head.files:
        yield from (str(Path(f).relative_to(data_dir.absolute())) for f in store.files(table))
    yield f"{SNAPSHOTS}/{LEDGER}/{NO_ENTRY}"
    yield from (
        "events/head.json",
        "events/lake.duckdb",
        "events/file_states.json",
        f"events/{MAPPINGS}",
    )


def ledger_faults(data_dir: Path) -> list[str]:
    """Return the files of the ledger of stages that are not whole."""
    return [str(file) for file in read_entries(data_dir)[1]]


def _ledger(data_dir: Path) -> Iterator[str]:
    entries, _ = read_entries(data_dir)
    for dates, entry in entries.items():
        published = entry.published
        stages = published and [(one.stage, one.outcome) for one in published.stages]
        yield f"{dates}: {published and published.run} {stages}, unfinished {entry.unfinished}"
