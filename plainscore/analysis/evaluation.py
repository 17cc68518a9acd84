"""Evaluate published runs: how well scores, factors and features predicted what happened.

Outcomes are those of ``transforms/outcomes/outcome.sql``; when they are known says
`plainscore.analysis.outcome_clock`. A change of what the figures here say raises the version of
`publish.derived.EVALUATION`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from plainscore.analysis.counts import (
    FEATURE,
    SCORE,
    Row,
    count_in_contexts,
    count_people,
    expected_by_band,
    fill_figures,
)
from plainscore.analysis.metrics import RiskBin, contradictions, separation, wilson
from plainscore.analysis.outcome_clock import OutcomeClock, outcome_of
from plainscore.checks.results import refuse_if_critical
from plainscore.checks.verdicts import check_assertions, check_constraints
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import EVALUATING, Catalog, load_catalog
from plainscore.contracts.contract import OUTCOME
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

MILLION = 1_000_000


class Evaluated(NamedTuple):
    """What was done of one run.

    ``waits_for``: from when its outcome is known, where it is not yet. ``warnings``: of checks.
    """

    run: Run
    is_new: bool
    waits_for: str = ""
    warnings: Sequence[str] = ()

    @property
    def messages(self) -> list[str]:
        """What to say of it."""
        return [*filter(None, [self.waits_for]), *self.warnings]


class Judged(NamedTuple):
    """A snapshot, the name of its run, and the clocks by which its outcome is judged."""

    dates: SnapshotDates
    run: str
    seen: SnapshotDates


def evaluate(data_dir: Path, runs: Iterable[Run], settings: Settings) -> Iterator[Evaluated]:
    """Evaluate runs whose outcomes are known; what is evaluated already is left as it is.

    The caller holds the writer lock. Raises ChecksRefused where an assertion fails: nothing is
    published of that run.
    """
    store = open_store(data_dir)
    clock = OutcomeClock(store, settings)
    for run in runs:
        day = clock.of(run.dates)
        if day.seen is None:
            yield Evaluated(run, False, day.message)
            continue
        input_hash = fingerprint_of_input(store.inputs_known_on(day.seen.known_on))["sha256"]
        if not derived_folder(data_dir, EVALUATION, [run], input_hash).is_dir():
            judged = Judged(run.dates, run.name, day.seen)
            yield evaluate_run(data_dir, store, run, judged, input_hash, settings)
            continue
        refresh_catalog(data_dir)  # a kill may have come between publishing and showing
        yield Evaluated(run, False)


def evaluate_run(
    data_dir: Path,
    store: EventStore,
    run: Run,
    judged: Judged,
    input_hash: str,
    settings: Settings,
) -> Evaluated:
    """Compute and publish the evaluation of one run; it is shown instead of older ones."""
    method = settings.method
    catalog = load_catalog(group="outcomes", method=method)
    scored = (
        f"select person_id from {run.source('score')} where scorecard_no = 1 and score is not null"
    )
    options = engine_options(data_dir, settings)
    with (
        staging_folder(data_dir, EVALUATION.name) as staging,
        built_outcomes(store, catalog, judged, (scored, ()), options) as engine,
    ):
        con, clocks = engine.con, judged.seen.parameters
        checked = check_constraints(con, [catalog[OUTCOME]], EVALUATING, clocks)
        checked += check_assertions(con, (), EVALUATING, clocks, method)
        refuse_if_critical(checked)
        count_people(con, run, "counted", method, OUTCOME)
        by_points, by_bin = (
            con.execute(method.text(f"{ANALYSIS_SQL}/{name}.sql")).fetchall()
            for name in ("quality", "risk")
        )
        by_points += count_in_contexts(con, run, method)
        bands = dict(con.execute(f"select band_no, band from {run.source('band_card')}").fetchall())
        expected = expected_by_band(con, run, method)
        figures: dict[str, Iterable[Row]] = {
            "outcomes.quality": ((*subject, *separation(c or ())) for *subject, c in by_points),
            # Of a band its name as well, and neither kind and subject nor what contradicts it.
            "outcomes.calibration": (
                (*card, band, bands[band], *share, *against, is_out_of_order)
                for kind, *card, _, _, bins in by_bin
                if kind == SCORE
                for band, _, *share, _, _, is_out_of_order in risk_rows(bins or ())
                for against in [as_expected(share, expected.get((card[-1], band)))]
            ),
            "outcomes.feature_risk": (
                (*feature, *row)
                for kind, *feature, bins in by_bin
                if kind == FEATURE
                for row in risk_rows(bins or ())
            ),
        }
        fill_figures(con, catalog, run.key, figures)
        warnings = [
            f"{one.check_name}: not so in {one.failed_count:,} rows, such as {one.examples}"
            for one in checked
            if one.outcome == "warned"
        ]
        if not con.execute(f"select 1 from {OUTCOME} limit 1").fetchall():
            warnings.append("no one of the scored has an outcome")
        facts = {"outcome_dates": str(judged.seen), "warnings": warnings}
        publish_derived(data_dir, con, EVALUATION, [run], staging, facts, input_hash)
    return Evaluated(run, True, warnings=warnings)


@contextmanager
def built_outcomes(
    store: EventStore,
    catalog: Catalog,
    judged: Judged,
    scored: tuple[str, Sequence[Any]],
    options: EngineOptions,
) -> Iterator[DuckDBEngine]:
    """Yield an engine with ``outcomes.outcome`` and, of the other schemas, only what it reads.

    ``catalog``: that of the evaluation; ``scored``: SQL, and its parameters, that gives the
    person_id of everyone scored.
    """
    with built(catalog, judged.seen, store, options=options) as engine:
        load_evaluated(engine, judged.dates, judged.run)
        sql, parameters = scored
        engine.con.execute(catalog["outcomes.scored_person"].ddl)
        engine.con.execute(f"insert into outcomes.scored_person {sql}", list(parameters))
        engine.build_needed(OUTCOME)
        yield engine


def load_evaluated(engine: DuckDBEngine, dates: SnapshotDates, run: str) -> None:
    """Make ``outcomes.evaluated``: the snapshot, and the days that the outcome declares."""
    outcome = outcome_of(engine.catalog)
    horizon = dates.as_of_date + timedelta(days=outcome.horizon_days)
    row = [dates.as_of_date, dates.known_on, run, horizon, outcome.grace_days]
    engine.con.execute(engine.catalog["outcomes.evaluated"].ddl)
    engine.con.execute("insert into outcomes.evaluated values (?, ?, ?, ?, ?)", row)


def as_expected(share: Sequence[Any], expected_ppm: float | None) -> Row:
    """Return the expected share of a band, and whether it lies in the interval of the bad share.

    ``share``: people, bad, the share, its interval.
    """
    if expected_ppm is None:
        return None, None
    expected = expected_ppm / MILLION
    *_, low, high = share
    return expected, low <= expected <= high


def risk_rows(bins: Iterable[Row]) -> Iterator[Row]:
    """Yield a `RiskBin`, its bad share and 95 % interval, and what `contradictions` has of it."""
    counted = [RiskBin(*one) for one in bins]
    found = contradictions(counted)
    for one in counted:
        share = one.bad / one.people, *wilson(one.bad, one.people)
        yield *one, *share, *found.get(one.place, (None, None, False))
