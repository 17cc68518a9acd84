"""Why scores changed between two published snapshots: the whole way on one page."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plainscore.analysis.changes.assembling import assemble
from plainscore.analysis.changes.chain import AFTER, BEFORE, STATES, Chain, chain_of
from plainscore.analysis.changes.publishing import publish_changes
from plainscore.analysis.changes.states import Workshop, compute_state, has_late_data
from plainscore.checks.results import refuse_if_critical
from plainscore.checks.verdicts import check_assertions
from plainscore.common.errors import InputRefused, UsageError
from plainscore.contracts.catalog import COMPARING, load_catalog
from plainscore.engines.build import built
from plainscore.logs.event_store import EventStore, open_store
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.change_sets import ChangePair, change_folder
from plainscore.publish.manifest import read_manifest
from plainscore.publish.runs import Run
from plainscore.publish.staging import empty_staging
from plainscore.runs.doing import Do, plainly
from plainscore.runs.inputs import fingerprint_of_input
from plainscore.runs.pipeline import cards_by_hash, code_hash
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings, engine_options


@dataclass(frozen=True)
class Comparison:
    """What is needed to tell the changes of a pair: how, from which states, and what to note."""

    pair: ChangePair
    workshop: Workshop
    chain: Chain
    notes: tuple[str, ...]


def compute_changes(data_dir: Path, pair: ChangePair, settings: Settings, do: Do = plainly) -> None:
    """Compute and publish why scores changed between two runs; computed ones are left as they are.

    The caller holds the writer lock. ``do`` does each step.

    Raises
    ------
    UsageError
        The pair goes back in time.
    InputRefused
        The later snapshot is not what today's code makes of today's event store, or its scorecards
        are not at hand.
    ChecksRefused
        A law across tables is broken: nothing is published.
    """
    if change_folder(data_dir, pair).is_dir():
        refresh_catalog(data_dir)  # a kill may have come between publishing and showing
        return
    comparison = do(prepare_comparison, data_dir, pair, settings)
    staging = empty_staging(data_dir, "changes")
    folders = {BEFORE: pair.before.folder, AFTER: pair.after.folder}
    try:
        for state, dates in comparison.chain.to_compute.items():
            folders[state] = staging / "states" / state
            do(compute_state, comparison.workshop, dates, folders[state])
        do(publish_comparison, data_dir, comparison, folders, staging / "told")
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def prepare_comparison(data_dir: Path, pair: ChangePair, settings: Settings) -> Comparison:
    """Find scorecards and input of a pair, and decide which states have to be computed."""
    if pair.after.dates.as_of_date < pair.before.dates.as_of_date:
        raise UsageError(f"{pair}: the second date lies before the first; exchange them")
    manifests = {run: read_manifest(run) for run in (pair.before, pair.after)}
    store = open_store(data_dir)
    workshop = _workshop(data_dir, store, pair.after, manifests[pair.after], settings)
    is_same_code = _code(manifests[pair.before]) == _code(manifests[pair.after])
    is_same_input = _is_of_today(store, pair.before, manifests[pair.before])
    is_same_rules = is_same_code and _champion(manifests[pair.before]) == workshop.champion.hash
    chain = chain_of(
        pair,
        is_same_rules=is_same_rules,
        is_same_input=is_same_input,
        has_late_data=has_late_data(workshop, pair.before.dates, pair.after.dates),
    )
    notes = []
    if not is_same_code:
        notes.append(
            "the earlier snapshot was made by other code, or beside other scorecards: "
            "what that changed counts as rules"
        )
    if not is_same_rules and not is_same_input:
        notes.append(
            "files were delivered into arrival days of the earlier snapshot after it was "
            "published: what they changed counts as rules"
        )
    if pair.after.dates.known_on < pair.before.dates.known_on:
        notes.append(
            "the later snapshot knew less than the earlier: late data is what it did not know"
        )
    return Comparison(pair, workshop, chain, tuple(notes))


def publish_comparison(
    data_dir: Path, comparison: Comparison, folders: Mapping[str, Path], staging: Path
) -> None:
    """Tell the causes from the states, judge that they sum up, and publish them."""
    workshop, chain, pair = comparison.workshop, comparison.chain, comparison.pair
    catalog = load_catalog(group="changes")
    with built(catalog, pair.after.dates, options=workshop.options) as engine:
        of_states = {state: folders[chain.origin(state)] for state in STATES}
        assemble(engine.con, catalog, pair, of_states)
        engine.build_schema(COMPARING)
        refuse_if_critical(check_assertions(engine.con, (), COMPARING, pair.after.dates.parameters))
        publish_changes(data_dir, engine.con, pair, chain, staging, comparison.notes)


def _workshop(
    data_dir: Path, store: EventStore, after: Run, manifest: Mapping[str, Any], settings: Settings
) -> Workshop:
    again = f"publish it again (`plainscore run --as-of {after.dates.as_of_date} --known-on " + (
        f"{after.dates.known_on}`), then ask again"
    )
    try:
        names = cards_by_hash([card["hash"] for card in manifest["scorecards"]], settings)
    except InputRefused as error:
        raise InputRefused(
            f"the snapshot {after.dates}: {error}, or give it with --scorecard, or {again}"
        ) from error
    cards = read_scorecards(names, settings.method)
    catalog = load_catalog(cards, method=settings.method)
    if code_hash(catalog) != _code(manifest):
        raise InputRefused(f"the snapshot {after.dates} was made by other code: {again}")
    if not _is_of_today(store, after, manifest):
        raise InputRefused(
            f"the event store has changed since the snapshot {after.dates} was published: {again}"
        )
    champion = cards[0]
    options = engine_options(data_dir, settings)
    of_champion = catalog if len(cards) == 1 else load_catalog([champion], method=settings.method)
    return Workshop(champion, of_champion, store, options)


def _is_of_today(store: EventStore, run: Run, manifest: Mapping[str, Any]) -> bool:
    inputs = store.inputs_known_on(run.dates.known_on)
    return bool(manifest["input"] == fingerprint_of_input(inputs))


def _code(manifest: Mapping[str, Any]) -> str:
    return str(manifest["code"]["hash"])


def _champion(manifest: Mapping[str, Any]) -> str:
    return str(manifest["scorecards"][0]["hash"])
