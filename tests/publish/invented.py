"""Small snapshots: invented features and ties, real points, scores and published tables."""

import atexit
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

from plainscore.analysis.statistics import fill_statistic
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import STATISTICS, Catalog, load_catalog
from plainscore.contracts.contract import Column, Table
from plainscore.engines import EngineOptions
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.publish.publication import (
    Provenance,
    StagedSnapshot,
    new_staging,
    publish,
    stage_snapshot,
)
from plainscore.publish.runs import Run
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards

SEPTEMBER = SnapshotDates(date(2026, 9, 30), date(2026, 9, 30))
OCTOBER = SnapshotDates(date(2026, 10, 31), date(2026, 10, 31))
OCTOBER_LATER = SnapshotDates(date(2026, 10, 31), date(2026, 11, 15))
PEOPLE = 40
COMPILED = ("features.scoring_status", "features.feature_vector")
CHECKS = [
    ("features", "features.shopping", "active_months is never null", "fail", "passed", 0, "[]"),
    ("scores", "scores.score", "few people in band poor", "warn", "warned", 2, '["p1", "p2"]'),
]

Value = int | float | bool | str | None


@cache
def cards() -> tuple[Scorecard, ...]:
    return read_scorecards(("standard", "reported_b"))


@cache
def house() -> Catalog:
    return load_catalog(cards())


def person_id(person_key: int) -> str:
    """Return ids that try a reader's patience: quotes, spaces, line feeds, no ASCII."""
    return ("p{}", "o'p {}", 'ü"{}', "a\nb{}", "0{}")[person_key % 5].format(person_key)


def engine(
    dates: SnapshotDates, people: int = PEOPLE, seed: int = 1, edits: dict[str, str] | None = None
) -> DuckDBEngine:
    """Return an engine with every table built, from features drawn with ``seed``.

    Person 0 is frozen and not scored, the others are scored; each has ties to the next three.
    ``edits``: table -> SQL that changes it once it is filled.
    """
    made = DuckDBEngine(house(), dates, EngineOptions(threads=1))
    made.load_reference(cards())
    draw = random.Random(seed)
    for table in house().tables.values():
        if table.schema == "reference":
            continue
        if table.schema == STATISTICS and table.is_source:
            fill_statistic(made.con, table)
            continue
        if table.schema in ("scores", "audits", STATISTICS, "published") or table.name in COMPILED:
            made.build(table)
            continue
        made.con.execute(table.ddl)
        if table.name == "events.person":
            _insert(made, table.name, [(key, person_id(key)) for key in range(people)])
        elif table.name == "features.eligibility":
            _insert(made, table.name, [(k, 400, 20, 3, 12, True, k == 0) for k in range(people)])
        elif table.name == "staging.person":
            _insert(made, table.name, [(k, *[True] * 5, dates.as_of_date) for k in range(people)])
        elif table.name == "raw.profile":
            _insert(made, table.name, [_opening(k, table, dates) for k in range(people)])
        elif table.name == "staging.tie":
            _insert(made, table.name, _ties(people, draw))
        elif table.schema == "features":
            _insert(
                made,
                table.name,
                [tuple(_drawn(c, key, draw) for c in table.columns) for key in range(people)],
            )
        if edits and table.name in edits:
            made.con.execute(edits[table.name])
    return made


def stage(data_dir: Path, dates: SnapshotDates = OCTOBER, seed: int = 1) -> StagedSnapshot:
    """Return a staged snapshot of ``PEOPLE`` people."""
    made = _staged_once(dates, seed)
    folder = new_staging(data_dir, dates)
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    return replace(made, folder=folder)


@cache
def _staged_once(dates: SnapshotDates, seed: int) -> StagedSnapshot:
    """Build a snapshot once per process: the same dates and seed are the same bytes."""
    home = Path(tempfile.mkdtemp(prefix="plainscore-"))
    atexit.register(shutil.rmtree, home)
    made = engine(dates, seed=seed)
    try:
        return stage_snapshot(made.con, house(), dates, new_staging(home, dates))
    finally:
        made.close()


def provenance() -> Provenance:
    said = ("name", "version", "hash", "base")
    return {
        "scorecards": [{name: getattr(card, name) for name in said} for card in cards()],
        "input": {"fingerprint": "f" * 64, "files": 3},
        "code": {"version": "0.1.0", "hash": "c" * 64},
        "skipped_refused_files": [],
        "erasures": 0,
        "project": {},
    }


def published(data_dir: Path, dates: SnapshotDates = OCTOBER, seed: int = 1) -> Run:
    """Build, stage and publish a snapshot."""
    return publish(data_dir, stage(data_dir, dates, seed), provenance(), CHECKS)


def published_autumn(data_dir: Path) -> Path:
    """Publish September, October, and October as it was known later, twice."""
    published(data_dir, SEPTEMBER, seed=1)
    published(data_dir, OCTOBER, seed=2)
    published(data_dir, OCTOBER_LATER, seed=3)
    published(data_dir, OCTOBER_LATER, seed=3)
    return data_dir


def _ties(people: int, draw: random.Random) -> list[tuple[Value, ...]]:
    pairs = [
        (key, (key + step) % people, draw.randint(1, 900), draw.randint(0, 12))
        for key in range(people)
        for step in (1, 2, 3)
    ]
    back = [(friend, key, days, months) for key, friend, days, months in pairs]
    return [*pairs, *back]


def _opening(key: int, table: Table, dates: SnapshotDates) -> tuple[object, ...]:
    """Return the event that holds a person's groups: two regions, three genders, no age."""
    day = dates.as_of_date
    known = {
        "person_key": key,
        "event_id": f"e{key}",
        "event_time": datetime.combine(day, time()),
        "event_date": day,
        "event_type": "opened",
        "region": ("north", "south")[key % 2],
        "gender": ("female", "male", None)[key % 3],
        "arrived": day,
    }
    return tuple(known.get(column.name) for column in table.columns)


def _drawn(column: Column, key: int, draw: random.Random) -> Value:
    by_type: dict[str, Callable[[], Value]] = {
        "BIGINT": lambda: draw.randint(int(column.minimum or 0), int(column.maximum or 40)),
        "DOUBLE": lambda: draw.randint(0, 60) / 60,
    }
    if column.name == "person_key":
        return key
    if column.nullable and draw.random() < 0.1:
        return None
    return by_type[column.type]()


def _insert(made: DuckDBEngine, table_name: str, rows: Sequence[tuple[object, ...]]) -> None:
    columns = ", ".join("unnest(?)" for _ in rows[0])
    made.con.execute(
        f"insert into {table_name} select {columns}",
        [list(values) for values in zip(*rows, strict=True)],
    )
