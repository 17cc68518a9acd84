"""Commands that study scorecards: quality, drift, fitting, gaming, scenarios, the method itself."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from plainscore.cli.options import (
    DATA,
    NO_LIMITS,
    DataDir,
    Flag,
    Format,
    Limits,
    OneFile,
    PublishedDate,
    Several,
    TableOrJson,
    reading,
    writing,
)
from plainscore.cli.output import ResultTable, emit, note, show, table_of, write_text
from plainscore.common.errors import InputRefused, UsageError

if TYPE_CHECKING:
    from plainscore.contracts import SnapshotDates
    from plainscore.contracts.lineage import ColumnName, Lineage
    from plainscore.scorecards.card import Feature, Scorecard

QUALITY = """
select
    as_of_date,
    known_on,
    scorecard,
    subject,
    people,
    bad,
    round(auc, 4) as auc,
    round(auc_low, 4) as auc_low,
    round(auc_high, 4) as auc_high,
    round(accuracy_ratio, 4) as gini,
    round(ks, 4) as ks,
    round(ks_low, 4) as ks_low,
    round(ks_high, 4) as ks_high
from quality
where subject_kind <> 'feature'
order by as_of_date, known_on, scorecard_no, subject_no
"""
DRIFT = """
select
    as_of_date_before,
    as_of_date,
    subject_kind,
    subject,
    people_before,
    people_after,
    round(psi, 4) as psi,
    round(psi_noise, 4) as psi_noise,
    is_beyond_noise
from drift
where
    as_of_date = ?
    and scorecard_no = 1
    and (subject_kind <> 'feature' or is_beyond_noise)
order by as_of_date_before desc, known_on_before, known_on, subject_no
"""
MOBILITY = """
select as_of_date_before, as_of_date, people_in_both as people, moved, up, down, shorrocks
from mobility_index
where as_of_date = ? and scorecard_no = 1 and shorrocks is not null
order by as_of_date_before desc, known_on_before, known_on
"""
TRIED_COLUMNS = (
    "scorecard", "attack", "friend_count", "contact_months", "attacker_count",
    "mean_points_gained", "most_social_points_gained", "loser_count", "friend_points_gained",
    "friend_points_bound", "most_distance_ppm", "distance_bound_ppm", "gate_crosser_count",
    "band_crosser_count", "contacts_per_point", "naive_points_gained",
)  # fmt: skip
TRIED_FOR_PEOPLE = {
    "scorecard": "scorecard",
    "attack": "attack",
    "friends": "friend_count",
    "months": "contact_months",
    "people": "attacker_count",
    "mean gain": "round(mean_points_gained, 2)",
    "most": "most_social_points_gained",
    "losers": "loser_count",
    "of bound": "round(friend_points_gained / friend_points_bound, 2)",
    "farthest of d": "round(most_distance_ppm / distance_bound_ppm, 3)",
    "new gate": "gate_crosser_count",
    "price": "round(contacts_per_point, 1)",
    "naive gain": "round(naive_points_gained / attacker_count, 2)",
}
PLANTED_FOR_PEOPLE = {
    "scorecard": "scorecard",
    "attack": "kind",
    "part": "role",
    "people": "people",
    "scored": "scored_count",
    "gain": "social_points_gained",
    "most": "most_social_points_gained",
    "losers": "loser_count",
    "contacts": "contact_count",
    "new gate": "gate_crosser_count",
    "naive gain": "naive_points_gained",
    "in a ring": "in_ring_count",
}
FOUND_COLUMNS = (
    "scorecard", "person_id", "step", "act", "deeds", "cents", "points_gained", "score_after",
    "features",
)  # fmt: skip
FEATURE_COLUMNS = ("factor", "feature", "direction", "most", "missing", "points from each value on")
BIN_COLUMNS = (
    "scorecard", "feature_no", "feature", "factor", "direction", "max_points", "at_least", "points",
)  # fmt: skip
SCENARIO_CARDS = ("standard", "reported_b")
SUMMARY_DECIMALS = 4


def evaluate(
    *,
    as_of: Annotated[
        str | None, Parameter(help="Published date or month, or latest; every date by default.")
    ] = None,
    data: DataDir = DATA,
    limits: Limits = NO_LIMITS,
    output_format: Format = "table",
) -> None:
    """Evaluate published scores against later outcomes: AUC, KS, calibration.

    Bad is a person with a bill due in the 90 days after the snapshot that became 30 or more days
    late; the outcome is known 120 days after. Prints the score and the factors; the views quality,
    calibration, feature_risk and outcome hold the rest.
    """
    from plainscore.analysis.evaluation import evaluate as evaluate_runs
    from plainscore.publish.runs import latest_runs
    from plainscore.settings import read_settings

    settings = read_settings(data, **limits.overrides)
    with reading(data) as snapshots:
        day = None if as_of is None else snapshots.day(as_of)
    wanted = [run for run in latest_runs(data) if day in (None, run.dates.as_of_date)]
    with writing(data, "evaluate"):
        done = list(evaluate_runs(data, wanted, settings))
    for one in done:
        if one.known_from is not None:
            note(
                f"{one.run.dates}: outcome not known yet: needs data that arrived on "
                f"{one.known_from} or later",
                "info",
            )
    shown = {(one.dates.as_of_date, one.dates.known_on) for one in wanted}
    with reading(data) as snapshots:
        found = snapshots.records(QUALITY)
    rows = [row for row in found if (row["as_of_date"], row["known_on"]) in shown]
    if rows or output_format != "table":
        emit(output_format, table_of(rows))


def drift(
    *,
    as_of: PublishedDate = "latest",
    baseline: str | None = None,
    data: DataDir = DATA,
    limits: Limits = NO_LIMITS,
    output_format: Format = "table",
) -> None:
    """Show drift since the snapshot before and since a baseline: PSI and its noise.

    Computes it for every published date where it is missing. Prints, for one date and the
    champion, the score, the factors, and the features that moved by more than chance; the views
    drift, drift_bin, band_mobility and mobility_index hold the rest.

    Parameters
    ----------
    baseline
        Published date to compare all later ones with; the oldest by default.
    """
    from plainscore.analysis.drift import compute_drift, pairs_of
    from plainscore.publish.runs import default_runs, published_runs
    from plainscore.settings import read_settings

    settings = read_settings(data, **limits.overrides)
    with reading(data) as snapshots:
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
    with writing(data, "drift"):
        list(compute_drift(data, pairs, settings))
    with reading(data) as snapshots:
        table = table_of(snapshots.records(DRIFT, [day]))
        moves = snapshots.records(MOBILITY, [day])
    emit(output_format, table, shown=lambda: [*_mobility(moves), table])


def _mobility(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield (
            f"{row['as_of_date_before']} -> {row['as_of_date']}: "
            f"{row['moved']} of {row['people']} people changed band ({row['up']} up, "
            f"{row['down']} down), Shorrocks {row['shorrocks']:.3f}"
        )


def fit(
    *,
    first: Annotated[str | None, Parameter(name="--from")] = None,
    last: Annotated[str | None, Parameter(name="--to")] = None,
    scorecard: str = "standard",
    name: str = "fitted",
    keep_caps: Flag = False,
    out: OneFile = None,
    report: OneFile = None,
    data: DataDir = DATA,
    output_format: TableOrJson = "table",
) -> None:
    """Fit a scorecard to the outcomes of published dates, and judge it on unseen people.

    Outcomes are those that `plainscore evaluate` publishes. Seven people of ten are fitted to, on
    all dates but the newest; the others, on the newest date, judge the card. Publishes nothing.

    Parameters
    ----------
    first
        Oldest published date to use; all with a known outcome by default.
    last
        Newest published date to use.
    scorecard
        Card to start from: its directions, reasons, rules and social factor are kept.
    name
        Name of the card.
    keep_caps
        Keep the most points of every factor; otherwise they follow from the evidence.
    out
        Write the card to this .toml file, for `plainscore run --scorecard`.
    report
        Write the report to this file, as Markdown.
    """
    from plainscore.analysis.fit_report import card_text, fit_to_published, markdown, written_base
    from plainscore.settings import read_settings

    method = read_settings(data).method
    base = written_base(scorecard, out, report, method)
    with reading(data) as snapshots:
        study = fit_to_published(snapshots, (first, last), scorecard, name, keep_caps, method)
    if out is not None:
        write_text(card_text(study.card, base, study.summary), out)
    if report is not None:
        write_text(markdown(study), report)
    if not study.is_checked:
        note("scikit-learn is not installed: no check (pip install 'plainscore[fit]')")
    tables = {
        table.name: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        for table in study.tables
    }
    shown = [
        study.summary,
        *(ResultTable(one.columns, one.rows, one.title) for one in study.tables),
    ]
    emit(output_format, document={"summary": study.summary, "tables": tables}, shown=lambda: shown)


def gaming(
    *,
    as_of: PublishedDate = "latest",
    truth: OneFile = None,
    card: Several = (),
    person: Several = (),
    months: Annotated[int, Parameter(validator=Number(gte=1, lte=12))] = 12,
    max_actions: Annotated[int, Parameter(validator=Number(gte=1))] = 500,
    single_actions: Flag = False,
    data: DataDir = DATA,
    limits: Limits = NO_LIMITS,
    output_format: Format = "table",
) -> None:
    """Show what it costs to buy points: attacks that a snapshot tried, planted, or searched for.

    Parameters
    ----------
    truth
        Labels of an invented world (its landing/_truth): measure what its planted attackers gain
        over the same people without the attacks' ties, and how many of them are in a ring.
    card
        Search for the cheapest points against these scorecards (names, files, or `naive`: the first
        with a count of good friends instead of the neighbour mean), on copies of real histories.
    person
        Whose histories to use; five people from low scores to high by default.
    months
        How many months back the adversary can begin.
    max_actions
        How many actions are allowed for one person: contacts, payments, purchases and the like.
    single_actions
        Print the gain of each action by itself, instead of the best sequence.
    """
    if truth is not None and card:
        raise UsageError("give --truth or --card, one at a time")
    if truth is not None:
        table, short = _planted(data, as_of, truth, limits)
    elif card:
        wanted = (card, person, months, None if single_actions else max_actions)
        table = short = _found(data, as_of, wanted, limits)
    else:
        table, short = _tried(data, as_of)
    emit(output_format, table, shown=lambda: [short])


def _tried(data: Path, as_of: str) -> tuple[ResultTable, ResultTable]:
    def select(columns: dict[str, str]) -> ResultTable:
        query = (
            f"select {', '.join(columns.values())} from gaming_all as tried "
            "inner join dim_date as shown using (as_of_date, known_on, run) "
            "where as_of_date = ? order by scorecard_no, attack_no"
        )
        return ResultTable(tuple(columns), snapshots.rows(query, (day,)))

    with reading(data) as snapshots:
        day = snapshots.day(as_of)
        return select({name: name for name in TRIED_COLUMNS}), select(TRIED_FOR_PEOPLE)


def _dates(data: Path, as_of: str) -> "SnapshotDates":
    from plainscore.contracts import SnapshotDates

    with reading(data) as snapshots:
        day = snapshots.day(as_of)
        [(known_on,)] = snapshots.rows("select known_on from dim_date where as_of_date = ?", (day,))
    return SnapshotDates(day, known_on)


def _planted(
    data: Path, as_of: str, truth: Path, limits: Limits
) -> tuple[ResultTable, ResultTable]:
    from plainscore.analysis.gaming import LABELS, built_scores, measure_planted
    from plainscore.settings import read_settings

    missing = [name for name in LABELS if not (truth / name).is_file()]
    if missing:
        raise InputRefused(
            f"{truth} has no {' and no '.join(missing)}: give the landing/_truth of a world that "
            "`plainscore synthesise` wrote"
        )
    settings = read_settings(data, **limits.overrides)
    with built_scores(data, _dates(data, as_of), settings) as engine:
        rows = measure_planted(engine, truth, settings.method)
    shown = [[row[name] for name in PLANTED_FOR_PEOPLE.values()] for row in rows]
    return table_of(rows), ResultTable(list(PLANTED_FOR_PEOPLE), shown)


def _found(
    data: Path,
    as_of: str,
    wanted: tuple[tuple[str, ...], tuple[str, ...], int, int | None],
    limits: Limits,
) -> ResultTable:
    from plainscore.analysis.gaming import NAIVE, built_scores, find_cheap_points
    from plainscore.scorecards.reading import read_scorecards
    from plainscore.settings import read_settings

    cards, people, months, max_actions = wanted
    named = tuple(card for card in cards if card != NAIVE) or None
    settings = read_settings(data, scorecards=named, **limits.overrides)
    with built_scores(data, _dates(data, as_of), settings) as engine:
        played = read_scorecards(settings.scorecards, settings.method)
        rows = find_cheap_points(engine, played, people, months, max_actions, settings.method)
    kept = [row for row in rows if (NAIVE in cards if row[0] == NAIVE else named is not None)]
    return ResultTable(FOUND_COLUMNS, kept)


def scenarios(
    *,
    out: OneFile = None,
    card: Several = (),
    from_: Annotated[date | None, Parameter(name="--from")] = None,
    to: date | None = None,
    people: int | None = None,
    seed: int | None = None,
    data: DataDir = Path("societies"),
    limits: Limits = NO_LIMITS,
    output_format: Format = "table",
) -> None:
    """Score the same people under several rules, month by month, and compare the results.

    The rules: the standard card, reported_b, every card of --card, the standard card without its
    social factor, and with a count of good friends instead of the neighbour mean. New files of
    landing/ are ingested; where DATA has neither landing/ nor events/, a world of 40 months is
    invented there. As json: every figure of every month. Publishes nothing.

    Parameters
    ----------
    out
        Write the page with charts and tables here: one HTML file that needs no network.
    card
        Another scorecard, packaged or a file; repeat the flag for more.
    from_
        The first month end is on or after this day.
    to
        The last is on or before it; the newest 24 with known outcomes by default.
    people
        How many people to invent; 2,000 by default.
    seed
        Another seed, another world; 1 by default.
    """
    from plainscore.analysis.scenarios import choose_months, compare_scenarios, open_people
    from plainscore.runs.observers import spinner
    from plainscore.settings import read_settings
    from plainscore.show.scenarios import scenarios_page, summary_rows

    if out is not None and not out.resolve().parent.is_dir():
        raise UsageError(f"--out {out}: {out.parent} is no directory")
    settings = read_settings(data, scorecards=(*SCENARIO_CARDS, *card), **limits.overrides)
    store = open_people(data, people, seed, settings)
    with spinner("scoring"):
        record = compare_scenarios(store, choose_months(store, from_, to), settings)
    if out is not None:
        write_text(scenarios_page(record), out)
    rows = [
        {
            name: round(cell, SUMMARY_DECIMALS) if isinstance(cell, float) else cell
            for name, cell in one.items()
        }
        for one in summary_rows(record)
    ]
    emit(output_format, table_of(rows), objects=[record])


def scorecard(
    *cards: str,
    sql: Flag = False,
    check: Flag = False,
    schema: Flag = False,
    data: DataDir = DATA,
    output_format: Format = "table",
) -> None:
    """Show scorecards: every feature with its bins, bands, rules and benefits.

    As csv: one line per bin; one without at_least gives the points of a missing value.

    Parameters
    ----------
    cards
        Names of packaged cards or paths of .toml files; by default those of the settings.
    sql
        Print the SQL that the cards are compiled to.
    check
        Only check whether the cards can run; errors name file, line and key.
    schema
        Print the JSON Schema of scorecards, for editors.
    """
    from plainscore.contracts.catalog import load_catalog, rehearsed_catalog
    from plainscore.scorecards.reading import (
        find_scorecard,
        read_scorecard,
        read_scorecards,
        scorecard_schema,
    )
    from plainscore.settings import read_settings

    settings = read_settings(data)
    method, names = settings.method, cards or settings.scorecards
    if schema:
        emit("json", document=scorecard_schema(method))
        return
    if sql:
        catalog = load_catalog(read_scorecards(names, method), method=method)
        compiled = {table.name for table in catalog.compiled}
        made = [table for table in catalog.tables.values() if table.name in compiled]
        show(*(f"-- {table.name}: {table.title}\n{table.sql};\n" for table in made))
        return
    read = [read_scorecard(find_scorecard(name, method), method) for name in names]
    if check:
        rehearsed_catalog(read_scorecards(names, method), method)
        for card in read:
            show(
                f"{card.name} {card.version} can run: {len(card.features)} features, "
                f"{card.base} to {card.max_score} points"
            )
        return
    bins = ResultTable(BIN_COLUMNS, (row for card in read for row in _bin_rows(card)))
    document = [
        {**asdict(card), "factor_caps": dict(card.factor_caps), "hash": card.hash} for card in read
    ]
    shown = (part for card in read for part in _card_parts(card))
    emit(output_format, bins, document=document, shown=lambda: shown)


def _bin_rows(card: "Scorecard") -> Iterator[tuple[Any, ...]]:
    for number, one in enumerate(card.features, start=1):
        head = (card.name, number, one.name, one.factor, one.direction, one.max_points)
        if one.bins:
            yield (*head, None, one.missing_points)
        for step in one.bins:
            yield (*head, step.at_least, step.points)


def _card_parts(card: "Scorecard") -> Iterator[Any]:
    caps = ", ".join(f"{factor} {cap}" for factor, cap in card.factor_caps)
    bands = ", ".join(f"{band.name} from {band.at_least}" for band in card.bands)
    yield f"{card.name} {card.version}: {card.title}"
    yield f"{card.base} to {card.max_score} points: {caps}\nbands: {bands}\n"
    yield ResultTable(
        FEATURE_COLUMNS,
        [
            (f.factor, f.name, f.direction, f.max_points, f.missing_points, _steps(f))
            for f in card.features
        ],
    )
    rules = card.not_scored
    unless = [(one.code, _requirement(one.measure, one.test, one.value)) for one in rules]
    yield ""
    yield ResultTable(("not scored", "unless"), unless)
    yield ""
    benefits = table_of(card.benefits, ("name", "min_score", "source"))
    yield ResultTable(("benefit", "from", "source"), benefits.rows)
    yield ""


def _steps(feature: "Feature") -> str:
    if not feature.bins:
        return f"{feature.max_points} x the neighbour mean, rounded half up"
    return "  ".join(f"{step.at_least}: {step.points}" for step in feature.bins)


def _requirement(measure: str, test: str, value: int | bool) -> str:
    if test == "equals":
        return measure if value else f"not {measure}"
    return f"{measure} {test.replace('_', ' ')} {value}"


def lineage(column: str, *, data: DataDir = DATA, output_format: TableOrJson = "table") -> None:
    """Show the columns that a column is made from, down to the logs.

    Read from the SQL as it runs. Columns that only join tables are left out.

    Parameters
    ----------
    column
        table.column or schema.table.column, such as score.score or staging.bill.paid_date.
    """
    from plainscore.contracts.lineage import lineage as trace
    from plainscore.runs.request import configured_catalog

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
    logs = f"\nfrom the logs: {', '.join(traced.log_columns) or 'nothing'}"
    emit(output_format, document=document, shown=lambda: [_tree(traced), logs])


def _tree(traced: "Lineage") -> Any:
    from rich.tree import Tree

    root = Tree(str(traced.name))
    shown: set[ColumnName] = {traced.name}
    waiting = [(root, traced)]
    while waiting:
        branch, node = waiting.pop()
        below = []
        for source in node.sources:
            is_repeated = source.name in shown and bool(source.sources)
            leaf = branch.add(f"{source.name} ..." if is_repeated else str(source.name))
            if source.name not in shown:
                shown.add(source.name)
                below.append((leaf, source))
        waiting += reversed(below)
    return root


def dictionary(*, write: OneFile = None, data: DataDir = DATA) -> None:
    """Print the data dictionary of all tables and columns as Markdown.

    Parameters
    ----------
    write
        File to write instead, such as docs/reference/tables.md; its directory must exist.
    """
    from plainscore.contracts.dictionary import dictionary as describe
    from plainscore.runs.request import configured_catalog

    write_text(describe(configured_catalog(data)), write)
