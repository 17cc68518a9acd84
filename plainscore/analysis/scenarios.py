"""The same people under several rules, month by month: the cards, and the rules of scenarios.toml.

Nothing is published. The record that `compare_scenarios` returns is what the page and the JSON of
`plainscore scenarios` are made of; its rows name a scenario in ``society``.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from plainscore.analysis.evaluation import OUTCOME, OUTCOME_DAYS, built_outcomes, outcome_dates
from plainscore.analysis.gaming import NAIVE, built_scores, gaming_file
from plainscore.analysis.gaps import benefit_access, gini, group_gap
from plainscore.analysis.metrics import separation, shorrocks_index
from plainscore.analysis.network import score_assortativity
from plainscore.analysis.planted import LABELS, PlantedPart, measure_planted
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.lock import writer_lock
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs.event_store import EventStore, open_store
from plainscore.runs.calendar import dates_between, last_month_end
from plainscore.runs.inputs import is_invented_world
from plainscore.runs.request import snapshot_dates
from plainscore.runs.run import ingest_new_files
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings, engine_options

PEOPLE, SEED = 2_000, 1
FIRST, LAST = date(2023, 7, 1), date(2026, 10, 31)
"""Of an invented world: a year before the first score, 24 months of scores, and the 120 days of the
last outcomes."""
MONTHS = 24
AUDITS = ("audits.person_group", "audits.group_points", "audits.benefit_count")
TABLES = ("figures", "bands", "gaps", "benefits", "four_fifths", "planted")
"""Of the record; each has rows for every month and scenario."""

Record = dict[str, Any]
Ints = npt.NDArray[np.int64]
BandOfPeople = tuple[Ints, Ints]
"""Keys of people, ascending, and the band of each; band 0 is not scored."""
BandMove = tuple[int, int, int]
"""Band before, band after, people."""


@dataclass(frozen=True)
class Rule:
    """A scenario that is no scorecard; see transforms/scenarios.toml."""

    name: str
    title: str
    sql: str
    planted_gain: str


@cache
def _rules(method: Method) -> tuple[Rule, ...]:
    text = method.file("transforms/scenarios.toml").read_text(encoding="utf-8")
    return tuple(Rule(**one) for one in tomllib.loads(text)["scenario"])


def rules_for(cards: Sequence[Scorecard], method: Method = STANDARD_METHOD) -> tuple[Rule, ...]:
    """Return the rules that vary the first card; none where it has no factor of friends.

    Raises UsageError where a card has the name of a rule.
    """
    taken = {card.name for card in cards} & {rule.name for rule in _rules(method)}
    if taken:
        raise UsageError(f"a scorecard is named {min(taken)}, as a rule is: rename the card")
    return _rules(method) if cards[0].late_factor else ()


def titles(cards: Sequence[Scorecard], method: Method = STANDARD_METHOD) -> dict[str, str]:
    """Return name -> title of every scenario: the cards, then the rules."""
    named = {card.name: card.title for card in cards}
    return named | {rule.name: rule.title for rule in rules_for(cards, method)}


def open_people(
    data_dir: Path,
    people: int | None,
    seed: int | None,
    settings: Settings,
    method: Method = STANDARD_METHOD,
) -> EventStore:
    """Return the event store of a directory; one without any logs gets an invented world.

    Where ``people`` or ``seed`` is given, the directory must be empty or have that world. Raises
    UsageError where a scorecard is invalid, before anything is written; InputRefused where files
    of landing/ are refused.
    """
    titles(read_scorecards(settings.scorecards, method), method)
    with writer_lock(data_dir, "scenarios"):
        has_logs = (data_dir / "landing").is_dir() or (data_dir / "events").is_dir()
        if not has_logs or people is not None or seed is not None:
            _invent(data_dir, PEOPLE if people is None else people, SEED if seed is None else seed)
        report = ingest_new_files(data_dir, settings.threads)
        if report.refused:
            shown = "\n".join(f"  {refused}" for refused in report.refused)
            raise InputRefused(f"files or folders refused in landing/, fix them first:\n{shown}")
    return open_store(data_dir)


def _invent(data_dir: Path, people: int, seed: int) -> None:
    from plainscore.synthetic.synthesise import synthesise
    from plainscore.synthetic.world import WorldSettings

    landing = data_dir / "landing"
    made = synthesise(
        WorldSettings(
            people=people, first=FIRST, last=LAST, seed=seed, landing=landing, arrivals="monthly"
        )
    )
    if made.is_new:
        print(f"invented {people:,} people in {data_dir}", file=sys.stderr)


def choose_months(store: EventStore, first: date | None, last: date | None) -> list[date]:
    """Return the month ends asked for; without ends, the newest 24 whose outcomes are known.

    Raises InputRefused where nothing has arrived, or nothing by the first of them; UsageError where
    no month ends between the two days.
    """
    arrived = sorted(store.ledger()["arrived"].to_list())
    if not arrived:
        raise InputRefused(f"no events in {store.data_dir}: give a directory with landing/")
    if last is None:
        last = max(last_month_end(arrived[-1] - timedelta(days=OUTCOME_DAYS)), first or arrived[0])
    first_day = first or arrived[0]
    if last_month_end(last) < first_day:
        raise UsageError(f"no month ends between {first_day} and {last}: set --from and --to")
    months = dates_between(first_day, last, "month")
    if months[0] < arrived[0]:
        raise InputRefused(f"nothing had arrived by {months[0]}: set --from {arrived[0]} or later")
    return months if first is not None else months[-MONTHS:]


@dataclass
class _Comparison:
    """What the months have in common, and what grows with each of them."""

    store: EventStore
    cards: tuple[Scorecard, ...]
    settings: Settings
    outcome_catalog: Catalog
    newest_arrival: date
    labels: Path | None
    method: Method
    tables: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in TABLES})
    moved: dict[tuple[str, int, int], int] = field(default_factory=dict)
    before: dict[str, BandOfPeople] = field(default_factory=dict)

    @property
    def bases(self) -> dict[str, int]:
        """Name -> base of every scenario."""
        own = {card.name: card.base for card in self.cards}
        return {name: own.get(name, self.cards[0].base) for name in titles(self.cards, self.method)}

    def add(self, dates: SnapshotDates, table: str, rows: Iterable[Record]) -> None:
        """Keep a month's rows, scenario by scenario in the order of the page."""
        order = list(titles(self.cards, self.method))
        self.tables[table] += [
            {"as_of_date": str(dates.as_of_date), **row}
            for row in sorted(rows, key=lambda row: order.index(row["society"]))
        ]


def compare_scenarios(
    store: EventStore,
    months: Sequence[date],
    settings: Settings,
    method: Method = STANDARD_METHOD,
) -> Record:
    """Return the record that the page and the JSON are made of.

    ``settings.scorecards``: the cards to compare, first the one that the rules vary.
    """
    cards = read_scorecards(settings.scorecards, method)
    labels = store.data_dir / "landing" / "_truth"
    comparison = _Comparison(
        store,
        cards,
        settings,
        load_catalog(group="outcomes", method=method),
        max(store.ledger()["arrived"].to_list()),
        labels if all((labels / name).is_file() for name in LABELS) else None,
        method,
    )
    for month in months:
        _score_month(comparison, snapshot_dates(month, None, settings, today=month))
    return {
        "months": [str(month) for month in months],
        "societies": [
            {"society": name, "title": title} for name, title in titles(cards, method).items()
        ],
        "is_invented": is_invented_world(store.data_dir),
        **comparison.tables,
        "moves": [
            {"society": name, "from_band_no": old, "to_band_no": new, "people": people}
            for (name, old, new), people in sorted(comparison.moved.items())
        ],
    }


def _score_month(comparison: _Comparison, dates: SnapshotDates) -> None:
    """Add the figures of one month, of every scenario."""
    store, cards, method = comparison.store, comparison.cards, comparison.method
    with built_scores(store.data_dir, dates, comparison.settings, method) as engine:
        add_rules(engine, cards, method)
        for name in AUDITS:
            engine.build(engine.catalog[name])
        comparison.add(dates, "figures", _figures(comparison, engine, dates))
        comparison.add(dates, "bands", _band_rows(engine))
        comparison.add(dates, "gaps", _gap_rows(engine))
        benefits, flags = _access_rows(engine)
        comparison.add(dates, "benefits", benefits)
        comparison.add(dates, "four_fifths", flags)
        if comparison.labels is not None:
            planted = measure_planted(engine, comparison.labels, method)
            gains = _planted_gains(planted, cards, rules_for(cards, method))
            comparison.add(dates, "planted", gains)


def add_rules(
    engine: DuckDBEngine, cards: Sequence[Scorecard], method: Method = STANDARD_METHOD
) -> None:
    """Score everyone by the rules too, with bands and gates of the first card.

    ``engine`` has everything up to the scores. The transforms that make scores, bands and audits
    of points then count a rule as they count any card.
    """
    con, first, social = engine.con, cards[0].name, cards[0].late_factor
    if social is None:
        return
    con.execute(gaming_file("naive_rule.sql", method))
    con.execute(
        f"create temp table social_point as select person_key, {social} as points, "
        f"cast({dict(cards[0].factor_caps)[social]} as bigint) as most "
        "from scores.factor where scorecard = ?",
        [first],
    )
    for number, rule in enumerate(rules_for(cards, method), start=len(cards) + 1):
        for table in ("reference.card", "reference.band", "reference.benefit"):
            numbered = f", {number} as scorecard_no" if table == "reference.card" else ""
            con.execute(
                f"insert into {table} select * replace (? as scorecard{numbered}) from {table} "
                "where scorecard = ?",
                [rule.name, first],
            )
        con.execute(
            f"insert into scores.factor by name select factor.* replace (? as scorecard, "
            f"cast(changed.social_points as integer) as {social}) "
            f"from scores.factor as factor inner join ({rule.sql}) as changed "
            "on factor.person_key = changed.person_key where factor.scorecard = ?",
            [rule.name, first],
        )
        con.execute(
            "insert into scores.own_points by name select * replace (? as scorecard) "
            "from scores.own_points where scorecard = ?",
            [rule.name, first],
        )
    con.execute("drop table scores.score")
    engine.build(engine.catalog["scores.score"])


def _figures(
    comparison: _Comparison, engine: DuckDBEngine, dates: SnapshotDates
) -> Iterator[Record]:
    """Yield one row of figures per scenario, and keep where people are for the next month."""
    placed = _bands_of_people(engine, comparison.bases)
    outcomes = _outcome_figures(engine, _outcomes(comparison, engine, dates))
    friends = {
        str(row[0]): {"ties": row[2], "assortativity": row[3], "assortativity_by_chance": row[7]}
        for row in score_assortativity(engine.con)
        if row[1] == "all"
    }
    champion = comparison.cards[0].name
    for row in _score_figures(engine, comparison.bases):
        name = row["society"]
        moved = band_moves(comparison.before[name], placed[name]) if comparison.before else []
        for old, new, people in moved:
            key = name, old, new
            comparison.moved[key] = comparison.moved.get(key, 0) + people
        higher, lower = up_and_down(band_moves(placed[champion], placed[name]))
        yield (
            row
            | friends.get(name, {})
            | {"mobility": shorrocks_index(moved), "band_up": higher, "band_down": lower}
            | outcomes.get(name, {})
        )
    comparison.before = placed


def _outcomes(
    comparison: _Comparison, engine: DuckDBEngine, dates: SnapshotDates
) -> list[tuple[str, bool]]:
    """Return (person_id, is bad) of the scored; nothing while the outcome is not known."""
    if comparison.newest_arrival < outcome_dates(dates).as_of_date:
        return []
    store = comparison.store
    scored = engine.con.execute(
        "select person_id from features.scoring_status inner join events.person using (person_key) "
        "where is_scored"
    ).fetchall()
    given = ("select unnest(?::varchar[])", [[person_id for (person_id,) in scored]])
    options = engine_options(store.data_dir, comparison.settings, ".outcomes")
    with built_outcomes(store, comparison.outcome_catalog, (dates, "none"), given, options) as seen:
        return seen.con.execute(
            f"select person_id, is_bad from {OUTCOME} order by person_id"
        ).fetchall()


def _score_figures(engine: DuckDBEngine, bases: Mapping[str, int]) -> Iterator[Record]:
    """Yield people, scored, mean, median and Gini of every scenario; ``bases``: name -> base."""
    [(people,)] = engine.con.execute("select count(*) from staging.person").fetchall()
    counted = engine.con.execute(
        "select scorecard, score, count(*) from scores.score where score is not null "
        "group by all order by all"
    ).fetchall()
    by_name = {name: list(rows) for name, rows in groupby(counted, key=lambda row: row[0])}
    for name, base in bases.items():
        counts = [(score, number) for _, score, number in by_name.get(name, [])]
        scored = sum(number for _, number in counts)
        yield {
            "society": name,
            "people": people,
            "scored": scored,
            "mean_score": sum(s * n for s, n in counts) / scored if scored else None,
            "median_score": _median(counts, scored),
            "gini": gini([(score - base, number) for score, number in counts]),
        }


def _median(counts: list[tuple[int, int]], scored: int) -> int | None:
    """Return the score at place (n-1)//2 of the ascending order, as everywhere in the method."""
    below = 0
    for score, number in counts:
        below += number
        if below > (scored - 1) // 2:
            return score
    return None


def _band_rows(engine: DuckDBEngine) -> Iterator[Record]:
    """Yield how many people are in which band of which scenario."""
    rows = engine.con.execute(
        "select band.scorecard, band.band_no, band.band, count(score.score) "
        "from reference.band as band "
        "left join scores.score as score on band.scorecard = score.scorecard "
        "and band.band_no = score.band_no group by all order by all"
    ).fetchall()
    for name, band_no, band, people in rows:
        yield {"society": name, "band_no": band_no, "band": band, "people": people}


def _bands_of_people(engine: DuckDBEngine, names: Iterable[str]) -> dict[str, BandOfPeople]:
    columns = engine.con.execute(
        "select scorecard, person_key, coalesce(band_no, 0) as band_no from scores.score "
        "order by scorecard, person_key"
    ).fetchnumpy()
    scorecards = np.asarray(columns["scorecard"], dtype=object)
    keys, bands = (columns[name].astype(np.int64) for name in ("person_key", "band_no"))
    return {name: (keys[scorecards == name], bands[scorecards == name]) for name in names}


def band_moves(before: BandOfPeople, after: BandOfPeople) -> list[BandMove]:
    """Return how many of those who are in both went from which band to which."""
    _, here, there = np.intersect1d(before[0], after[0], assume_unique=True, return_indices=True)
    pairs, counts = np.unique(
        np.column_stack((before[1][here], after[1][there])), axis=0, return_counts=True
    )
    return [
        (int(old), int(new), int(people)) for (old, new), people in zip(pairs, counts, strict=True)
    ]


def up_and_down(moves: Sequence[BandMove]) -> tuple[int, int]:
    """Return how many of the scored are in a higher band, and how many in a lower one."""
    scored = [move for move in moves if move[0] and move[1]]
    higher = sum(people for old, new, people in scored if new > old)
    return higher, sum(people for old, new, people in scored if new < old)


def _gap_rows(engine: DuckDBEngine) -> Iterator[Record]:
    """Yield the gap of every group in every scenario, as the table ``gap`` has it."""
    names = (
        "attribute", "group_no", "group_name", "people", "scored", "not_scored_share",
        "mean_score", "rest_mean_score", "gap_points", "gap_low", "gap_high", "standardised_gap",
        "p_value", "adjusted_p_value", "is_significant", "is_small",
    )  # fmt: skip
    for scorecard, counted, *cells in group_gap(engine.con):
        if counted == "all":
            yield {"society": scorecard, **dict(zip(names, cells, strict=True))}


def _access_rows(engine: DuckDBEngine) -> tuple[list[Record], list[Record]]:
    """Return who has which benefit open, and how often groups fall below four fifths.

    Groups of fewer than 30 people are not compared. Regions hold everyone once.
    """
    gates = engine.con.execute("select scorecard, benefit, min_score from reference.benefit")
    gate = {(card, benefit): score for card, benefit, score in gates.fetchall()}
    access: dict[tuple[str, str], Record] = {}
    flags: dict[tuple[str, str], Record] = {}
    for row in benefit_access(engine.con):
        name, attribute, benefit, _, _, people, open_count = row[:7]
        is_below, is_significant, is_small = (bool(row[place]) for place in (12, 15, 16))
        name, attribute, benefit = str(name), str(attribute), str(benefit)
        if attribute == "region":
            opened = access.setdefault(
                (name, benefit),
                {"society": name, "benefit": benefit, "min_score": gate[name, benefit],
                 "people": 0, "open_count": 0},
            )  # fmt: skip
            opened["people"] += people
            opened["open_count"] += open_count
        if attribute != "decile" and not is_small:
            flag = flags.setdefault(
                (name, attribute),
                {"society": name, "attribute": attribute, "compared": 0,
                 "below_four_fifths": 0, "below_beyond_chance": 0},
            )  # fmt: skip
            flag["compared"] += 1
            flag["below_four_fifths"] += is_below
            flag["below_beyond_chance"] += is_below and is_significant
    return list(access.values()), list(flags.values())


def _outcome_figures(engine: DuckDBEngine, outcomes: list[tuple[str, bool]]) -> dict[str, Record]:
    """Return scenario -> how well its scores separate who became bad from the others."""
    con = engine.con
    con.execute("create temp table outcome (person_id varchar, is_bad boolean)")
    if outcomes:
        ids, bad = zip(*outcomes, strict=True)
        con.execute("insert into outcome select unnest(?), unnest(?)", [list(ids), list(bad)])
    rows = con.execute(
        "select scorecard, score, count(*) filter (where not is_bad), "
        "count(*) filter (where is_bad) from scores.score "
        "inner join events.person using (person_key) inner join outcome using (person_id) "
        "where score is not null group by all order by all"
    ).fetchall()
    figures = {}
    for name, counts in groupby(rows, key=lambda row: row[0]):
        found = separation([row[1:] for row in counts])
        figures[name] = {
            "outcomes": found.people, "bad": found.bad, "auc": found.auc,
            "auc_low": found.auc_low, "auc_high": found.auc_high, "ks": found.ks,
        }  # fmt: skip
    return figures


def _planted_gains(
    parts: Sequence[PlantedPart], cards: Sequence[Scorecard], rules: Sequence[Rule]
) -> Iterator[Record]:
    """Yield a row per scenario and part played in an attack: points gained by all together."""
    names = {card.name for card in cards}
    for part in parts:
        if part.scorecard not in names or part.kind == "no attack":
            continue
        gains = {part.scorecard: part.social_points_gained}
        if part.scorecard == cards[0].name:
            without_mean = part.social_points_gained - part.friend_points_gained
            naive = without_mean + part.naive_points_gained
            by_rule = {NAIVE: naive, "none": 0}
            gains |= {rule.name: by_rule[rule.planted_gain] for rule in rules}
        for name, gained in gains.items():
            yield {
                "society": name,
                "kind": part.kind,
                "role": part.role,
                "people": part.people,
                "scored": part.scored_count,
                "points_gained": gained,
            }
