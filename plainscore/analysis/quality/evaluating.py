"""Evaluate a published run by what became of its people: the whole way on one page."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from plainscore.analysis.quality.counting import Counter
from plainscore.analysis.quality.outcomes import built_outcomes, outcome_dates
from plainscore.analysis.quality.tables import calibration_rows, feature_risk_rows, quality_rows
from plainscore.checks.results import refuse_if_critical
from plainscore.checks.verdicts import check_assertions
from plainscore.common.text import parquet_list
from plainscore.contracts.catalog import EVALUATING, Catalog, load_catalog
from plainscore.logs.event_store import EventStore, open_store
from plainscore.publish.apart import publish_apart
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.evaluations import (
    evaluation_code,
    evaluation_folder,
    evaluation_tables,
    evaluations_of,
)
from plainscore.publish.manifest import read_manifest
from plainscore.publish.runs import Run
from plainscore.publish.staging import empty_staging, table_file
from plainscore.runs.doing import Do, plainly
from plainscore.runs.inputs import fingerprint_of_input
from plainscore.settings import Settings, engine_options

FORMAT = 1


@dataclass(frozen=True)
class Evaluated:
    """What was done of one run; ``known_from``: the day from which it can be, where it cannot."""

    run: Run
    is_new: bool
    known_from: date | None = None


def evaluate(
    data_dir: Path, runs: Iterable[Run], settings: Settings, do: Do = plainly
) -> Iterator[Evaluated]:
    """Evaluate runs whose outcomes are known; what is evaluated already is left as it is.

    The caller holds the writer lock. Outcomes are those of bills due in the 90 days after a
    snapshot, as seen 120 days after it: they are known once something arrived on that day or later.

    Raises
    ------
    ChecksRefused
        A law is broken: nothing is published of that run.
    """
    store = open_store(data_dir)
    newest = max((day for day in store.ledger()["arrived"].to_list()), default=None)
    for run in runs:
        seen = outcome_dates(run.dates)
        if newest is None or newest < seen.as_of_date:
            yield Evaluated(run, False, seen.as_of_date)
            continue
        inputs = fingerprint_of_input(store.inputs_known_on(seen.known_on))
        folder = evaluation_folder(data_dir, run, inputs["sha256"])
        if folder.is_dir():
            do(refresh_catalog, data_dir)  # a kill may have come between publishing and showing
            yield Evaluated(run, False)
            continue
        do(evaluate_run, data_dir, store, run, folder, settings)
        yield Evaluated(run, True)


def evaluate_run(
    data_dir: Path, store: EventStore, run: Run, folder: Path, settings: Settings
) -> None:
    """Compute and publish the evaluation of one run; it is shown in the place of older ones."""
    catalog = load_catalog(group="outcomes")
    staging = empty_staging(data_dir, "evaluation")
    scores = parquet_list([table_file(run.folder, "score")])
    scored = (
        f"select person_id from read_parquet({scores}, hive_partitioning = false) "
        "where scorecard_no = 1 and score is not null"
    )
    snapshot, options = (run.dates, run.name), engine_options(data_dir, settings)
    try:
        with built_outcomes(store, catalog, snapshot, (scored, ()), options) as engine:
            facts = check_assertions(
                engine.con, (), EVALUATING, outcome_dates(run.dates).parameters
            )
            refuse_if_critical(facts)
            _fill_figures(engine.con, catalog, run)
            head = _manifest_head(run, [one.name for one in evaluations_of(data_dir, run)])
            publish_apart(data_dir, engine.con, evaluation_tables(), staging, folder, head)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _fill_figures(con: duckdb.DuckDBPyConnection, catalog: Catalog, run: Run) -> None:
    counter = Counter(con, run.folder)
    rows: dict[str, Iterable[tuple[Any, ...]]] = {
        "outcomes.quality": quality_rows(counter.subjects()),
        "outcomes.calibration": calibration_rows(counter.bands(), counter.band_names()),
        "outcomes.feature_risk": feature_risk_rows(counter.features()),
    }
    snapshot = (run.dates.as_of_date, run.dates.known_on, run.name)
    for name, of_table in rows.items():
        table = catalog[name]
        con.execute(table.ddl)
        filled = [(*snapshot, *row) for row in of_table]
        if filled:
            places = ", ".join("?" * len(table.columns))
            con.executemany(f"insert into {name} values ({places})", filled)


def _manifest_head(run: Run, replaced: list[str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "as_of_date": str(run.dates.as_of_date),
        "known_on": str(run.dates.known_on),
        "run": run.name,
        "content_hash_of_run": read_manifest(run)["content_hash"],
        "outcome_dates": str(outcome_dates(run.dates)),
        "code": evaluation_code(),
        "replaces": replaced,
    }
