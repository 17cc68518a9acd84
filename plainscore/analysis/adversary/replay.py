"""Lives replayed with acts added: the real transforms run on copies of a few people's events.

Each copy is a person of its own with the same logs and some acts more. Friends keep the record
that the whole society gave them, so that a copy without acts has the very points that its person
has, and that is checked every time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from plainscore.analysis.adversary.acts import GOOD_FRIEND, MOST_FRIENDS, Act, Event
from plainscore.common.errors import PlainscoreError
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Table
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.engines.options import EngineOptions
from plainscore.scorecards.card import NEIGHBOUR_MEAN, Scorecard

FIRST_COPY = 1_000_000_000
LOGS = ("profile", "purchase", "payment", "service", "friendship")
NOON = time(12)
NAIVE = "naive"
"""The champion card with a count of good friends in the place of the neighbour mean: a friend whose
record is among the best fifth is good, and 20 of them give all points (as in audits.gaming)."""
Points = dict[str, int]


@dataclass(frozen=True)
class Copy:
    """A person's life with some acts added."""

    person_key: int
    acts: tuple[Act, ...] = ()


class ReplayError(PlainscoreError):
    """A life that was replayed unchanged did not come out as it was."""


class Replay:
    """Replays lives of a society that is built; ``engine`` has everything up to the scores."""

    def __init__(
        self, engine: DuckDBEngine, cards: Sequence[Scorecard], people: Sequence[int]
    ) -> None:
        self._society, self._cards, self._people = engine, cards, list(people)
        self._events = {log: self._events_of(engine.catalog[f"events.{log}"]) for log in LOGS}
        known = self._query(
            "select own_points.scorecard, own_points.person_key, own_points.own_points "
            "from scores.own_points as own_points where own_points.person_key in "
            "(select friend_key from staging.tie where person_key in (select unnest(?)))",
            [self._people],
        )
        best = [
            (card.name, GOOD_FRIEND + place, card.own_points_max)
            for card in cards
            for place in range(MOST_FRIENDS)
        ]
        self._friends = [*known, *best]
        self._conflicts = self._query(
            "select person_key, identity_conflicts from features.feature_vector "
            "where person_key in (select unnest(?))",
            [self._people],
        )
        [(self._good_ppm,)] = self._query(
            "select min(own_ppm) from (select own_ppm, row_number() over (order by own_ppm) as "
            "place, count(*) over () as people from scores.friend_reliability "
            "where scorecard = ?) where place * 5 > people * 4",
            [cards[0].name],
        )

    def points(self, copies: Sequence[Copy]) -> list[dict[str, Points]]:
        """Return, for each copy, scorecard -> feature -> points; no card where it is not scored.

        Raises ReplayError where a copy without acts does not have its person's points.
        """
        catalog, dates = self._society.catalog, self._society.dates
        options = EngineOptions(threads=1)
        with built(catalog, dates, cards=self._cards, options=options) as engine:
            self._fill(engine, copies)
            for table in engine.catalog.tables.values():
                if table.schema in ("raw", "staging", "features", "scores"):
                    engine.build(table)
                    self._mend(engine, table.name)
            found = _read_points(engine, "scores.points", "where person_key >= ?", [FIRST_COPY])
            made = [found.get(FIRST_COPY + no, {}) for no in range(len(copies))]
            self._refuse_other_points(copies, made)
            naive = self._naive_points(engine)
            for number, points in enumerate(made):
                if points:
                    friends = naive.get(FIRST_COPY + number, 0)
                    points[NAIVE] = points[self._cards[0].name] | {NEIGHBOUR_MEAN: friends}
            return made

    def published_points(self) -> dict[int, dict[str, Points]]:
        """Return person_key -> scorecard -> feature -> points, as the society has them."""
        in_people = "where person_key in (select unnest(?))"
        return _read_points(self._society, "scores.points", in_people, [self._people])

    def _query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._society.con.execute(sql, list(parameters)).fetchall()

    def _events_of(self, log: Table) -> list[tuple[Any, ...]]:
        friend = " or friend_key in (select unnest(?))" if log.short_name == "friendship" else ""
        parameters = [self._people, self._people] if friend else [self._people]
        return self._query(
            f"select {', '.join(c.name for c in log.columns)} from {log.name} "
            f"where person_key in (select unnest(?)){friend}",
            parameters,
        )

    def _fill(self, engine: DuckDBEngine, copies: Sequence[Copy]) -> None:
        con = engine.con
        con.execute(
            "create schema life; create table life.copy (copy_key bigint, person_key bigint)"
        )
        _insert(engine, "life.copy", [(FIRST_COPY + n, c.person_key) for n, c in enumerate(copies)])
        con.execute("create table life.dropped (copy_key bigint, event_id varchar)")
        dropped = [
            (FIRST_COPY + number, event_id)
            for number, copy in enumerate(copies)
            for act in copy.acts
            for event_id in sorted(act.dropped)
        ]
        _insert(engine, "life.dropped", dropped)
        for log in LOGS:
            con.execute(f"create table life.{log} as from events.{log}")
            _insert(engine, f"life.{log}", self._events[log])
            con.execute(
                f"insert into events.{log} select copy.copy_key as person_key, life.* exclude "
                f"(person_key) from life.{log} as life inner join life.copy as copy "
                "on life.person_key = copy.person_key where not exists (from life.dropped as gone "
                "where gone.copy_key = copy.copy_key and gone.event_id = life.event_id)"
            )
            _insert(engine, f"events.{log}", list(_act_rows(engine.catalog, log, copies)))
        con.execute(
            "insert into events.friendship select life.* replace (copy.copy_key as friend_key) "
            "from life.friendship as life inner join life.copy as copy "
            "on life.friend_key = copy.person_key"
        )

    def _mend(self, engine: DuckDBEngine, table_name: str) -> None:
        """Give friends the records that they have, and copies the conflicts of their person."""
        con = engine.con
        if table_name == "features.scoring_status":
            con.execute(f"delete from {table_name} where person_key < ?", [FIRST_COPY])
            con.execute(f"delete from {table_name} where person_key >= ?", [GOOD_FRIEND])
            scored = sorted({(key, None, True) for _, key, _ in self._friends})
            _insert(engine, table_name, scored)
        elif table_name == "scores.own_points":
            con.execute("create table life.friend (scorecard varchar, person_key bigint, p bigint)")
            _insert(engine, "life.friend", self._friends)
            con.execute(
                f"delete from {table_name} where person_key < {FIRST_COPY} "
                f"or person_key >= {GOOD_FRIEND}; insert into {table_name} by name "
                "select scorecard, person_key, p as own_points from life.friend"
            )
        elif table_name == "features.personal_information":
            con.execute("create table life.conflict (person_key bigint, people bigint)")
            _insert(engine, "life.conflict", self._conflicts)
            con.execute(
                f"update {table_name} as made set identity_conflicts = conflict.people "
                "from life.copy as copy, life.conflict as conflict "
                "where made.person_key = copy.copy_key and copy.person_key = conflict.person_key"
            )

    def _naive_points(self, engine: DuckDBEngine) -> dict[int, int]:
        most = self._cards[0].friend_points_max
        return dict(
            engine.con.execute(
                "select tie.person_key, (2 * ? * least(count(*), 20) + 20) // 40 "
                "from staging.tie as tie inner join scores.friend_reliability as friend "
                "on tie.friend_key = friend.person_key where tie.contact_months > 0 "
                "and friend.scorecard = ? and friend.own_ppm >= ? group by tie.person_key",
                [most, self._cards[0].name, self._good_ppm],
            ).fetchall()
        )

    def _refuse_other_points(
        self, copies: Sequence[Copy], made: Sequence[dict[str, Points]]
    ) -> None:
        published = self.published_points()
        for copy, points in zip(copies, made, strict=True):
            if not copy.acts and points != published.get(copy.person_key, {}):
                raise ReplayError(
                    "a life replayed without any act has other points than its person: "
                    "this is a fault of the program, please report it"
                )


def _act_rows(catalog: Catalog, log: str, copies: Sequence[Copy]) -> Iterator[tuple[Any, ...]]:
    columns = [column.name for column in catalog[f"events.{log}"].columns]
    number = 0
    for place, copy in enumerate(copies):
        for event in (event for act in copy.acts for event in act.events if event.log == log):
            number += 1
            row = _row_of(event, FIRST_COPY + place, copy.person_key, number)
            yield tuple(row.get(name) for name in columns)


def _row_of(event: Event, copy_key: int, person_key: int, number: int) -> dict[str, Any]:
    fields = dict(event.fields)
    if event.person_key is not None and fields.get("friend_key") == person_key:
        fields["friend_key"] = copy_key
    return {
        "person_key": copy_key if event.person_key is None else event.person_key,
        "event_id": f"act {number:07}",
        "event_time": datetime.combine(event.day, NOON),
        "event_date": event.day,
        "event_type": event.event_type,
        "arrived": event.day,
        "file_no": 0,
        "line": number,
        "arrived_month": f"{event.day:%Y-%m}",
        **fields,
    }


def _insert(engine: DuckDBEngine, table_name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        lists = ", ".join("unnest(?)" for _ in rows[0])
        columns = [list(cells) for cells in zip(*rows, strict=True)]
        engine.con.execute(f"insert into {table_name} select {lists}", columns)


def _read_points(
    engine: DuckDBEngine, table_name: str, condition: str, parameters: Sequence[Any]
) -> dict[int, dict[str, Points]]:
    made = engine.con.execute(f"select * from {table_name} {condition}", list(parameters))
    names = [column[0] for column in made.description or ()]
    found: dict[int, dict[str, Points]] = {}
    for row in made.fetchall():
        cells = dict(zip(names, row, strict=True))
        person_key, card = cells.pop("person_key"), cells.pop("scorecard")
        if person_key < GOOD_FRIEND:
            found.setdefault(person_key, {})[card] = cells
    return found
