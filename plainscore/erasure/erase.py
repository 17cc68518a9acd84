"""Erase people from a data directory: all steps on one page."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from plainscore.common.errors import InputRefused, UsageError
from plainscore.erasure.erased_ids import ErasedIds, people_in, read_fields
from plainscore.erasure.journal import Journal
from plainscore.erasure.landing import erase_from_landing
from plainscore.erasure.landing_rows import columns_of, people_in_landing
from plainscore.erasure.search import SearchResult, search
from plainscore.erasure.snapshots import ErasedSnapshot, erase_from_snapshots, run_holds
from plainscore.erasure.store import StoreErasure
from plainscore.logs.delta_table import read_head
from plainscore.logs.event_store import open_store
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.retention import remove_all_reports
from plainscore.publish.runs import all_runs, published_runs
from plainscore.publish.sets import SNAPSHOTS, STAGING, read_manifest
from plainscore.settings import TEMP_FOLDER, Settings


@dataclass
class Erasure:
    """What one erasure did; see the parts."""

    people: int
    files: dict[str, int] = field(default_factory=dict)
    by_hand: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    snapshots: list[ErasedSnapshot] = field(default_factory=list)
    search: SearchResult = field(default_factory=SearchResult)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left for the operator to do."""
        return not (
            self.by_hand or self.search.found or any(s.is_for_operator for s in self.snapshots)
        )


def erase(data_dir: Path, ids: Sequence[str], settings: Settings) -> Erasure:
    """Erase people, and whoever an interrupted erasure was to erase, and search for them.

    The caller holds the writer lock as ``plainscore.common.lock.ERASING``. Killed at any moment,
    the next call finishes it; until then nothing else may write.

    Raises
    ------
    UsageError
        No one was named and no erasure was interrupted.
    InputRefused
        A person is not known here, and nothing was changed; or a published run cannot be read.
    """
    journal = Journal(data_dir)
    wanted = list(dict.fromkeys([*journal.ids, *ids]))
    if not wanted:
        journal.end()  # it was cut short before anything was done
        raise UsageError("name at least one person to be erased")
    for run in published_runs(data_dir):
        read_manifest(run)
    _refuse_strangers(data_dir, [one for one in ids if one not in journal.ids])
    names, erasure = ErasedIds(wanted), Erasure(len(wanted))
    events = data_dir / "events"
    journal.begin(wanted, read_head(events).erasures + 1)
    ledger = open_store(data_dir).ledger()
    landing = erase_from_landing(data_dir / "landing", names, journal, ledger)
    erasure.files, erasure.by_hand = landing.rewritten, landing.by_hand
    erasure.renamed = landing.renamed
    if events.is_dir():
        erasure.rows = StoreErasure(data_dir, names, journal).erase()
    erasure.snapshots = erase_from_snapshots(data_dir, names, journal, settings)
    _remove_what_can_be_made_again(data_dir, names)
    erasure.search = search(data_dir, names)
    journal.end()
    return erasure


def _refuse_strangers(data_dir: Path, ids: Sequence[str]) -> None:
    """Raise InputRefused where an id is nowhere that of a person; nothing was changed then."""
    if "" in ids:
        raise UsageError("an empty text is no person's id")
    unknown = set(ids)
    people = [pl.read_parquet(file, glob=False) for file in open_store(data_dir).person_files()]
    unknown.difference_update(*(frame["person_id"] for frame in people))
    names = ErasedIds(sorted(unknown))
    if unknown:
        unknown -= people_in_landing(data_dir / "landing", names)
    if unknown:
        unknown -= _people_refused(data_dir, names)
    unknown = {
        one
        for one in unknown
        if not any(run_holds(run, ErasedIds([one])) for run in all_runs(data_dir))
    }
    for one in (one for one in ids if one in unknown):
        raise InputRefused(
            f"{one} is not known in {data_dir}: no row or snapshot names such a person, friend or "
            "counterparty; nothing was changed. --search-only shows where the text occurs"
        )


def _people_refused(data_dir: Path, names: ErasedIds) -> set[str]:
    """Return those of some ids that a quarantined row names, its file gone or not."""
    found: set[str] = set()
    for path in open_store(data_dir).files("quarantine"):
        rows = pl.read_parquet(path, glob=False, hive_partitioning=False)
        for file, raw in rows.select("file", "raw").iter_rows():
            columns = columns_of(data_dir / "landing" / file)
            found |= people_in(read_fields(raw or "", columns))
    return found & set(names.ids)


def _remove_what_can_be_made_again(data_dir: Path, names: ErasedIds) -> None:
    """Delete leftovers of dead runs, and whatever else mentions an erased person."""
    snapshots = data_dir / SNAPSHOTS
    shutil.rmtree(data_dir / TEMP_FOLDER, ignore_errors=True)
    shutil.rmtree(snapshots / STAGING, ignore_errors=True)
    remove_all_reports(data_dir)
    for beside in sorted(snapshots.glob("_*/*")):
        if beside.is_dir() and search(beside, names).found:
            shutil.rmtree(beside)
        elif beside.is_file() and names.matches(beside.read_text(errors="replace")):
            beside.unlink()
    refresh_catalog(data_dir)  # it must name nothing that is gone
