"""What it costs to buy points: a search for the cheapest actions, and what planted attacks gain.

Actions are data (transforms/gaming/actions.toml). The search replays copies of real lives with
actions added through the real transforms. Friends keep the record that the whole population gave
them, so a copy without actions has the very points of its person; that is checked every time.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from fractions import Fraction
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from plainscore.analysis.counts import records
from plainscore.analysis.rings import RING_TABLES
from plainscore.analysis.statistics import fill_statistic
from plainscore.common.errors import InputRefused, PlainscoreError, UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine, insert_rows
from plainscore.runs.pipeline import read_pipeline
from plainscore.scorecards.card import Scorecard
from plainscore.settings import Settings, engine_options
from plainscore.store.event_store import open_store

NAIVE = "naive"
"""The first card with a count of good friends in the place of the neighbour mean; see
transforms/gaming/naive_rule.sql."""
PLACES = (5, 25, 50, 75, 95)
"""The people played by default: per cent of the scored who have a lower score."""
LABELS = ("attack.parquet", "attack_tie.parquet")
MONTH_DAYS = 30
FIRST_COPY, NEW_FRIEND = 1_000_000_000, 2_000_000_000
"""Where keys of copies, and of friends that actions add, begin; real keys are dense from 0."""
RELIABLE_FRIENDS = 100
"""So many of the added friends, from NEW_FRIEND on, have all own points."""
PERSON_KEYS = ("person_key", "friend_key")
NOON = time(12)

Points = dict[str, int]
Rows = list[tuple[Any, ...]]


@contextmanager
def built_scores(
    data_dir: Path, dates: SnapshotDates, settings: Settings
) -> Iterator[DuckDBEngine]:
    """Yield an engine with everything up to the scores, and the rings, of the set scorecards.

    Nothing is published; only temporary files are written.
    """
    store = open_store(data_dir)
    pipeline = read_pipeline(settings).of_inputs(store.ledger(), dates.known_on)
    catalog, options = pipeline.catalog, engine_options(data_dir, settings, ".gaming")
    with built(catalog, dates, store, pipeline.cards, upto="scores", options=options) as engine:
        needed = frozenset().union(*(catalog.upstream(name) for name in RING_TABLES))
        for table in catalog.of_schema("audits"):
            if table.name in needed:
                engine.build(table)
        fill_statistic(engine.con, catalog["statistics.ring_member"])
        yield engine


class Action(NamedTuple):
    """One size of a family of actions, open to one person.

    ``deeds``: events that the person has to bring about; ``cents``: money that has to move.
    ``events``: rows of ``log`` by column. ``replaced``: ids of events whose place they take.
    """

    family: str
    name: str
    log: str
    deeds: int
    cents: int
    events: list[dict[str, Any]]
    replaced: list[str]


@cache
def _declared(method: Method) -> dict[str, Any]:
    return tomllib.loads(method.text("transforms/gaming/actions.toml"))


def read_actions(
    engine: DuckDBEngine, person_key: int, months: int, method: Method = STANDARD_METHOD
) -> list[Action]:
    """Return every action open to a person with so many months at hand, by family and size."""
    as_of_date, con, declarations = engine.dates.as_of_date, engine.con, _declared(method)
    con.execute("create schema if not exists gaming")
    con.execute(
        "create or replace table gaming.day as select ? - cast(? * number + 4 as integer) as day "
        "from range(?) as month_back (number)",
        [as_of_date, MONTH_DAYS, months],
    )
    actions = []
    for declared in declarations["action"]:
        family, sql = declared["name"], declarations["sql"][declared["sql"]]
        names = con.extract_statements(sql)[0].named_parameters
        values = declared.get("values", {}) | {
            "name": family,
            "person_key": person_key,
            "as_of_date": as_of_date,
            "first_day": as_of_date - timedelta(days=MONTH_DAYS * months - 1),
        }
        for size in declared.get("sizes", [0]):
            given = values | {"size": size}
            events = records(con, sql, {name: given[name] for name in names})
            deeds = sum(event.pop("deeds", 1) for event in events)
            cents = sum(event.pop("cents", 0) for event in events)
            gone = {one for event in events for one in event.pop("replaces", None) or ()}
            if events:
                name = f"{family} x{size or len(events)}"
                actions.append(
                    Action(family, name, declared["log"], deeds, cents, events, sorted(gone))
                )
    return actions


def choose_people(engine: DuckDBEngine, method: Method = STANDARD_METHOD) -> list[int]:
    """Return a person_key for each of PLACES, by the champion's score and then by person_id."""
    found = engine.con.execute(
        method.text("transforms/gaming/people.sql"), {"places": list(PLACES)}
    )
    return [person_key for (person_key,) in found.fetchall()]


class LifeCopy(NamedTuple):
    """A person's life with some actions added."""

    person_key: int
    actions: tuple[Action, ...] = ()


class ReplayError(PlainscoreError):
    """A life that was replayed unchanged did not come out as it was."""


class Replay:
    """Replays lives of ``people``; ``engine`` has everything up to the scores."""

    def __init__(
        self,
        engine: DuckDBEngine,
        cards: Sequence[Scorecard],
        people: Sequence[int],
        method: Method = STANDARD_METHOD,
    ) -> None:
        self._engine, self._cards, self._people = engine, cards, list(people)
        self._naive_rule, self._naive_points, friends_sql = (
            method.text(f"transforms/gaming/{name}.sql")
            for name in ("naive_rule", "naive_points", "friends")
        )
        tables = engine.catalog.of_schema("events")
        columns = {table.name: [column.name for column in table.columns] for table in tables}
        self._logs = {name: names for name, names in columns.items() if "event_id" in names}
        self._events = {
            log: self._of_people(log, [key for key in PERSON_KEYS if key in names])
            for log, names in self._logs.items()
        }
        asked = {"people": self._people, "first_key": NEW_FRIEND, "count": RELIABLE_FRIENDS}
        friends = engine.con.execute(friends_sql, asked).fetchall()
        is_scored = sorted({(key, None, True) for _, key, _ in friends})
        self._of_friends = {
            "features.scoring_status": ("person_key, not_scored_code, is_scored", is_scored),
            "scores.own_points": ("scorecard, person_key, own_points", friends),
        }
        self._kept = [
            (table, column, self._of_people(table, ["person_key"], f"person_key, {column}"))
            for table, column in map(itemgetter("table", "column"), _declared(method)["kept"])
        ]
        engine.con.execute(self._naive_rule)
        bars = engine.con.execute("select scorecard, good_ppm from good_friend_bar").fetchall()
        self._good_ppm = dict(bars).get(cards[0].name)

    def _of_people(self, table: str, keys: Sequence[str], columns: str = "*") -> Rows:
        """Return the rows in which someone who is played has one of the keys."""
        condition = " or ".join(f"{key} in (select unnest($people))" for key in keys)
        sql = f"select {columns} from {table} where {condition}"
        return self._engine.con.execute(sql, {"people": self._people}).fetchall()

    def points(self, copies: Sequence[LifeCopy]) -> list[dict[str, Points]]:
        """Return, for each copy, scorecard -> feature -> points; no card where it is not scored.

        Raises ReplayError where a copy without actions does not have its person's points.
        """
        catalog, dates, first = self._engine.catalog, self._engine.dates, self._cards[0]
        with built(catalog, dates, cards=self._cards, options=EngineOptions(threads=1)) as engine:
            self._fill(engine.con, copies)
            for schema in catalog.schemas_upto("scores"):
                for table in catalog.of_schema(schema):
                    if not table.is_source:
                        engine.build(table)
                        self._keep(engine.con, table.name)
            found = _read_points(engine, "person_key >= ?", FIRST_COPY)
            engine.con.execute(self._naive_rule)
            bar = {"good_ppm": self._good_ppm}
            naive = dict(engine.con.execute(self._naive_points, bar).fetchall())
        published, made = self.published_points(), []
        for copy_key, copy in enumerate(copies, start=FIRST_COPY):
            points = found.get(copy_key, {})
            if not copy.actions and points != published.get(copy.person_key, {}):
                raise ReplayError(
                    "a life replayed without any action has other points than its person: "
                    "this is a fault of the program, please report it"
                )
            if first.late_feature and points:
                counted = {first.late_feature.name: naive.get(copy_key, 0)}
                points[NAIVE] = points[first.name] | counted
            made.append(points)
        return made

    def published_points(self) -> dict[int, dict[str, Points]]:
        """Return person_key -> scorecard -> feature -> points, as they are without any action."""
        return _read_points(self._engine, "person_key in (select unnest(?))", self._people)

    def _fill(self, con: duckdb.DuckDBPyConnection, copies: Sequence[LifeCopy]) -> None:
        """Fill the logs with what happened to the people and their friends, and to the copies."""
        numbered = list(enumerate(copies, start=FIRST_COPY))
        con.execute(
            "create schema life; create table life.copy (copy_key bigint, person_key bigint); "
            "create table life.replaced (copy_key bigint, event_id varchar)"
        )
        insert_rows(con, "life.copy", [(key, copy.person_key) for key, copy in numbered])
        chosen = [(key, action) for key, copy in numbered for action in copy.actions]
        replaced = [(key, event_id) for key, action in chosen for event_id in action.replaced]
        insert_rows(con, "life.replaced", replaced)
        for log, columns in self._logs.items():
            life = f"life.{log.partition('.')[2]}"
            con.execute(f"create table {life} as from {log}")
            insert_rows(con, life, self._events[log])
            con.execute(
                f"insert into {log} select copy.copy_key as person_key, life.* exclude "
                f"(person_key) from {life} as life inner join life.copy as copy "
                "on life.person_key = copy.person_key where not exists (from life.replaced as gone "
                "where gone.copy_key = copy.copy_key and gone.event_id = life.event_id)"
            )
            rows = [
                {"event_id": f"action {no:07}", "line": no, **event}
                for no, event in enumerate(_added_events(log, numbered), start=1)
            ]
            insert_rows(con, log, [tuple(row.get(name) for name in columns) for row in rows])
            if "friend_key" in columns:
                con.execute(
                    f"insert into {log} select life.* replace (copy.copy_key as friend_key) "
                    f"from {life} as life inner join life.copy as copy "
                    "on life.friend_key = copy.person_key"
                )

    def _keep(self, con: duckdb.DuckDBPyConnection, table_name: str) -> None:
        """Give friends the records that they have, and copies what depends on other people."""
        if table_name in self._of_friends:
            columns, friends = self._of_friends[table_name]
            copies = f"person_key >= {FIRST_COPY} and person_key < {NEW_FRIEND}"
            con.execute(f"delete from {table_name} where not ({copies})")
            insert_rows(con, f"{table_name} ({columns})", friends)
        for table, column, values in self._kept:
            if table == table_name:
                con.execute("create or replace table life.kept (person_key bigint, kept bigint)")
                insert_rows(con, "life.kept", values)
                con.execute(
                    f"update {table} as made set {column} = kept.kept "
                    "from life.copy as copy, life.kept as kept "
                    "where made.person_key = copy.copy_key and copy.person_key = kept.person_key"
                )


def _added_events(log: str, copies: Iterable[tuple[int, LifeCopy]]) -> Iterator[dict[str, Any]]:
    """Yield the rows that the actions of all copies, by their key, add to a log."""
    for own_key, copy in copies:
        actions = [action for action in copy.actions if f"events.{action.log}" == log]
        for event in (event for action in actions for event in action.events):
            row, day = dict(event), event["event_date"]
            actor = row.pop("actor_key", None)
            if actor is not None and row.get("friend_key") == copy.person_key:
                row["friend_key"] = own_key
            yield row | {
                "person_key": own_key if actor is None else actor,
                "event_time": datetime.combine(day, NOON),
                "arrived": day,
                "file_no": 0,
                "arrived_month": f"{day:%Y-%m}",
            }


def _read_points(
    engine: DuckDBEngine, condition: str, parameter: Any
) -> dict[int, dict[str, Points]]:
    found: dict[int, dict[str, Points]] = {}
    for cells in records(engine.con, f"from scores.points where {condition}", [parameter]):
        person_key, card = cells.pop("person_key"), cells.pop("scorecard")
        if person_key < NEW_FRIEND:
            found.setdefault(person_key, {})[card] = cells
    return found


class Found(NamedTuple):
    """One action on top of those before it: what it takes more, and the points it gains more."""

    scorecard: str
    person_key: int
    step: int
    action: Action
    deeds: int
    cents: int
    points: Points
    by_feature: Points

    @property
    def points_gained(self) -> int:
        return sum(self.by_feature.values())

    @property
    def rank(self) -> tuple[Fraction, int, str]:
        """What the search chooses by: points for a deed, points, name."""
        gained = self.points_gained
        return Fraction(gained, max(self.deeds, 1)), gained, self.action.name


@dataclass
class _Play:
    """How far one person has come against one card."""

    scorecard: str
    person_key: int
    points: Points
    found: list[Found] = field(default_factory=list)

    @property
    def chosen(self) -> dict[str, Action]:
        """Family -> the largest action of it so far."""
        return {one.action.family: one.action for one in self.found}

    def trial(self, action: Action, max_actions: int | None) -> Found | None:
        """Return an action that is new, or larger than its family's, within the limit of deeds."""
        had = self.chosen.get(action.family)
        deeds, cents = action.deeds - (had.deeds if had else 0), action.cents
        spent = sum(one.deeds for one in self.found)
        if (had and deeds <= 0) or (max_actions is not None and spent + deeds > max_actions):
            return None
        cents -= had.cents if had else 0
        step = len(self.found) + 1
        return Found(self.scorecard, self.person_key, step, action, deeds, cents, {}, {})

    def result(self, trial: Found, points: Points) -> Found:
        moved = {name: now - self.points[name] for name, now in points.items()}
        gains = {name: gained for name, gained in moved.items() if gained}
        return trial._replace(points=points, by_feature=gains)


def search(
    replay: Replay,
    actions: Mapping[int, Sequence[Action]],
    cards: Sequence[str],
    max_actions: int | None,
) -> list[Found]:
    """Return what is found against each card for each person, step by step.

    Greedy: always the action with most points for a deed. So what it finds can be bought, and
    there may be cheaper: actions that only pay together are not seen, and no one else changes.
    ``actions``: person_key -> what they could do; ``max_actions``: deeds of a person in total;
    None: every action of every person alone, as step 1.
    """
    untouched = replay.points([LifeCopy(person_key) for person_key in actions])
    plays = going = [
        _Play(card, person_key, points[card])
        for card in cards
        for person_key, points in zip(actions, untouched, strict=True)
        if card in points
    ]
    while going:
        tries = [
            (play, trial)
            for play in going
            for action in actions[play.person_key]
            if (trial := play.trial(action, max_actions))
        ]
        made = replay.points([
            LifeCopy(play.person_key, tuple((play.chosen | {t.action.family: t.action}).values()))
            for play, t in tries
        ])  # fmt: skip
        results = [
            (play, play.result(trial, points[play.scorecard]))
            for (play, trial), points in zip(tries, made, strict=True)
            if play.scorecard in points
        ]
        if max_actions is None:
            return [found for _, found in results]
        going = []
        for play, of_play in groupby(results, key=itemgetter(0)):
            best = max((found for _, found in of_play), key=lambda found: found.rank)
            if best.points_gained > 0:
                play.found.append(best)
                play.points = best.points
                going.append(play)
    return [found for play in plays for found in play.found]


def find_cheap_points(
    engine: DuckDBEngine,
    cards: Sequence[Scorecard],
    people: Sequence[str],
    months: int,
    max_actions: int | None,
    method: Method = STANDARD_METHOD,
) -> Rows:
    """Return rows of what the search finds; ``max_actions`` None: what every action gains alone.

    Scorecard, person_id, step, action, deeds, cents, points gained, score after, points gained by
    feature. Raises UsageError where someone in ``people`` is not scored.
    """
    scored = dict(
        engine.con.execute(
            "select person_id, person_key from events.person "
            "inner join features.scoring_status using (person_key) where is_scored"
        ).fetchall()
    )
    if unknown := [one for one in people if one not in scored]:
        raise UsageError(f"{unknown[0]} is not scored {engine.dates}: play someone who is")
    keys = [scored[one] for one in people] or choose_people(engine, method)
    replay = Replay(engine, cards, keys, method)
    actions = {key: read_actions(engine, key, months, method) for key in keys}
    found = search(replay, actions, [*(card.name for card in cards), NAIVE], max_actions)
    ids = {key: person_id for person_id, key in scored.items()}
    base = {card.name: card.base for card in cards} | {NAIVE: cards[0].base}
    return [
        (
            *(one.scorecard, ids[one.person_key], one.step, one.action.name, one.deeds, one.cents),
            *(one.points_gained, base[one.scorecard] + sum(one.points.values())),
            ", ".join(f"{name} {points:+}" for name, points in one.by_feature.items()),
        )
        for one in found
    ]


def require_labels(folder: Path) -> None:
    """Raise InputRefused unless an invented world wrote its labels into a folder."""
    if missing := [name for name in LABELS if not (folder / name).is_file()]:
        raise InputRefused(
            f"{folder} has no {' and no '.join(missing)}: give the landing/_truth of a world that "
            "`plainscore synthesise` wrote"
        )


def measure_planted(
    engine: DuckDBEngine, labels: Path, method: Method = STANDARD_METHOD
) -> list[dict[str, Any]]:
    """Return what all who play one part in one kind of attack gain together, in points of a card.

    A row per scorecard, kind and part, by the columns of transforms/gaming/planted.sql; all others
    are kind ``no attack``. ``most_...`` are of one person and None where none of them is scored.
    ``contact_count``: two-way months along the attacks' ties. ``in_ring_count``: people in the
    table ring_member.

    ``engine`` has everything up to the scores, and the rings; its tables of the scores are without
    the attacks afterwards. ``labels``: the folder that the invented world wrote, see LABELS. An
    ordinary tie that a planted one replaced is not restored.
    """
    con = engine.con
    for statement in con.extract_statements(method.text("transforms/gaming/planted_labels.sql")):
        files = {name: str(labels / f"{name}.parquet") for name in statement.named_parameters}
        con.execute(statement, files)
    rebuilt = {"staging.tie"}
    for table in engine.catalog.tables.values():
        if table.schema in ("features", "scores") and table.inputs & rebuilt:
            rebuilt.add(table.name)
            con.execute(f"drop table {table.name}")
            engine.build(table)
    for name in ("naive_rule", "planted_naive"):
        con.execute(method.text(f"transforms/gaming/{name}.sql"))
    rows = records(con, method.text("transforms/gaming/planted.sql"))
    # As a name, "role" alone is a keyword of SQL.
    return [{name.removeprefix("played_"): cell for name, cell in row.items()} for row in rows]
