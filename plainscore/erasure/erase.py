"""Erase people from a data directory: all steps on one page."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.text import read_parquet, text_literal
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.journal import Journal, read_journal
from plainscore.erasure.landing import erase_from_landing, rename_files, settle
from plainscore.erasure.rows import Landing
from plainscore.erasure.search import SearchResult, search
from plainscore.erasure.snapshots import ErasedSnapshot, erase_from_snapshots, people_of
from plainscore.erasure.store import StoreErasure
from plainscore.logs.sources import Inputs, read_inputs
from plainscore.project import read_project
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.retention import remove_all_reports
from plainscore.publish.runs import all_runs, published_runs
from plainscore.publish.sets import SNAPSHOTS, STAGING, read_manifest
from plainscore.settings import TEMP_FOLDER, Settings
from plainscore.store.event_store import EventStore, open_store
from plainscore.store.head import store_folder
from plainscore.store.lake import Lake


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


def erase(
    data_dir: Path, ids: Sequence[str], settings: Settings, *, inside_texts: bool = False
) -> Erasure:
    """Erase people, and whoever an interrupted erasure was to erase, and search for them.

    The caller holds the writer lock as ``plainscore.common.lock.ERASING``. Killed at any moment,
    the next call finishes it; until then nothing else may write. ``inside_texts``: also mask the
    ids where they stand inside other texts, of people who were erased before, too.

    Raises
    ------
    UsageError
        No one was named and no erasure was interrupted.
    InputRefused
        A person is not known here, and nothing was changed; or a published run cannot be read.
    """
    journal = read_journal(data_dir)
    wanted = list(dict.fromkeys([*journal.ids, *ids]))
    if not wanted:
        journal.end()  # it was cut short before anything was done
        raise UsageError("name at least one person to be erased")
    for run in published_runs(data_dir):
        read_manifest(run)
    strangers = [one for one in ids if one not in journal.ids]
    _refuse_strangers(data_dir, strangers, inside_texts)
    erasure = Erasure(len(wanted))
    names = _erase_from_events(data_dir, wanted, journal, settings, erasure, inside_texts)
    erasure.snapshots = erase_from_snapshots(data_dir, names, journal, settings)
    _remove_what_can_be_made_again(data_dir, names)
    erasure.search = search(data_dir, names)
    journal.end()
    return erasure


def _erase_from_events(
    data_dir: Path,
    ids: Sequence[str],
    journal: Journal,
    settings: Settings,
    erasure: Erasure,
    inside_texts: bool,
) -> ErasedIds:
    """Erase people from landing files and event store; what was cut short before begins again."""
    inputs = read_inputs(read_project(data_dir))
    folder, events = data_dir / "landing", data_dir / "events"
    with ExitStack() as opened:
        lake, done = None, 0
        if store_folder(data_dir).is_dir():
            limits = settings.threads, settings.memory_limit
            lake = opened.enter_context(Lake(events, inputs.stored, *limits))
            done = lake.head.erasures
        is_stored = 0 < journal.erasure_no <= done
        settle(folder, is_stored=is_stored)
        number = done if is_stored and set(ids) == set(journal.ids) else done + 1
        masks = inside_texts or journal.inside_texts
        journal.note(ids=list(ids), erasure_no=number, inside_texts=masks)
        protected = _protected(open_store(data_dir), inputs, ids)
        names = ErasedIds(ids, protected, f"erased-{number}")
        rename_files(folder, names, journal, masks)
        landing = Landing(data_dir, names)
        cleaned = erase_from_landing(landing, names if masks else None)
        erasure.files = {one.shown: len(one.gone) for one in cleaned if one.is_rewritten}
        erasure.by_hand = {one.shown: one.problem for one in cleaned if one.problem}
        erasure.renamed = journal.renamed
        if lake is not None:
            store = StoreErasure(lake, landing, journal)
            erasure.rows = store.erase(cleaned, inside_texts=masks)
        settle(folder, is_stored=True)
    return names


def _protected(store: EventStore, inputs: Inputs, ids: Sequence[str]) -> set[str]:
    """Return what is never masked: ids of other people that hold one of these, and the words
    of the logs and sources themselves.
    """
    words = {word for log in inputs.logs.values() for word in (*log.names, *log.event_types)}
    words.update(name for source in inputs.sources.values() for name in source.columns)
    for log in inputs.logs.values():
        words.update(choice for own in log.fields for choice in own.choices)
    if files := store.person_files():
        with duckdb.connect() as con:
            held = " or ".join(f"contains(person_id, {text_literal(one)})" for one in ids)
            found = con.execute(f"select person_id from {read_parquet(files)} where {held}")
            words.update(person for (person,) in found.fetchall() if person not in ids)
    return words


def _refuse_strangers(data_dir: Path, ids: Sequence[str], inside_texts: bool) -> None:
    """Raise InputRefused where an id is nowhere that of a person; nothing was changed then."""
    if "" in ids:
        raise UsageError("an empty text is no person's id")
    unknown = set(ids)
    with duckdb.connect() as con:
        if files := open_store(data_dir).person_files():
            query = f"select person_id from {read_parquet(files)} where list_contains(?, person_id)"
            unknown -= {person for (person,) in con.execute(query, [list(ids)]).fetchall()}
    if unknown:
        unknown -= Landing(data_dir, ErasedIds(sorted(unknown))).people()
    for run in all_runs(data_dir) if unknown else ():
        unknown -= people_of(run, unknown)
    for one in (one for one in ids if one in unknown):
        is_distinctive = bool(ErasedIds([one]).distinctive_ids)
        if inside_texts and is_distinctive and search(data_dir, ErasedIds([one])).elsewhere:
            continue
        raise InputRefused(
            f"{one} is not known in {data_dir}: no row or snapshot names such a person, friend or "
            "counterparty; nothing was changed. --search-only shows where the text occurs"
        )


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
