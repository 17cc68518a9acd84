"""Replay copies of lives with actions added, and measure what planted attacks gain.

Actions are data (transforms/gaming/actions.toml), played through the real transforms. Friends keep
the record that the whole population gave them, so a copy without actions has the very points of its
person; that is checked every time. What it costs to buy points is looked for in
`plainscore.analysis.prices`.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, time, timedelta
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, Self

import duckdb

from plainscore.analysis.network import RING_TABLES
from plainscore.analysis.statistics import fill_statistic
from plainscore.common.errors import InputRefused, PlainscoreError
from plainscore.common.standard import Method
from plainscore.contracts import SnapshotDates
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine, insert_rows, records
from plainscore.runs.pipeline import read_pipeline
from plainscore.scorecards.card import Scorecard
from plainscore.settings import Settings, engine_options
from plainscore.store.event_store import open_store

NEW_PERSON = -1
"""The person_key of someone who was never there: a life that consists of actions alone."""
FIRST_COPY, NEW_FRIEND, TWIN = 1_000_000_000, 2_000_000_000, 4_000_000_000
"""Where keys of copies, of friends that actions add, and of copies' twins begin; a twin is another
identity of the same player. Real keys are dense from 0."""
RELIABLE_FRIENDS = 100
"""So many of the added friends, from NEW_FRIEND on, have all own points."""
COPIES_AT_ONCE = 4_000
PERSON_KEYS = ("person_key", "friend_key")
NOON = time(12)

Points = dict[str, int]
Rows = list[tuple[Any, ...]]


class Action(NamedTuple):
    """One size of a family of actions, open to one person.

    ``deeds``: events that the person has to bring about; ``cents``: money that has to move.
    ``events``: rows of ``log`` by column. ``replaced``: ids of events whose place they take.
    ``is_own``: it only does what the person owes.
    """

    family: str
    name: str
    log: str
    is_always: bool
    is_own: bool
    deeds: int
    cents: int
    events: list[dict[str, Any]]
    replaced: list[str]


@cache
def _declared(method: Method) -> dict[str, Any]:
    return tomllib.loads(method.text("transforms/gaming/actions.toml"))


def read_actions(engine: DuckDBEngine, person_key: int, days: int) -> list[Action]:
    """Return every action open to a person within so many days, by family and size."""
    as_of_date, con = engine.dates.as_of_date, engine.con
    declarations = _declared(engine.catalog.method)
    first_day = as_of_date - timedelta(days=days - 1)
    con.execute("create schema if not exists gaming")
    con.execute(
        declarations["day"],
        {"as_of_date": as_of_date, "first_day": first_day, "months": (days - 1) // 30 + 1},
    )
    known = {"person_key": person_key, "as_of_date": as_of_date, "first_day": first_day}
    actions = []
    for declared in declarations["action"]:
        family, sql = declared["name"], declarations["sql"][declared["sql"]]
        names = con.extract_statements(sql)[0].named_parameters
        values = known | declared.get("values", {}) | {"name": family}
        for count in declared.get("counts", [1]):
            for cents in declared.get("cents", [0]):
                given = values | {"count": count, "cents": cents}
                events = records(con, sql, {name: given[name] for name in names})
                if not events:
                    continue
                name = family + (f" {count} x" if "counts" in declared else "")
                name += f" {cents / 100:,.2f}" if cents else ""
                deeds = sum(event.pop("deeds", 1) for event in events)
                moved = sum(event.pop("moved_cents", 0) for event in events)
                gone = {one for event in events for one in event.pop("replaces", None) or ()}
                actions.append(
                    Action(
                        family,
                        name,
                        declared["log"],
                        is_always=declared.get("always", False),
                        is_own=declared.get("own", False),
                        deeds=deeds,
                        cents=moved,
                        events=events,
                        replaced=sorted(gone),
                    )
                )
    return actions


class LifeCopy(NamedTuple):
    """A person's life with some actions added."""

    person_key: int
    actions: tuple[Action, ...] = ()


class ReplayError(PlainscoreError):
    """A life that was replayed unchanged did not come out as it was."""


class Replay:
    """Replays lives of ``people``; ``engine`` has everything up to the scores.

    A context manager: copies live on an engine of its own, in a transaction that is rolled back.
    """

    def __init__(
        self,
        engine: DuckDBEngine,
        cards: Sequence[Scorecard],
        people: Sequence[int],
    ) -> None:
        method = engine.catalog.method
        self._engine, self._cards, self._people = engine, cards, list(people)
        tables = engine.catalog.of_schema("events")
        columns = {table.name: [column.name for column in table.columns] for table in tables}
        self._logs = {name: names for name, names in columns.items() if "event_id" in names}
        self._events = {
            log: self._of_people(log, [key for key in PERSON_KEYS if key in names])
            for log, names in self._logs.items()
        }
        asked = {"people": self._people, "first_key": NEW_FRIEND, "count": RELIABLE_FRIENDS}
        friends_sql = method.text("transforms/gaming/friends.sql")
        friends = engine.con.execute(friends_sql, asked).fetchall()
        is_scored = sorted({(key, None, True) for _, key, _ in friends})
        self._of_friends = {
            "features.scoring_status": ("person_key, not_scored_code, is_scored", is_scored),
            "scores.own_points": ("scorecard, person_key, own_points", friends),
        }
        kept = map(itemgetter("table", "column"), _declared(method)["kept"])
        self._kept = [
            (table, column, self._of_people(table, ["person_key"], f"person_key, {column}"))
            for table, column in kept
            if table in engine.catalog.tables
        ]
        self._open = ExitStack()

    def __enter__(self) -> Self:
        engine, options = self._engine, EngineOptions(threads=1)
        copies = built(engine.catalog, engine.dates, cards=self._cards, options=options)
        self._copies = self._open.enter_context(copies)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _of_people(self, table: str, keys: Sequence[str], columns: str = "*") -> Rows:
        """Return the rows in which someone who is played has one of the keys."""
        condition = " or ".join(f"{key} in (select unnest($people))" for key in keys)
        sql = f"select {columns} from {table} where {condition}"
        return self._engine.con.execute(sql, {"people": self._people}).fetchall()

    def points(self, copies: Sequence[LifeCopy]) -> list[dict[str, Points]]:
        """Return, for each copy, scorecard -> feature -> points; no card where it is not scored.

        Raises ReplayError where a copy without actions does not have its person's points.
        """
        published = self.published_points()
        made = [
            one
            for first in range(0, len(copies), COPIES_AT_ONCE)
            for one in self._points_of(copies[first : first + COPIES_AT_ONCE])
        ]
        for copy, points in zip(copies, made, strict=True):
            if not copy.actions and points != published.get(copy.person_key, {}):
                raise ReplayError(
                    "a life replayed without any action has other points than its person: "
                    "this is a fault of the program, please report it"
                )
        return made

    def _points_of(self, copies: Sequence[LifeCopy]) -> list[dict[str, Points]]:
        engine, catalog = self._copies, self._engine.catalog
        needed = catalog.upstream("scores.points")
        engine.con.begin()
        try:
            self._fill(engine.con, copies)
            for table in catalog.tables.values():
                if table.name in needed and not table.is_source:
                    engine.build(table)
                    self._keep(engine.con, table.name)
            found = _read_points(engine, "person_key >= ?", FIRST_COPY)
        finally:
            engine.con.rollback()
        return [found.get(key, {}) for key, _ in enumerate(copies, start=FIRST_COPY)]

    def published_points(self) -> dict[int, dict[str, Points]]:
        """Return person_key -> scorecard -> feature -> points, as they are without any action."""
        return _read_points(self._engine, "person_key in (select unnest(?))", self._people)

    def _fill(self, con: duckdb.DuckDBPyConnection, copies: Sequence[LifeCopy]) -> None:
        """Fill the logs with what happened to the people and their friends, and to the copies."""
        con.execute(
            "create schema life; create table life.copy (copy_key bigint, person_key bigint); "
            "create table life.chosen (copy_key bigint, action_no bigint); "
            "create table life.replaced (copy_key bigint, event_id varchar)"
        )
        numbered = list(enumerate(copies, start=FIRST_COPY))
        actions = {id(one): one for copy in copies for one in copy.actions}
        numbers = {key: number for number, key in enumerate(actions)}
        chosen = [(key, action) for key, copy in numbered for action in copy.actions]
        replaced = [(key, event_id) for key, action in chosen for event_id in action.replaced]
        insert_rows(con, "life.copy", [(key, copy.person_key) for key, copy in numbered])
        insert_rows(con, "life.chosen", [(key, numbers[id(action)]) for key, action in chosen])
        insert_rows(con, "life.replaced", replaced)
        for log, columns in self._logs.items():
            short_name = log.partition(".")[2]
            life, added = f"life.{short_name}", f"life.added_{short_name}"
            con.execute(f"create table {life} as from {log}")
            insert_rows(con, life, self._events[log])
            own = "life.value_hash || ' ' || copy.copy_key as value_hash"
            con.execute(
                f"insert into {log} select copy.copy_key as person_key, life.* exclude "
                f"(person_key) {f'replace ({own})' if 'value_hash' in columns else ''} "
                f"from {life} as life inner join life.copy as copy "
                "on life.person_key = copy.person_key where not exists (from life.replaced as gone "
                "where gone.copy_key = copy.copy_key and gone.event_id = life.event_id)"
            )
            con.execute(
                f"create table {added} as "
                f"select *, 0::bigint as actor_key, 0::bigint as action_no from {log} limit 0"
            )
            insert_rows(con, added, _added_rows(log, columns, list(actions.values())))
            con.execute(
                f"insert into {log} select {', '.join(map(_of_copy, columns))} "
                f"from {added} as added inner join life.chosen as chosen "
                "on added.action_no = chosen.action_no "
                "inner join life.copy as copy on chosen.copy_key = copy.copy_key"
            )
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
                    "where made.person_key = copy.copy_key and copy.person_key = kept.person_key "
                    "and kept.kept > 0"
                )


def _added_rows(log: str, columns: Sequence[str], actions: Sequence[Action]) -> Rows:
    """Return the rows of the actions that belong to a log, numbered in the order of the actions."""
    rows: Rows = []
    for action_no, action in enumerate(actions):
        for event in action.events if f"events.{action.log}" == log else ():
            day, line = event["event_date"], len(rows) + 1
            row: Mapping[str, Any] = event | {
                "event_id": f"action {line:07}",
                "event_time": datetime.combine(day, NOON),
                "arrived": day,
                "file_no": 0,
                "line": line,
                "arrived_month": f"{day:%Y-%m}",
            }
            cells = (row.get(name) for name in columns)
            rows.append((*cells, event.get("actor_key"), action_no))
    return rows


def _of_copy(column: str) -> str:
    """Return the SQL of a column of an added event, where its action is that of a copy."""
    if column == "person_key":
        twin = f"when added.actor_key < 0 then chosen.copy_key + {TWIN}"
        return f"case {twin} else coalesce(added.actor_key, chosen.copy_key) end"
    if column == "friend_key":
        own = "added.actor_key is not null and added.friend_key = copy.person_key"
        return f"case when {own} then chosen.copy_key else added.friend_key end"
    if column == "value_hash":
        return "added.value_hash || ' ' || chosen.copy_key"
    return f"added.{column}"


def _read_points(
    engine: DuckDBEngine, condition: str, parameter: Any
) -> dict[int, dict[str, Points]]:
    found: dict[int, dict[str, Points]] = {}
    for cells in records(engine.con, f"from scores.points where {condition}", [parameter]):
        person_key, card = cells.pop("person_key"), cells.pop("scorecard")
        if person_key < NEW_FRIEND:
            found.setdefault(person_key, {})[card] = cells
    return found


# What the attacks that an invented world planted gain


NAIVE = "naive"
"""The first card with a count of good friends in the place of the neighbour mean; see
transforms/gaming/naive_rule.sql."""
LABELS = ("attack.parquet", "attack_tie.parquet")


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


def require_labels(folder: Path) -> None:
    """Raise InputRefused unless an invented world wrote its labels into a folder."""
    if missing := [name for name in LABELS if not (folder / name).is_file()]:
        raise InputRefused(
            f"{folder} has no {' and no '.join(missing)}: give the landing/_truth of a world that "
            "`plainscore synthesise` wrote"
        )


def measure_planted(engine: DuckDBEngine, labels: Path) -> list[dict[str, Any]]:
    """Return what all who play one part in one kind of attack gain together, in points of a card.

    A row per scorecard, kind and part, by the columns of transforms/gaming/planted.sql; all others
    are kind ``no attack``. ``most_...`` are of one person and None where none of them is scored.
    ``contact_count``: two-way months along the attacks' ties. ``in_ring_count``: people in the
    table ring_member.

    ``engine`` has everything up to the scores, and the rings; its tables of the scores are without
    the attacks afterwards. ``labels``: the folder that the invented world wrote, see LABELS. An
    ordinary tie that a planted one replaced is not restored.
    """
    con, method = engine.con, engine.catalog.method
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
