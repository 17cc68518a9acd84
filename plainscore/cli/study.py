"""Commands that study scorecards: quality, drift, fitting, gaming, scenarios, the method itself."""

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from plainscore.cli import options as opt
from plainscore.cli.output import emit, note, note_missing_charts, show, table_of, write_text
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.standard import STANDARD_CARDS
from plainscore.settings import engine_options, read_settings
from plainscore.show import reader
from plainscore.show.reader import ResultTable

if TYPE_CHECKING:
    from plainscore.contracts.lineage import Lineage
    from plainscore.scorecards.card import Scorecard

QUALITY = """
select
    as_of_date, known_on, scorecard, subject, people, bad,
    round(auc, 4) as auc, round(auc_low, 4) as auc_low, round(auc_high, 4) as auc_high,
    round(accuracy_ratio, 4) as gini,
    round(ks, 4) as ks, round(ks_low, 4) as ks_low, round(ks_high, 4) as ks_high
from quality
where subject_kind <> 'feature' and coalesce(as_of_date = $day, true)
order by as_of_date, known_on, scorecard_no, subject_no
"""
DRIFT = """
select
    as_of_date_before, as_of_date, subject_kind, subject, people_before, people_after,
    round(psi, 4) as psi, round(psi_noise, 4) as psi_noise, is_beyond_noise
from drift
where as_of_date = ? and scorecard_no = 1 and (subject_kind <> 'feature' or is_beyond_noise)
order by as_of_date_before desc, known_on_before, known_on, subject_no
"""
MOBILITY = """
select format(
    '{} -> {}: {} of {} people changed band ({} up, {} down), Shorrocks {:.3f}',
    as_of_date_before, as_of_date, moved, people_in_both, up, down, shorrocks
)
from mobility_index
where as_of_date = ? and scorecard_no = 1 and shorrocks is not null
order by as_of_date_before desc, known_on_before, known_on
"""
TRIED = """
select
    scorecard, attack, friend_count, contact_months, attacker_count, mean_points_gained,
    most_social_points_gained, loser_count, friend_points_gained, friend_points_bound,
    most_distance_ppm, distance_bound_ppm, gate_crosser_count, band_crosser_count,
    contacts_per_point, naive_points_gained
from gaming_all
inner join dim_date using (as_of_date, known_on, run)
where as_of_date = ?
order by scorecard_no, attack_no
"""
TRIED_FOR_PEOPLE = f"""
select
    scorecard, attack, friend_count as friends, contact_months as months,
    attacker_count as people, round(mean_points_gained, 2) as "mean gain",
    most_social_points_gained as most, loser_count as losers,
    round(friend_points_gained / nullif(friend_points_bound, 0), 2) as "of bound",
    round(most_distance_ppm / nullif(distance_bound_ppm, 0), 3) as "farthest of d",
    gate_crosser_count as "new gate", round(contacts_per_point, 1) as price,
    round(naive_points_gained / attacker_count, 2) as "naive gain"
from ({TRIED})
"""
PLANTED_COLUMNS = (
    "scorecard", "kind", "role", "people", "scored_count", "social_points_gained",
    "most_social_points_gained", "loser_count", "contact_count", "gate_crosser_count",
    "naive_points_gained", "in_ring_count",
)  # fmt: skip
CHEAPEST_COLUMNS = (
    "goal", "scorecard", "person_id", "days", "points_gained", "score_after", "deeds", "cents",
    "acts",
)  # fmt: skip
FEATURE_COLUMNS = ("factor", "feature", "direction", "most", "missing", "points from each value on")
BIN_COLUMNS = (
    "scorecard", "feature_no", "feature", "factor", "direction", "max_points", "at_least", "points",
    "is_special",
)  # fmt: skip


def evaluate(
    *,
    as_of: Annotated[
        str | None, Parameter(help="Published date or month, or latest; every date by default.")
    ] = None,
    data: opt.DataDir = opt.DATA,
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.Format = "table",
) -> None:
    """Evaluate published scores against later outcomes: AUC, KS, calibration.

    Who is bad, and within how many days, is what transforms/outcomes/outcome.sql declares in its
    head. An outcome is known once those days have passed and were delivered: every folder of
    landing/ with events that outcome.sql reads has brought something after them and
    arrival_lag_days, and events up to their end, and no event type of it has been silent then for
    longer than ever before. A date before that waits, with the day from which it is known; one that
    is named by --as-of is refused. Prints the score and the factors; the views quality,
    calibration, feature_risk and outcome hold the rest.
    """
    from plainscore.analysis.evaluation import evaluate as evaluate_runs
    from plainscore.contracts.contract import read_outcome
    from plainscore.publish.runs import latest_runs

    settings = read_settings(data, **limits.overrides)
    with reader.open_snapshots(data) as snapshots:
        day = None if as_of is None else snapshots.day(as_of)
    wanted = [run for run in latest_runs(data) if day in (None, run.dates.as_of_date)]
    with opt.writing(data, "evaluate"):
        done = list(evaluate_runs(data, wanted, settings))
    for one in done:
        if one.waits_for and day is not None:
            raise InputRefused(f"{one.run.dates}: {one.waits_for}")
        for message in one.messages:
            note(f"{one.run.dates}: {message}", "info")
    with reader.open_snapshots(data) as snapshots:
        table = snapshots.table(QUALITY, {"day": day})
    if table.rows or output_format != "table":
        outcome = read_outcome(settings.method)
        emit(output_format, table, shown=[f"Bad: {outcome.bad}.", table])


def drift(
    *,
    as_of: opt.PublishedDate = "latest",
    baseline: str | None = None,
    data: opt.DataDir = opt.DATA,
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.Format = "table",
) -> None:
    """Show drift since the snapshot before and since a baseline: PSI and its noise.

    Prints, for one date and the champion, the score, the factors, and the features that moved by
    more than chance; the views drift, drift_bin, band_mobility and mobility_index hold the rest.

    Args:
        baseline: Published date to compare all later ones with; the oldest by default.
    """
    from plainscore.analysis.evaluation import compute_drift, pairs_of
    from plainscore.publish.runs import default_runs, published_runs

    settings = read_settings(data, **limits.overrides)
    with reader.open_snapshots(data) as snapshots:
        day = snapshots.day(as_of)
        first = None if baseline is None else snapshots.day(baseline)
    runs = {run.dates.as_of_date: run for run in default_runs(published_runs(data))}
    if day == min(runs):
        raise InputRefused(
            f"no snapshot is published of a date before {day}: "
            f"`plainscore run` one, or choose a later --as-of"
        )
    if first is not None and first >= day:
        raise InputRefused(f"the baseline, {first}, is not before {day}: choose an older one")
    pairs = pairs_of(runs.values(), runs[first] if first else next(iter(runs.values())))
    with opt.writing(data, "drift"):
        list(compute_drift(data, pairs, settings))
    with reader.open_snapshots(data) as snapshots:
        table = snapshots.table(DRIFT, [day])
        moves = [line for (line,) in snapshots.rows(MOBILITY, [day])]
    compared = {row[0] for row in table.rows}
    for before in (pair.before.dates.as_of_date for pair in pairs if pair.after == runs[day]):
        if before not in compared:
            note(
                f"{before} was not scored by the first scorecard of {day}: "
                "points of two cards are not compared"
            )
    emit(output_format, table, shown=[*moves, table])


def fit(
    *,
    first: Annotated[str | None, Parameter(name="--from")] = None,
    last: Annotated[str | None, Parameter(name="--to")] = None,
    scorecard: str = STANDARD_CARDS[0],
    name: str = "fitted",
    keep_caps: opt.Flag = False,
    gates: Literal["risk", "share"] = "risk",
    out: opt.OneFile = None,
    report: opt.OneFile = None,
    data: opt.DataDir = opt.DATA,
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.TableOrJson = "table",
) -> None:
    """Fit a scorecard to the outcomes of published dates, and judge it on unseen people.

    Outcomes are those of `plainscore evaluate`. Seven people of ten are fitted to, on all dates but
    the newest; the others, on the newest date, judge the card. Publishes nothing.

    Args:
        first: Oldest published date to use; all with a known outcome by default.
        last: Newest published date to use.
        scorecard: Card to start from: its directions, reasons, rules and social factor are kept.
        name: Name of the card.
        keep_caps: Keep the most points of every factor; otherwise they follow from the evidence.
        gates: Where bands and benefits begin: at the odds they had, or for as many people.
        out: Write the card to this .toml file, for `plainscore run --scorecard`.
        report: Write the report to this file, as Markdown.
    """
    from plainscore.analysis.fit_people import limited
    from plainscore.analysis.fit_report import card_text, fit_to_published, written_base

    settings = read_settings(data, **limits.overrides)
    base = written_base(scorecard, out, report, settings.method)
    options = engine_options(data, settings, "-fit")
    with reader.open_snapshots(data) as snapshots, limited(snapshots.con, options):
        study = fit_to_published(
            snapshots, (first, last), scorecard, name, is_keeping_caps=keep_caps, gates=gates
        )
    if out is not None:
        write_text(card_text(study.card, base, study.summary), out)
    if report is not None:
        write_text(study.markdown(), report)
    for one in study.notes:
        note(one)
    tables = {name: table.records() for name, table in study.tables.items()}
    document = {
        "summary": study.summary, "bad": study.bad, "notes": study.notes, "tables": tables,
    }  # fmt: skip
    shown = [study.summary, f"Bad: {study.bad}.", *study.tables.values()]
    emit(output_format, document=document, shown=shown)


def gaming(
    *,
    as_of: opt.PublishedDate = "latest",
    truth: opt.OneFile = None,
    card: opt.Several = (),
    person: opt.Several = (),
    days: Annotated[
        tuple[int, ...], Parameter(validator=Number(gte=1, lte=720), show_default=False)
    ] = (),
    single_actions: opt.Flag = False,
    data: opt.DataDir = opt.DATA,
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.Format = "table",
) -> None:
    """Show what it costs to buy points: attacks that a snapshot tried, planted, or a price list.

    Args:
        truth: Labels of an invented world (its landing/_truth): measure what its planted attackers
            gain over the same people without the attacks' ties, and how many are in a ring.
        card: Print the price list of these scorecards (names or files), side by side: the most
            points, and the least money and the fewest deeds for +20, +50 and +100, looked for on
            copies of real histories.
        person: Whose histories to use, or `fresh identity`; by default five people from low scores
            to high, and a fresh identity.
        days: How many days the adversary has; 8, 89, 179, 181 and 365 by default.
        single_actions: List the gain of each action by itself instead.
    """
    from plainscore.analysis import gaming as game
    from plainscore.analysis import prices
    from plainscore.contracts import SnapshotDates
    from plainscore.scorecards.reading import read_scorecards

    if truth is not None and card:
        raise UsageError("give --truth or --card, one at a time")
    with reader.open_snapshots(data) as snapshots:
        day = snapshots.day(as_of)
        dates = SnapshotDates(day, snapshots.run_of(day)["known_on"])
        if truth is None and not card:
            tried = snapshots.table(TRIED, (day,))
            emit(output_format, tried, shown=[snapshots.table(TRIED_FOR_PEOPLE, (day,))])
            return
    if truth is not None:
        game.require_labels(truth)
        settings = read_settings(data, **limits.overrides)
        with game.built_scores(data, dates, settings) as engine:
            planted = game.measure_planted(engine, truth)
        emit(output_format, table_of(planted), shown=[table_of(planted, PLANTED_COLUMNS)])
        return
    rows = []
    for name in card:  # One by one: cards may differ in who is scored.
        settings = read_settings(data, scorecards=(name,), **limits.overrides)
        with game.built_scores(data, dates, settings) as engine:
            rows += prices.price_list(
                engine,
                read_scorecards((name,), settings.method),
                person,
                days or prices.HORIZONS,
                is_single=single_actions,
            )
    table = table_of(rows, prices.LIST_COLUMNS)
    if single_actions:
        emit(output_format, table)
        return
    shown = [prices.side_by_side(rows), "", table_of(prices.cheapest(rows), CHEAPEST_COLUMNS)]
    emit(output_format, table, shown=shown)


def scenarios(
    *,
    out: opt.OneFile = None,
    card: opt.Several = (),
    from_: opt.FirstDay = None,
    to: opt.LastDay = None,
    people: int | None = None,
    seed: int | None = None,
    data: opt.DataDir = Path("societies"),
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.Format = "table",
) -> None:
    """Score the same people under several rules, month by month, and compare the results.

    The rules: the standard card, reported_b_3, every card of --card, the standard card without its
    social factor, and with a count of good friends. By default the newest 24 months with known
    outcomes. Without logs in DATA, a world of 40 months is invented there. Publishes nothing.

    Args:
        out: Write the page with charts and tables here: one HTML file that needs no network.
        card: Another scorecard, packaged or a file; repeat the flag for more.
        people: How many people to invent; 2,000 by default.
        seed: Another seed, another world; 1 by default.
    """
    from plainscore.analysis.scenarios import choose_months, compare_scenarios, open_people
    from plainscore.runs.observers import spinner
    from plainscore.show.report import scenarios_page, summary_rows

    if out is not None and not out.resolve().parent.is_dir():
        raise UsageError(f"--out {out}: {out.parent} is no directory")
    settings = read_settings(data, scorecards=(*STANDARD_CARDS, *card), **limits.overrides)
    store = open_people(data, people, seed, settings)
    with spinner("scoring"):
        record = compare_scenarios(store, choose_months(store, from_, to, settings), settings)
    if out is not None:
        write_text(scenarios_page(record), out)
        note_missing_charts()
    emit(output_format, table_of(list(summary_rows(record))), objects=[record])


def scorecard(
    *cards: str,
    sql: opt.Flag = False,
    check: opt.Flag = False,
    schema: opt.Flag = False,
    data: opt.DataDir = opt.DATA,
    output_format: opt.Format = "table",
) -> None:
    """Show scorecards: every feature with its bins, bands, rules and benefits.

    As csv: one line per bin; one without at_least gives the points of a missing value.

    Args:
        cards: Names of packaged cards or paths of .toml files; by default those of the settings.
        sql: Print the SQL that the cards are compiled to.
        check: Only check whether the cards can run; errors name file, line and key.
        schema: Print the JSON Schema of scorecards, for editors.
    """
    from plainscore.checks.verdicts import runnable_assertions
    from plainscore.contracts.catalog import load_catalog, rehearsed_catalog
    from plainscore.scorecards import reading
    from plainscore.scorecards.card_text import find_scorecard
    from plainscore.scorecards.person import ASK_FOR_DATA

    settings = read_settings(data)
    method, names = settings.method, cards or settings.scorecards
    if schema:
        emit("json", document=reading.scorecard_schema(method))
        return
    if sql:
        catalog = load_catalog(reading.read_scorecards(names, method), method=method)
        compiled = {table.name for table in catalog.compiled}
        made = [table for table in catalog.tables.values() if table.name in compiled]
        show(*(f"-- {table.name}: {table.title}\n{table.sql};\n" for table in made))
        return
    read = [reading.read_scorecard(find_scorecard(one, method), method) for one in names]
    if check:
        rehearsed_catalog(
            reading.read_scorecards(names, method),
            method,
            runnable_assertions,
        )
        for card in read:
            points = f"{card.base} to {card.max_score} points"
            show(f"{card.name} {card.version} can run: {len(card.features)} features, {points}")
            if unsaid := [f.name for f in card.features if f.missing_what_to_do == ASK_FOR_DATA]:
                show(f"no missing_what_to_do for a value that is missing: {', '.join(unsaid)}")
        return
    bins = [
        (card.name, number, one.name, one.factor, one.direction, one.max_points, *step)
        for card in read
        for number, one in enumerate(card.features, start=1)
        for step in ([(None, one.missing_points, False)] if one.bins else [])
        + [*map(astuple, one.bins)]
    ]
    document = [
        {**card.as_written, "factor_caps": dict(card.factor_caps), "hash": card.hash}
        for card in read
    ]
    shown = (part for card in read for part in _card_parts(card))
    emit(output_format, ResultTable(BIN_COLUMNS, bins), document=document, shown=shown)


def _card_parts(card: "Scorecard") -> Iterator[Any]:
    caps = ", ".join(f"{factor} {cap}" for factor, cap in card.factor_caps)
    bands = ", ".join(f"{band.name} from {band.at_least}" for band in card.bands)
    yield f"{card.name} {card.version}: {card.title}"
    yield f"{card.base} to {card.max_score} points: {caps}\nbands: {bands}\n"
    features = [
        (
            *(one.factor, one.name, one.direction, one.max_points, one.missing_points),
            "  ".join(f"{step.at_least}: {step.points}" for step in one.bins)
            or f"{one.max_points} x the neighbour mean, rounded half up",
        )
        for one in card.features
    ]
    yield ResultTable(FEATURE_COLUMNS, features)
    yield ""
    rules = [
        (one.code, one.measure, one.test.replace("_", " "), one.value) for one in card.not_scored
    ]
    yield ResultTable(("not scored", "unless", "", ""), rules)
    yield ""
    rows = [
        (one.name, one.min_score, one.context, ", ".join(one.accepts), card.is_wall_enforced(one))
        for one in card.benefits
    ]
    yield f"wall: {card.wall}"
    yield ResultTable(("benefit", "min_score", "context", "accepts", "enforced"), rows)


def lineage(
    column: str, *, data: opt.DataDir = opt.DATA, output_format: opt.TableOrJson = "table"
) -> None:
    """Show the columns that a column is made from, down to the logs.

    Read from the SQL as it runs. Columns that only join tables are left out.

    Args:
        column: table.column or schema.table.column, such as score.score or staging.bill.paid_date.
    """
    from rich.tree import Tree

    from plainscore.contracts.lineage import lineage as trace
    from plainscore.show.report import configured_catalog

    traced = trace(configured_catalog(data), column)
    document = [
        {
            "column": str(node.name),
            "type": node.declared.type,
            "unit": node.declared.unit or None,
            "doc": node.declared.doc,
            "from": [str(source.name) for source in node.sources],
        }
        for node in traced.each_once()
    ]
    tree, shown = Tree(str(traced.name)), {traced.name}

    def grow(branch: Tree, node: "Lineage") -> None:
        new = [source for source in node.sources if source.name not in shown]
        shown.update(source.name for source in new)
        for source in node.sources:
            is_repeated = source.sources and source not in new
            leaf = branch.add(f"{source.name} ..." if is_repeated else str(source.name))
            if source in new:
                grow(leaf, source)

    grow(tree, traced)
    logs = f"\nfrom the logs: {', '.join(traced.log_columns) or 'nothing'}"
    emit(output_format, document=document, shown=[tree, logs])


def dictionary(*, write: opt.Written = None, data: opt.DataDir = opt.DATA) -> None:
    """Print the data dictionary of all tables and columns as Markdown."""
    from plainscore.show import report

    write_text(report.dictionary(report.configured_catalog(data)), write)
