"""The SQL and the oracle say the same of every person of every nasty world."""

from datetime import timedelta
from pathlib import Path

import pytest

from plainscore.contracts import SnapshotDates
from plainscore.engines.duckdb import DuckDBEngine
from tests.oracle.events import Event
from tests.oracle.house import score_events
from tests.oracle.nasty_worlds import nasty_world
from tests.oracle.score import FEATURES
from tests.oracle.snapshot import PersonResult, snapshot

SEEDS = range(8)
REASON_COLUMNS = "rank, code, value, points, max_points, points_lost"


@pytest.mark.parametrize("seed", SEEDS)
def test_every_person_gets_what_the_method_says(seed: int, tmp_path: Path) -> None:
    world = nasty_world(seed)
    _agree(world.events, SnapshotDates(world.as_of_date, world.known_on), tmp_path)


@pytest.mark.parametrize("seed", [2, 5])
def test_without_the_newest_events_only_time_has_passed(seed: int, tmp_path: Path) -> None:
    world = nasty_world(seed)
    until = world.as_of_date - timedelta(days=45)
    older = tuple(event for event in world.events if event.event_date <= until)
    dates = SnapshotDates(world.as_of_date, world.known_on, until)
    _agree(world.events, dates, tmp_path, snapshot(older, world.as_of_date, world.known_on))


@pytest.mark.parametrize("log", ["profile", "purchase", "payment", "service", "friendship"])
def test_a_log_may_be_missing_altogether(log: str, tmp_path: Path) -> None:
    world = nasty_world(100, without_log=log)
    _agree(world.events, SnapshotDates(world.as_of_date, world.known_on), tmp_path)


def _agree(
    events: tuple[Event, ...],
    dates: SnapshotDates,
    folder: Path,
    expected: dict[str, PersonResult] | None = None,
) -> None:
    expected = expected or snapshot(events, dates.as_of_date, dates.known_on)
    engine, keys = score_events(events, dates, folder)
    names = {key: who for who, key in keys.items()}
    made = _made(engine, names)
    engine.close()
    assert set(made) == set(expected)
    differences = [
        f"{who}: {what}: method {wanted!r}, SQL {got!r}"
        for who, person in expected.items()
        for what, wanted in _facts(person).items()
        if not _same(wanted, got := made[who].get(what))
    ]
    assert not differences, "\n".join(differences[:40])


def _facts(person: PersonResult) -> dict[str, object]:
    facts: dict[str, object] = {f"feature {name}": v for name, v in person.features.items()}
    facts |= {f"points {name}": person.points.get(name) for name in FEATURES}
    facts |= {
        "score": person.score,
        "band": person.band,
        "band_no": person.band_no,
        "code": person.not_scored_code,
    }
    for reason in person.reasons:
        facts[f"reason {reason.rank}"] = (
            reason.code, None if reason.value is None else float(reason.value),
            reason.points, reason.max_points, reason.points_lost,
        )  # fmt: skip
    facts["reason count"] = len(person.reasons)
    return facts


def _made(engine: DuckDBEngine, names: dict[int, str]) -> dict[str, dict[str, object]]:
    made: dict[str, dict[str, object]] = {}
    for row in _dicts(engine, "select * from features.feature_vector"):
        who = made.setdefault(names[int(str(row["person_key"]))], {"reason count": 0})
        who |= {f"feature {name}": row.get(name) for name in FEATURES}
    champion = "where scorecard = 'standard'"
    for row in _dicts(engine, f"select * from scores.score {champion}"):
        made[names[int(str(row["person_key"]))]] |= {
            "score": row["score"], "band": row["band"], "band_no": row["band_no"],
            "code": row["not_scored_code"],
        }  # fmt: skip
    for row in _dicts(engine, f"select * from scores.points {champion}"):
        who = made[names[int(str(row["person_key"]))]]
        who |= {f"points {name}": row[name] for name in FEATURES}
    for row in _dicts(engine, f"select * from scores.friend_reliability {champion}"):
        who = made[names[int(str(row["person_key"]))]]
        who["feature friend_reliability"] = row["friend_reliability"]
    for row in _dicts(engine, f"select person_key, {REASON_COLUMNS} from scores.reason {champion}"):
        who = made[names[int(str(row["person_key"]))]]
        who[f"reason {row['rank']}"] = tuple(
            row[name] for name in ("code", "value", "points", "max_points", "points_lost")
        )
        who["reason count"] = int(str(who["reason count"])) + 1
    return made


def _dicts(engine: DuckDBEngine, sql: str) -> list[dict[str, object]]:
    relation = engine.con.execute(sql)
    columns = [column[0] for column in relation.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]


def _same(wanted: object, got: object) -> bool:
    if isinstance(wanted, float) and isinstance(got, float):
        return got == pytest.approx(wanted, rel=1e-12, abs=0)
    if isinstance(wanted, tuple) and isinstance(got, tuple):
        return len(wanted) == len(got) and all(
            _same(w, g) for w, g in zip(wanted, got, strict=True)
        )
    return wanted == got and (wanted is None) == (got is None)
