"""Evaluate published runs: how well scores, factors and features predicted what happened.

Outcomes are those of ``transforms/outcomes/outcome.sql``. A change of what the figures here say
raises the version of `publish.derived.EVALUATION`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from plainscore.analysis.counts import FEATURE, SCORE, Row, count_people, fill_figures
from plainscore.analysis.metrics import RiskBin, contradictions, separation, wilson
from plainscore.checks.results import refuse_if_critical
from plainscore.checks.verdicts import check_assertions
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import EVALUATING, Catalog, load_catalog
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.derived import ANALYSIS_SQL, EVALUATION, derived_folder
from plainscore.publish.publication import publish_derived
from plainscore.publish.runs import Run
from plainscore.publish.sets import staging_folder
from plainscore.runs.inputs import fingerprint_of_input
from plainscore.settings import Settings, engine_options
from plainscore.store.event_store import EventStore, open_store

OUTCOME_DAYS = 120
OUTCOME = "outcomes.outcome"


class Evaluated(NamedTuple):
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
    Raises ChecksRefused where an assertion fails: nothing is published of that run.
    """
    store = open_store(data_dir)
    newest = max(store.ledger()["arrived"].to_list(), default=date.min)
    for run in runs:
        seen = outcome_dates(run.dates)
        if newest < seen.as_of_date:
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
    method, seen = settings.method, outcome_dates(run.dates)
    catalog = load_catalog(group="outcomes", method=method)
    scored = (
        f"select person_id from {run.source('score')} where scorecard_no = 1 and score is not null"
    )
    options = engine_options(data_dir, settings)
    with (
        staging_folder(data_dir, EVALUATION.name) as staging,
        built_outcomes(store, catalog, (run.dates, run.name), (scored, ()), options) as engine,
    ):
        con = engine.con
        refuse_if_critical(check_assertions(con, (), EVALUATING, seen.parameters, method))
        count_people(con, run, "counted", method, OUTCOME)
        by_points, by_bin = (
            con.execute(method.text(f"{ANALYSIS_SQL}/{name}.sql")).fetchall()
            for name in ("quality", "risk")
        )
        bands = dict(con.execute(f"select band_no, band from {run.source('band_card')}").fetchall())
        figures: dict[str, Iterable[Row]] = {
            "outcomes.quality": ((*subject, *separation(c or ())) for *subject, c in by_points),
            # Of a band its name as well, and neither kind and subject nor what contradicts it.
            "outcomes.calibration": (
                (*card, band, bands[band], *share, is_out_of_order)
                for kind, *card, _, _, bins in by_bin
                if kind == SCORE
                for band, _, *share, _, _, is_out_of_order in risk_rows(bins or ())
            ),
            "outcomes.feature_risk": (
                (*feature, *row)
                for kind, *feature, bins in by_bin
                if kind == FEATURE
                for row in risk_rows(bins or ())
            ),
        }
        fill_figures(con, catalog, run.key, figures)
        facts = {"outcome_dates": str(seen)}
        publish_derived(data_dir, con, EVALUATION, [run], staging, facts, input_hash)


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


def risk_rows(bins: Iterable[Row]) -> Iterator[Row]:
    """Yield a `RiskBin`, its bad share and 95 % interval, and what `contradictions` has of it."""
    counted = [RiskBin(*one) for one in bins]
    found = contradictions(counted)
    for one in counted:
        share = one.bad / one.people, *wilson(one.bad, one.people)
        yield *one, *share, *found.get(one.place, (None, None, False))
