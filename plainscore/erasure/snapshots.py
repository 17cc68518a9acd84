"""Publish every snapshot again in which erased people had a part, and delete its older runs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from plainscore.common.errors import ChecksRefused, InputRefused, UsageError
from plainscore.common.text import identifier
from plainscore.contracts import SnapshotDates
from plainscore.contracts.contract import ContractError
from plainscore.erasure.erased_ids import ErasedIds, json_texts
from plainscore.erasure.journal import Journal
from plainscore.logs import IngestReport
from plainscore.logs.landing import RefusedFile
from plainscore.publish.catalog import rebuild_catalog
from plainscore.publish.runs import Run, all_runs, published_runs
from plainscore.publish.sets import (
    CHECK_RESULT_TABLE,
    read_contracts,
    read_manifest,
    remove_sets,
)
from plainscore.runs.ledger import entry_file
from plainscore.runs.pipeline import cards_by_hash
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.run import score_ingested
from plainscore.settings import Settings

# What an erasure did to other people's scores: all of it comes through ties to those erased.


@dataclass(frozen=True)
class ScoreDifference:
    """Between two runs of a snapshot, on the champion scorecard.

    ``changed``: other people whose score changed, at most by ``largest`` points. ``other_status``:
    people scored in one and not in the other. ``gone``: people all of whose events named somebody
    who was erased.
    """

    changed: int
    largest: int
    other_status: int
    gone: int


def compare_runs(before: Run, after: Run, erased: Sequence[str]) -> ScoreDifference:
    """Return how the scores of all but the erased people differ between two runs."""
    old, new = (
        f"(select person_id, score from {run.source('score')} where scorecard_no = 1)"
        for run in (before, after)
    )
    with duckdb.connect(config={"threads": 1}) as con:
        ((changed, largest, other_status, gone),) = con.execute(
            f"""
            select
                count(*) filter (old.score <> new.score),
                coalesce(max(abs(old.score - new.score)), 0),
                count(*) filter (new.person_id is not null
                                 and (old.score is null) <> (new.score is null)),
                count(*) filter (new.person_id is null)
            from {old} as old
            left join {new} as new on old.person_id = new.person_id
            where not list_contains($erased, old.person_id)
            """,
            {"erased": list(erased)},
        ).fetchall()
    return ScoreDifference(changed, int(largest), other_status, gone)


@dataclass(frozen=True)
class ErasedSnapshot:
    """What became of one snapshot.

    ``difference``: what it did to others' scores; None where it was published again before, or
    not at all. ``unpublished``: why it is published no more; None where it is.
    """

    dates: SnapshotDates
    run: Run | None
    difference: ScoreDifference | None = None
    unpublished: str | None = None
    is_for_operator: bool = False


def erase_from_snapshots(
    data_dir: Path, names: ErasedIds, journal: Journal, settings: Settings
) -> list[ErasedSnapshot]:
    """Publish a further run of every snapshot concerned, and delete all its older runs at once.

    Retired runs that are concerned are deleted with them. A snapshot is concerned where a removed
    row had arrived for it, or a run of it holds an id. One that cannot be made again is published
    no more. Readers that hold an old catalog lose the deleted runs.
    """
    erased: list[ErasedSnapshot] = []
    doomed: list[Run] = []
    for _, group in groupby(published_runs(data_dir), key=lambda run: run.dates):
        runs = list(group)
        if not _is_concerned(runs, names, journal.since):
            continue
        outcome = _publish_again(data_dir, runs[-1], names, journal.erasure_no, settings)
        erased.append(outcome)
        doomed += [run for run in runs if run != outcome.run]
        if outcome.run is None:
            entry_file(data_dir, outcome.dates).unlink(missing_ok=True)
    retired = [run for run in all_runs(data_dir) if run.is_retired]
    doomed += [run for run in retired if _is_concerned([run], names, journal.since)]
    remove_sets(data_dir, doomed)
    rebuild_catalog(data_dir)
    return erased


def _is_concerned(runs: Sequence[Run], names: ErasedIds, since: str | None) -> bool:
    """Return whether removed rows had arrived for a snapshot, or a run of it holds an id."""
    if since is not None and since <= str(runs[-1].dates.known_on):
        return True
    return any(people_of(run, names.ids) or _has_examples_of(run, names) for run in runs)


def people_of(run: Run, ids: Collection[str]) -> set[str]:
    """Return those of some ids that a published run holds in a column of ids."""
    cells = [
        f"select cast({identifier(column['name'])} as varchar) as id from {run.source(table)}"
        for table, contract in read_contracts(run).items()
        for column in contract["columns"]
        if column["name"].endswith("_id")
    ]
    query = f"select distinct id from ({' union all '.join(cells)}) where list_contains($ids, id)"
    with duckdb.connect(config={"threads": 1}) as con:
        return {one for (one,) in con.execute(query, {"ids": [*ids]}).fetchall()}


def _has_examples_of(run: Run, names: ErasedIds) -> bool:
    """Return whether a check's examples hold an id."""
    query = f"select examples from {run.source(CHECK_RESULT_TABLE)} where examples is not null"
    with duckdb.connect(config={"threads": 1}) as con:
        examples = [text for (text,) in con.execute(query).fetchall()]
    texts = (text for one in examples for text in json_texts(one, with_numbers=False))
    return any(map(names.matches, texts))


def _publish_again(
    data_dir: Path, live: Run, names: ErasedIds, erasure_no: int, settings: Settings
) -> ErasedSnapshot:
    manifest = read_manifest(live)
    if manifest.get("erasures", 0) >= erasure_no:
        return ErasedSnapshot(live.dates, live)
    try:
        cards = cards_by_hash([card["hash"] for card in manifest["scorecards"]], settings)
        request = SnapshotRequest(
            data_dir,
            live.dates,
            settings.model_copy(update={"scorecards": cards}),
            skip_refused=True,
            allow_stopped_feeds=True,
            force=True,
        )
        skipped = [
            RefusedFile("", file, None, "", "") for file in manifest["skipped_refused_files"]
        ]
        run = score_ingested(request, IngestReport(refused=skipped)).run
    except (ChecksRefused, ContractError, InputRefused, UsageError) as error:
        is_empty = isinstance(error, InputRefused) and str(error).startswith("no event is known")
        why = "it held no one else" if is_empty else str(error)
        return ErasedSnapshot(live.dates, None, None, why, is_for_operator=not is_empty)
    return ErasedSnapshot(live.dates, run, compare_runs(live, run, names.ids))
