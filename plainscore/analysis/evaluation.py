"""Evaluate published runs: how well scores, factors and features predicted what happened.

Outcomes are those of ``transforms/outcomes/outcome.sql``. A change of what the figures here say
raises the version of `publish.derived.EVALUATION`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from plainscore.analysis.counts import SCORE, Subject, count_people
from plainscore.analysis.inference import wilson
from plainscore.analysis.metrics import RiskBin, contradictions, separation
from plainscore.checks.results import refuse_if_critical
from plainscore.checks.verdicts import check_assertions
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import EVALUATING, Catalog, load_catalog
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs.event_store import EventStore, open_store
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.derived import EVALUATION, derived_folder
from plainscore.publish.publication import publish_derived
from plainscore.publish.runs import Run
from plainscore.publish.sets import staging_folder
from plainscore.runs.inputs import fingerprint_of_input
from plainscore.settings import Settings, engine_options

OUTCOME_DAYS = 120
OUTCOME = "outcomes.outcome"

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Evaluated:
    """What was done of one run; ``known_from``: the day from which it can be, where it cannot."""

    run: Run
    is_new: bool
    known_from: date | None = None


def outcome_dates(dates: SnapshotDates) -> SnapshotDates:
    """Return the clocks by which the outcomes of a snapshot are seen."""
    day = dates.as_of_date + timedelta(days=OUTCOME_DAYS)
    return SnapshotDates(day, max(day, dates.known_on))


def evaluate(data_dir: Path, runs: Iterable[Run], settings: Settings) -> Iterator[Evaluated]:
    """Evaluate runs whose outcomes are known; what is evaluated already is left as it is.

    The caller holds the writer lock. Outcomes are those of bills due in the 90 days after a
    snapshot, as seen 120 days after it: they are known once something arrived on that day or later.

    Raises
    ------
    ChecksRefused
        An assertion fails: nothing is published of that run.
    """
    store = open_store(data_dir)
    newest = max((day for day in store.ledger()["arrived"].to_list()), default=None)
    for run in runs:
        seen = outcome_dates(run.dates)
        if newest is None or newest < seen.as_of_date:
            yield Evaluated(run, False, seen.as_of_date)
            continue
        input_hash = fingerprint_of_input(store.inputs_known_on(seen.known_on))["sha256"]
        is_new = not derived_folder(data_dir, EVALUATION, [run], input_hash).is_dir()
        if is_new:
            evaluate_run(data_dir, store, run, input_hash, settings)
        else:
            refresh_catalog(data_dir)  # a kill may have come between publishing and showing
        yield Evaluated(run, is_new)


def evaluate_run(
    data_dir: Path, store: EventStore, run: Run, input_hash: str, settings: Settings
) -> None:
    """Compute and publish the evaluation of one run; it is shown instead of older ones."""
    catalog = load_catalog(group="outcomes", method=settings.method)
    scored = (
        f"select person_id from {run.source('score')} where scorecard_no = 1 and score is not null"
    )
    options = engine_options(data_dir, settings)
    with (
        staging_folder(data_dir, EVALUATION.name) as staging,
        built_outcomes(store, catalog, (run.dates, run.name), (scored, ()), options) as engine,
    ):
        parameters = outcome_dates(run.dates).parameters
        refuse_if_critical(
            check_assertions(engine.con, (), EVALUATING, parameters, settings.method)
        )
        _fill_figures(engine.con, catalog, run)
        seen = {"outcome_dates": str(outcome_dates(run.dates))}
        publish_derived(data_dir, engine.con, EVALUATION, [run], staging, seen, input_hash)


@contextmanager
def built_outcomes(
    store: EventStore,
    catalog: Catalog,
    snapshot: tuple[SnapshotDates, str],
    scored: tuple[str, Sequence[Any]],
    options: EngineOptions,
) -> Iterator[DuckDBEngine]:
    """Yield an engine with ``outcomes.outcome`` and, of the other schemas, only what it reads.

    ``catalog``: that of the evaluation; ``snapshot``: the clocks and the run that is evaluated;
    ``scored``: SQL, and its parameters, that gives the person_id of everyone scored.
    """
    dates, run_name = snapshot
    with built(catalog, outcome_dates(dates), store, options=options) as engine:
        for name in ("outcomes.evaluated", "outcomes.scored_person"):
            engine.con.execute(catalog[name].ddl)
        evaluated = [dates.as_of_date, dates.known_on, run_name]
        engine.con.execute("insert into outcomes.evaluated values (?, ?, ?)", evaluated)
        sql, parameters = scored
        engine.con.execute(f"insert into outcomes.scored_person {sql}", list(parameters))
        engine.build_needed(OUTCOME)
        yield engine


def _fill_figures(con: duckdb.DuckDBPyConnection, catalog: Catalog, run: Run) -> None:
    subjects = count_people(con, run, outcome=OUTCOME)
    bands = dict(con.execute(f"select band_no, band from {run.source('band_card')}").fetchall())
    rows: dict[str, Iterable[Row]] = {
        "outcomes.quality": map(quality_row, subjects),
        "outcomes.calibration": (
            row for one in subjects if one.kind == SCORE for row in calibration_rows(one, bands)
        ),
        "outcomes.feature_risk": (
            row for one in subjects if one.has_bins for row in feature_risk_rows(one)
        ),
    }
    for name, of_table in rows.items():
        table = catalog[name]
        con.execute(table.ddl)
        filled = [(*run.key, *row) for row in of_table]
        if filled:
            places = ", ".join("?" * len(table.columns))
            con.executemany(f"insert into {name} values ({places})", filled)


def quality_row(subject: Subject) -> Row:
    """Return the row of ``quality``, without the columns that name the snapshot."""
    people = subject.people_by(lambda count: count.points)
    figures = separation([(points, good, bad) for points, (good, bad) in people.items()])
    return (
        *subject.key, figures.people, figures.bad, figures.auc, figures.auc_low, figures.auc_high,
        figures.gini, figures.ks, figures.ks_low, figures.ks_high,
    )  # fmt: skip


def calibration_rows(score: Subject, names: dict[int, str]) -> Iterator[Row]:
    """Yield the rows of ``calibration`` of a scorecard; ``names``: band_no -> band."""
    people = score.people_by(lambda count: count.bin_no)
    # A higher band counts as more points.
    bins = [RiskBin(band, band, good + bad, bad) for band, (good, bad) in sorted(people.items())]
    found = contradictions(bins)
    for one in bins:
        against = found.get(one.place)
        yield (
            score.scorecard, score.scorecard_no, one.place, names[one.place], *_share(one),
            against is not None and against.is_significant,
        )  # fmt: skip


def feature_risk_rows(feature: Subject) -> Iterator[Row]:
    """Yield the rows of ``feature_risk`` of a feature; bin 0 is where the value is missing."""
    people = feature.people_by(lambda count: (count.bin_no, count.points))
    bins = [RiskBin(*place, good + bad, bad) for place, (good, bad) in sorted(people.items())]
    found = contradictions(bins)
    for one in bins:
        against = found.get(one.place)
        yield (
            feature.scorecard, feature.scorecard_no, feature.number_in_kind, feature.name,
            one.place, one.points, *_share(one),
            against.place if against else None,
            against.p_value if against else None,
            against is not None and against.is_significant,
        )  # fmt: skip


def _share(one: RiskBin) -> tuple[int, int, float, float, float]:
    return one.people, one.bad, one.bad / one.people, *wilson(one.bad, one.people)
