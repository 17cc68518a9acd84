"""The same people under several rules, month by month: the cards, and the rules of scenarios.toml.

Nothing is published. The record that `compare_scenarios` returns is what the page and the JSON of
`plainscore scenarios` are made of; its rows name a scenario in ``society``.
"""

import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from plainscore.analysis.evaluation import Judged, OutcomeClock, built_outcomes
from plainscore.analysis.gaming import LABELS, NAIVE, built_scores, measure_planted
from plainscore.analysis.metrics import separation, shorrocks_index
from plainscore.analysis.statistics import fill_statistic
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.lock import writer_lock
from plainscore.common.standard import Method
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import load_catalog
from plainscore.contracts.contract import OUTCOME
from plainscore.engines.duckdb import DuckDBEngine, insert_rows, records
from plainscore.runs.calendar import dates_between, last_month_end
from plainscore.runs.pipeline import snapshot_dates
from plainscore.runs.run import ingest_new_files
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings, engine_options
from plainscore.show.report import is_invented_world
from plainscore.store.event_store import EventStore, open_store, store_folder

PEOPLE, SEED = 2_000, 1
FIRST, LAST = date(2023, 7, 1), date(2026, 10, 31)
"""Of an invented world: a year before the first score, 24 months of scores, and the days of the
last outcomes."""
MONTHS = 24
AUDITS = (
    "audits.person_group", "audits.group_member", "audits.group_points", "audits.context_count",
    "audits.walled_count", "audits.benefit_count",
)  # fmt: skip
STATISTICS = ("group_gap", "benefit_access", "score_assortativity", "score_inequality")
TABLES = ("bands", "gaps", "benefits", "four_fifths")
"""Tables of the record whose rows are those of a query, for every month and scenario."""
BANDS_OF_PEOPLE = """
    select scorecard, person_key, coalesce(band_no, 0) as band_no from scores.score"""

Record = dict[str, Any]


def rules_for(cards: Sequence[Scorecard], method: Method) -> list[dict[str, str]]:
    """Return the rules that vary the first card; none where it has no factor of friends.

    Raises UsageError where a card has the name of a rule.
    """
    rules: list[dict[str, str]] = tomllib.loads(method.text("transforms/scenarios.toml"))[
        "scenario"
    ]
    if taken := {card.name for card in cards} & {rule["name"] for rule in rules}:
        raise UsageError(f"a scorecard is named {min(taken)}, as a rule is: rename the card")
    return rules if cards[0].late_factor else []


def open_people(
    data_dir: Path, people: int | None, seed: int | None, settings: Settings
) -> EventStore:
    """Return the event store of a directory; one without any logs gets an invented world.

    Where ``people`` or ``seed`` is given, the directory must be empty or have that world. Raises
    UsageError where a scorecard is invalid, before anything is written; InputRefused where files
    of landing/ are refused.
    """
    rules_for(read_scorecards(settings.scorecards, settings.method), settings.method)
    landing = data_dir / "landing"
    with writer_lock(data_dir, "scenarios"):
        has_logs = landing.is_dir() or store_folder(data_dir).is_dir()
        if not has_logs or people is not None or seed is not None:
            from plainscore.synthetic.synthesise import synthesise
            from plainscore.synthetic.world import WorldSettings

            people, seed = (PEOPLE if people is None else people, SEED if seed is None else seed)
            world = WorldSettings(people, FIRST, LAST, seed, landing, arrivals="monthly")
            if synthesise(world).is_new:
                print(f"invented {people:,} people in {data_dir}", file=sys.stderr)
        report = ingest_new_files(data_dir, settings)
        if report.refused:
            shown = "\n".join(f"  {refused}" for refused in report.refused)
            raise InputRefused(f"files or folders refused in landing/, fix them first:\n{shown}")
    return open_store(data_dir)


def choose_months(
    store: EventStore, first: date | None, last: date | None, settings: Settings
) -> list[date]:
    """Return the month ends asked for; without ends, the newest 24 whose outcomes are known.

    Raises InputRefused where nothing has arrived, or nothing by the first of them; UsageError where
    no month ends between the two days.
    """
    arrived = sorted(store.ledger()["arrived"].to_list())
    if not arrived:
        raise InputRefused(f"no events in {store.data_dir}: give a directory with landing/")
    if last is None:
        last = max(_newest_known(store, arrived, settings), first or arrived[0])
    first_day = first or arrived[0]
    if last_month_end(last) < first_day:
        raise UsageError(f"no month ends between {first_day} and {last}: set --from and --to")
    months = dates_between(first_day, last, "month")
    if months[0] < arrived[0]:
        raise InputRefused(f"nothing had arrived by {months[0]}: set --from {arrived[0]} or later")
    return months if first is not None else months[-MONTHS:]


def _newest_known(store: EventStore, arrived: Sequence[date], settings: Settings) -> date:
    """Return the newest month end whose outcome is known; before the first arrival if none is."""
    clock, month = OutcomeClock(store, settings), last_month_end(arrived[-1])
    while month >= arrived[0] and not clock.of(_dates_of(month, settings)).seen:
        month = last_month_end(month - timedelta(days=1))
    return month


def _dates_of(month: date, settings: Settings) -> SnapshotDates:
    return snapshot_dates(month, None, settings, today=month)


def compare_scenarios(store: EventStore, months: Sequence[date], settings: Settings) -> Record:
    """Return the record that the page and the JSON are made of.

    ``settings.scorecards``: the cards to compare, first the one that the rules vary.
    """
    cards, method = read_scorecards(settings.scorecards, settings.method), settings.method
    rules, labels = rules_for(cards, method), store.data_dir / "landing" / "_truth"
    titles = {card.name: card.title for card in cards} | {r["name"]: r["title"] for r in rules}
    tables: dict[str, list[Record]] = {name: [] for name in ("figures", *TABLES, "planted")}
    moved, bands, order = Counter[tuple[str, int, int]](), None, list(titles).index
    clock = OutcomeClock(store, settings)
    for month in months:
        dates = _dates_of(month, settings)
        with built_scores(store.data_dir, dates, settings) as engine:
            con = engine.con
            add_rules(engine, cards)
            for name in AUDITS:
                engine.build(engine.catalog[name])
            for name in STATISTICS:
                fill_statistic(con, engine.catalog[f"statistics.{name}"])
            moves = band_moves(con, bands)
            moved.update(moves)
            bands = con.execute(BANDS_OF_PEOPLE).fetchnumpy()
            outcomes = _outcome_figures(store, engine, dates, clock, settings)
            made = {
                name: records(con, method.text(f"transforms/scenarios/{name}.sql"))
                for name in ("figures", "friends", *TABLES)
            }
            friends = {row["society"]: row for row in made.pop("friends")}
            for row in made["figures"]:
                name = row["society"]
                own = [(old, new, n) for (of, old, new), n in moves.items() if of == name]
                row |= {**friends.get(name, {}), "mobility": shorrocks_index(own)}
                row |= outcomes.get(name, {})
            if all((labels / name).is_file() for name in LABELS):
                planted = measure_planted(engine, labels)
                made["planted"] = list(_planted_gains(planted, cards, rules))
        for name, rows in made.items():
            rows.sort(key=lambda row: order(row["society"]))
            tables[name] += [{"as_of_date": str(month), **row} for row in rows]
    return {
        "months": [str(month) for month in months],
        "bad": clock.outcome.bad,
        "societies": [{"society": name, "title": title} for name, title in titles.items()],
        "is_invented": is_invented_world(store.data_dir),
        **tables,
        "moves": [
            {"society": name, "from_band_no": old, "to_band_no": new, "people": people}
            for (name, old, new), people in sorted(moved.items())
        ],
    }


def add_rules(engine: DuckDBEngine, cards: Sequence[Scorecard]) -> None:
    """Score everyone by the rules too, with bands and gates of the first card.

    ``engine`` has everything up to the scores. The transforms that make scores, bands and audits
    of points then count a rule as they count any card.
    """
    con, method = engine.con, engine.catalog.method
    first, social = cards[0].name, cards[0].late_factor
    if social is None:
        return
    con.execute(method.text("transforms/gaming/naive_rule.sql"))
    con.execute(
        f"create temp table social_point as select person_key, {social} as points, "
        f"cast({dict(cards[0].factor_caps)[social]} as bigint) as most "
        "from scores.factor where scorecard = ?",
        [first],
    )
    rules = rules_for(cards, method)
    con.execute("create temp table rule (name varchar, scorecard_no integer)")
    numbered = enumerate((rule["name"] for rule in rules), start=len(cards) + 1)
    insert_rows(con, "temp.rule", [(name, number) for number, name in numbered])
    for table in ("reference.card", "reference.band", "reference.benefit", "scores.own_points"):
        number = {  # a rule has no points by feature: its whole score decides
            "reference.card": ", rule.scorecard_no as scorecard_no",
            "reference.benefit": ", false as is_wall_enforced",
        }.get(table, "")
        con.execute(
            f"insert into {table} by name select own.* replace (rule.name as scorecard{number}) "
            f"from {table} as own cross join rule where own.scorecard = ?",
            [first],
        )
    for rule in rules:
        con.execute(
            f"insert into scores.factor by name select factor.* replace (? as scorecard, "
            f"cast(changed.social_points as integer) as {social}) "
            f"from scores.factor as factor inner join ({rule['sql']}) as changed "
            "on factor.person_key = changed.person_key where factor.scorecard = ?",
            [rule["name"], first],
        )
    con.execute("drop table scores.score")
    engine.build(engine.catalog["scores.score"])


def band_moves(con: duckdb.DuckDBPyConnection, before: Any) -> dict[tuple[str, int, int], int]:
    """Return (scenario, band before, band after) -> people who are in both; band 0: not scored.

    ``before``: what BANDS_OF_PEOPLE gave a month ago, None in the first one.
    """
    if before is None:
        return {}
    con.register("bands_before", before)
    rows = con.execute(
        f"select scorecard, old.band_no, new.band_no, count(*) from ({BANDS_OF_PEOPLE}) as new "
        "inner join bands_before as old using (scorecard, person_key) group by all order by all"
    ).fetchall()
    con.unregister("bands_before")
    return {(name, old, new): people for name, old, new, people in rows}


def _outcome_figures(
    store: EventStore,
    engine: DuckDBEngine,
    dates: SnapshotDates,
    clock: OutcomeClock,
    settings: Settings,
) -> dict[str, Record]:
    """Return scenario -> how well its scores separate who became bad from the others.

    Empty while the outcome is not known.
    """
    seen_on = clock.of(dates).seen
    if seen_on is None:
        return {}
    scored = engine.con.execute(
        "select list(person_id) from features.scoring_status "
        "inner join events.person using (person_key) where is_scored"
    ).fetchall()
    given = ("select unnest(?::varchar[])", [scored[0][0] or []])
    options = engine_options(store.data_dir, settings, ".outcomes")
    catalog = load_catalog(group="outcomes", method=settings.method)
    judged = Judged(dates, "none", seen_on)
    with built_outcomes(store, catalog, judged, given, options) as seen:
        outcomes = seen.con.execute(f"select person_id, is_bad from {OUTCOME}").fetchall()
    engine.con.execute("create temp table outcome (person_id varchar, is_bad boolean)")
    insert_rows(engine.con, "temp.outcome", outcomes)
    counted = engine.con.execute(
        settings.method.text("transforms/scenarios/outcomes.sql")
    ).fetchall()
    found = {name: separation(counts)._asdict() for name, counts in counted}
    shown = {"outcomes": "people", **{n: n for n in ("bad", "auc", "auc_low", "auc_high", "ks")}}
    return {name: {n: one[key] for n, key in shown.items()} for name, one in found.items()}


def _planted_gains(
    parts: Iterable[Record], cards: Sequence[Scorecard], rules: Iterable[Mapping[str, str]]
) -> Iterator[Record]:
    """Yield a row per scenario and part played in an attack: points gained by all together."""
    names = {card.name for card in cards}
    for part in parts:
        if part["scorecard"] not in names or part["kind"] == "no attack":
            continue
        social = part["social_points_gained"]
        gains = {part["scorecard"]: social}
        if part["scorecard"] == cards[0].name:
            counted = social - part["friend_points_gained"] + part["naive_points_gained"]
            by_rule = {NAIVE: counted, "none": 0}
            gains |= {rule["name"]: by_rule[rule["planted_gain"]] for rule in rules}
        of_part = {name: part[name] for name in ("kind", "role", "people")}
        for name, gained in gains.items():
            yield {
                "society": name, **of_part, "scored": part["scored_count"], "points_gained": gained
            }  # fmt: skip
