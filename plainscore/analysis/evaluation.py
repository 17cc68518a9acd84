"""Count the people of published runs: evaluate scores against outcomes, and drift between runs.

People are counted by card, subject, bin, and what became of them. Subjects are the score (bins: the
bands), the factors (no bins) and the features (bins: those of the card; 0 where the value is
missing).

Outcomes are those of ``transforms/outcomes/outcome.sql``. One is judged on its outcome date,
horizon_days and grace_days after as_of_date; the head of that file has both. It is known from the
first day by which every feed that it reads has brought something ``arrival_lag_days`` after the
outcome date or later, and events up to the outcome date, and by which no event type of it had been
silent on the outcome date for longer than ever before. A feed is a folder of landing/ with events
of a log that outcome.sql reads, through whatever tables: what a monthly file has not brought yet
counts for no one as unpaid.

A change of what the figures here say raises the versions of EVALUATION and DRIFT in `publish.runs`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import duckdb

from plainscore.analysis.metrics import (
    RiskBin,
    contradictions,
    separation,
    shorrocks_index,
    stability_index,
    stability_noise,
    wilson,
)
from plainscore.checks.verdicts import check_assertions, check_constraints, refuse_if_critical
from plainscore.common.standard import Method
from plainscore.common.text import identifier, read_parquet
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import EVALUATING, Catalog, load_catalog
from plainscore.contracts.contract import OUTCOME, OutcomeTable, read_outcome
from plainscore.contracts.logs import read_logs
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine, insert_rows
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.publication import publish_derived
from plainscore.publish.runs import ANALYSIS_SQL, DRIFT, EVALUATION, Run, RunPair, derived_folder
from plainscore.publish.sets import PublishedSet, read_columns, staging_folder
from plainscore.runs.inputs import fingerprint_of_input
from plainscore.settings import Settings, engine_options
from plainscore.store.event_store import EventStore, open_store

Row = tuple[Any, ...]
SCORE, FACTOR, FEATURE = "score", "factor", "feature"
RUN_TABLES = (
    "card", "factor_card", "feature_card", "bin_card", "score", "factor", "points", "features",
)  # fmt: skip
_COUNTS = """
select
    cast(subject_no as integer) as subject_no,
    cell.bin_no,
    cell.points,
    cell.is_missing,
    count(*) filter (where not is_bad) as good,
    count(*) filter (where is_bad) as bad
from (
    unpivot (
        select {is_bad} as is_bad, {cells}
        from run_score as score
        inner join run_factor as factor
            on score.person_id = factor.person_id and factor.scorecard_no = $card
        inner join run_points as points
            on score.person_id = points.person_id and points.scorecard_no = $card
        inner join run_features as features on score.person_id = features.person_id
        {outcome}
        where score.scorecard_no = $card and score.score is not null
    )
    on columns(* exclude (is_bad)) into name subject_no value cell
)
group by all
"""


def count_people(
    con: duckdb.DuckDBPyConnection,
    run: PublishedSet,
    table: str,
    method: Method,
    outcome: str | None = None,
) -> None:
    """Make a temporary table of the scored people of a run, by every subject of its scorecards.

    It has the columns of transforms/analysis/subjects.sql and of `_COUNTS`; a subject of no people
    has one row with nulls. ``outcome``: a table on ``con`` of (person_id, is_bad): only its people
    are counted. Without it no one is bad.
    """
    for name in RUN_TABLES:
        con.execute(f"create or replace temp view run_{name} as from {run.source(name)}")
    con.execute(
        f"create temp table {table}_subject as {method.text(f'{ANALYSIS_SQL}/subjects.sql')}"
    )
    subjects = con.execute(
        "select scorecard_no, subject_no, subject_kind, subject, edges "
        f"from {table}_subject order by scorecard_no, subject_no"
    ).fetchall()
    join = f"inner join {outcome} as outcome on score.person_id = outcome.person_id"
    counted = []
    for card, of_card in groupby(subjects, key=itemgetter(0)):
        sql = _COUNTS.replace("$card", str(card)).format(
            is_bad="outcome.is_bad" if outcome else "false",
            cells=", ".join(_cell(*subject) for _, *subject in of_card),
            outcome=join if outcome else "",
        )
        counted.append(f"select {card} as scorecard_no, * from ({sql})")
    con.execute(
        f"create temp table {table} as from {table}_subject "
        f"left join ({' union all '.join(counted)}) using (scorecard_no, subject_no)"
    )


def _cell(place: int, kind: str, subject: str, edges: list[float] | None) -> str:
    """Return the SQL of a person's bin_no, points and is_missing of a subject, as one struct."""
    bin_no, points, is_missing = "score.band_no", "score.score", "false"
    if kind == FACTOR:
        bin_no, points = "0", f"factor.{identifier(subject)}"
    elif kind == FEATURE:
        value, points = f"features.{identifier(subject)}", f"points.{identifier(subject)}"
        # The first bin takes lower values too.
        steps = [
            f"cast(cast({value} as double) >= cast({edge!r} as double) as integer)"
            for edge in (edges or ())[1:]
        ]
        is_missing = f"{value} is null"
        known = " + ".join(["1", *steps]) if edges else "0"
        bin_no = f"case when {is_missing} then 0 else {known} end"
    return (
        f"{{'bin_no': cast({bin_no} as integer), 'points': cast({points} as integer), "
        f"'is_missing': {is_missing}}} as \"{place}\""
    )


def expected_by_band(
    con: duckdb.DuckDBPyConnection, run: PublishedSet, method: Method
) -> dict[tuple[int, int], float]:
    """Return (scorecard_no, band_no) -> mean of the bad people expected there, per million.

    ``con`` has what `count_people` made as ``counted``. Of cards that say no odds there is nothing,
    and of runs of an earlier version.
    """
    if "expected_bad" not in read_columns(run):
        return {}
    con.execute(
        f"create or replace temp view run_expected_bad as from {run.source('expected_bad')}"
    )
    rows = con.execute(method.text(f"{ANALYSIS_SQL}/expected.sql")).fetchall()
    return {(card, band): ppm for card, band, ppm in rows}


def count_in_contexts(
    con: duckdb.DuckDBPyConnection, run: PublishedSet, method: Method
) -> list[Row]:
    """Return good and bad people by their score in context, as transforms/analysis/quality.sql.

    ``con`` has the subjects of `count_people` as ``counted`` and the outcomes. Empty of a run
    without scores in context, such as one of an earlier version.
    """
    tables = ("benefit_card", "context_score")
    if any(name not in read_columns(run) for name in tables):
        return []
    for name in tables:
        con.execute(f"create or replace temp view run_{name} as from {run.source(name)}")
    return con.execute(method.text(f"{ANALYSIS_SQL}/context_quality.sql")).fetchall()


def fill_figures(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, key: Row, rows: Mapping[str, Iterable[Row]]
) -> None:
    """Make and fill those tables that the catalog has.

    ``key``: the first cells of every row of all of them. ``rows``: by name of the table.
    """
    for name, of_table in rows.items():
        if name in catalog.tables:
            con.execute(catalog[name].ddl)
            insert_rows(con, name, [(*key, *row) for row in of_table])


# Drift: how far the people of two runs differ, and how they moved between bands


def pairs_of(runs: Iterable[Run], baseline: Run) -> list[RunPair]:
    """Return every run with the one of the date before it, and with the baseline.

    ``runs``: one of each date, the oldest first.
    """
    ordered = list(runs)
    later = [run for run in ordered if run.dates.as_of_date > baseline.dates.as_of_date]
    pairs = {*map(RunPair._make, pairwise(ordered)), *(RunPair(baseline, run) for run in later)}
    return sorted(pairs, key=lambda pair: (pair.after, pair.before))


def compute_drift(
    data_dir: Path, pairs: Iterable[RunPair], settings: Settings
) -> Iterator[RunPair]:
    """Compute and publish what is not computed yet, and yield it; the rest is left as it is.

    The caller holds the writer lock.
    """
    for pair in pairs:
        if derived_folder(data_dir, DRIFT, pair).is_dir():
            refresh_catalog(data_dir)  # a kill may have come between publishing and showing
            continue
        drift_between(data_dir, pair, settings)
        yield pair


def drift_between(data_dir: Path, pair: RunPair, settings: Settings) -> None:
    """Compute and publish the drift between two runs."""
    catalog = load_catalog(group="drift", method=settings.method)
    options = engine_options(data_dir, settings)
    with (
        staging_folder(data_dir, "drift") as staging,
        built(catalog, pair.after.dates, options=options) as engine,
    ):
        con, method = engine.con, settings.method
        for end, run in pair._asdict().items():
            count_people(con, run, f"people_{end}", method)
            con.execute(f"create temp view score_{end} as from {run.source('score')}")
        for name in ("drift_bins", "band_moves"):
            con.execute(f"create temp table {name} as {method.text(f'{ANALYSIS_SQL}/{name}.sql')}")
        drift, bins, band_mobility, mobility = (
            con.execute(method.text(f"{ANALYSIS_SQL}/{name}.sql")).fetchall()
            for name in ("drift", "drift_bin", "band_mobility", "mobility_index")
        )
        figures: dict[str, Iterable[Row]] = {
            "drift.drift": (
                (*subject, *stability(before or (), after or ()))
                for *subject, before, after in drift
            ),
            "drift.drift_bin": bins,
            "drift.band_mobility": band_mobility,
            "drift.mobility_index": (
                (*counted, shorrocks_index(moves or ())) for *counted, moves in mobility
            ),
        }
        fill_figures(con, catalog, (*pair.before.key, *pair.after.key), figures)
        publish_derived(data_dir, con, DRIFT, pair, staging, {})


def stability(before: Sequence[int], after: Sequence[int]) -> Row:
    """Return people on both sides and bins, PSI, its noise, and whether it is beyond that."""
    people, others = sum(before), sum(after)
    psi, noise = stability_index(before, after), stability_noise(len(before), people, others)
    is_beyond = psi is not None and noise is not None and psi > noise
    return people, others, len(before), psi, noise, is_beyond


# When the outcome of a snapshot is known


class Extent(NamedTuple):
    """How far events of a type reach, and the most days between two days that have any."""

    newest: date
    longest_gap: int


@dataclass(frozen=True)
class Feed:
    """A folder of landing/ and the events of one log that it has brought.

    ``arrived``: the days on which anything arrived in it, ascending. ``events``: event type ->
    days of arrival and of the event, each pair once.
    """

    log: str
    folder: str
    arrived: Sequence[date]
    events: Mapping[str, Sequence[tuple[date, date]]]
    _known: dict[date, Mapping[str, Extent]] = field(default_factory=dict)

    def known_on(self, day: date) -> Mapping[str, Extent]:
        """Return event type -> extent of what had arrived by a day; empty where nothing had."""
        if day not in self._known:
            self._known[day] = dict(self._extents(day))
        return self._known[day]

    def _extents(self, day: date) -> Iterator[tuple[str, Extent]]:
        for kind, pairs in self.events.items():
            days = sorted({happened for arrived, happened in pairs if arrived <= day})
            if days:
                gaps = ((later - one).days for one, later in pairwise(days))
                yield kind, Extent(days[-1], max(gaps, default=0))

    def lacks(self, outcome_date: date, earliest: date, day: date) -> str:
        """Return what is not delivered by ``day``; empty where all is."""
        known = self.known_on(day)
        newest = max(extent.newest for extent in known.values())
        place = bisect_right(self.arrived, day)
        if newest < outcome_date:
            return (
                f"{self.folder}/ brings {self.log} events up to {outcome_date} (it brought "
                f"something last on {self.arrived[place - 1]}, events up to {newest}; if it has "
                "ended, name it in ended_sources)"
            )
        if bisect_left(self.arrived, earliest) == place:
            return f"something arrives in {self.folder}/ on {earliest} or later"
        for kind, (last, gap) in sorted(known.items()):
            if 0 < gap < (outcome_date - last).days:
                return (
                    f"{self.folder}/ brings {kind} events (none since {last}, never before were "
                    f"more than {gap} days without any; if they have ended, name "
                    f"{self.folder}/{kind} in ended_sources)"
                )
        return ""


class OutcomeDay(NamedTuple):
    """When an outcome is known.

    ``seen``: the clocks by which it is judged; None where it is not known. Before ``earliest`` it
    cannot be known; ``missing`` says what has to be delivered.
    """

    earliest: date
    seen: SnapshotDates | None
    missing: Sequence[str] = ()

    @property
    def message(self) -> str:
        """What to say where it is not known."""
        missing = " and ".join(self.missing)
        return f"outcome not known yet: known from {self.earliest}, once {missing}"


def outcome_of(catalog: Catalog) -> OutcomeTable:
    """Return the contract of the outcome; KeyError where the catalog has none."""
    table = catalog[OUTCOME]
    assert isinstance(table, OutcomeTable), "it is read as such"
    return table


class OutcomeClock:
    """When outcomes of a method are known in an event store; ContractError where it has none."""

    def __init__(self, store: EventStore, settings: Settings):
        catalog = load_catalog(group="outcomes", method=settings.method)
        self.outcome = read_outcome(settings.method)
        self.lag = timedelta(days=settings.arrival_lag_days)
        logs, read = list(read_logs(settings.method)), catalog.upstream(OUTCOME)
        self._logs = [log for log in logs if f"events.{log}" in read] or logs
        self._feeds = list(_feeds_of(store, self._logs, settings.ended_sources))

    def outcome_date(self, as_of_date: date) -> date:
        """Return the day on which the outcome of a snapshot is judged."""
        return as_of_date + timedelta(days=self.outcome.horizon_days + self.outcome.grace_days)

    def of(self, dates: SnapshotDates) -> OutcomeDay:
        """Return when the outcome of a snapshot is known, or what it waits for.

        That day follows from what had arrived by then: later deliveries do not move it.
        """
        judged = self.outcome_date(dates.as_of_date)
        earliest = max(judged + self.lag, dates.known_on)
        arrivals = sorted({day for feed in self._feeds for day in feed.arrived})
        later = arrivals[bisect_left(arrivals, earliest) :]
        for day in (earliest, *later):
            if not self._missing(judged, day):
                return OutcomeDay(earliest, SnapshotDates(judged, day))
        return OutcomeDay(earliest, None, self._missing(judged, later[-1] if later else earliest))

    def _missing(self, judged: date, day: date) -> list[str]:
        """Return what is not delivered by a day, of the feeds that had brought anything by then."""
        feeds = [feed for feed in self._feeds if feed.known_on(day)]
        absent = [log for log in self._logs if log not in {feed.log for feed in feeds}]
        lacking = [feed.lacks(judged, judged + self.lag, day) for feed in feeds]
        return [*(f"events of the {log} log arrive" for log in absent), *filter(None, lacking)]


def _feeds_of(store: EventStore, logs: Iterable[str], ended: Iterable[str]) -> Iterator[Feed]:
    """Yield the feeds of some logs.

    ``ended``: folders, and event types of folders (``folder/type``), that are not waited for.
    """
    ledger = store.ledger().select("file_no", "file", "arrived").unique().sort("arrived")
    places = {no: (PurePosixPath(file).parts[0], day) for no, file, day in ledger.iter_rows()}
    ended = set(ended)
    with duckdb.connect() as con:
        for log in logs:
            if not store.files(log):
                continue
            files = read_parquet(store.files(log))
            found = con.execute(f"select distinct file_no, event_type, event_date from {files}")
            events: dict[str, dict[str, set[tuple[date, date]]]] = {}
            for no, kind, happened in found.fetchall():
                folder, arrived = places[no]
                if not ended & {folder, f"{folder}/{kind}"}:
                    of_folder = events.setdefault(folder, {})
                    of_folder.setdefault(kind, set()).add((arrived, happened))
            for folder in sorted(events):
                days = sorted({day for one, day in places.values() if one == folder})
                yield Feed(log, folder, days, {k: list(v) for k, v in events[folder].items()})


MILLION = 1_000_000


# Evaluation


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
