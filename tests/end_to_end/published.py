"""Read a published snapshot through its views, and say where it differs from the oracle."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import TypeAlias

import duckdb

from tests.oracle.score import FEATURES
from tests.oracle.snapshot import PersonResult

Row: TypeAlias = dict[str, object]

SCORE_COLUMNS = ("scorecard", "score", "band", "band_no", "not_scored_code")
REASON_COLUMNS = (
    "rank",
    "code",
    "value",
    "points",
    "max_points",
    "points_lost",
    "reason",
    "what_to_do",
)


@dataclass(frozen=True)
class Published:
    """The views that README.md promises, by person_id; reasons by rank."""

    score: dict[str, Row]
    features: dict[str, Row]
    points: dict[str, Row]
    reasons: dict[str, list[Row]]


def read_published(data_dir: Path) -> Published:
    """Open `data_dir`/plainscore.duckdb read-only; a person twice in a view fails the test."""
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        reasons: dict[str, list[Row]] = {}
        for person_id, row in _rows(con, "reason", REASON_COLUMNS):
            reasons.setdefault(person_id, []).append(row)
        return Published(
            score=_by_person(con, "score", SCORE_COLUMNS),
            features=_by_person(con, "features", FEATURES),
            points=_by_person(con, "points", FEATURES),
            reasons={who: sorted(rows, key=_rank) for who, rows in reasons.items()},
        )


def _rank(row: Row) -> int:
    return int(str(row["rank"]))


def _by_person(
    con: duckdb.DuckDBPyConnection, view: str, columns: tuple[str, ...]
) -> dict[str, Row]:
    by_person: dict[str, Row] = {}
    for person_id, row in _rows(con, view, columns):
        assert person_id not in by_person, f"{person_id!r} is twice in {view}"
        by_person[person_id] = row
    return by_person


def _rows(
    con: duckdb.DuckDBPyConnection, view: str, columns: tuple[str, ...]
) -> Iterator[tuple[str, Row]]:
    found = con.execute(f"select person_id, {', '.join(columns)} from {view}").fetchall()
    for person_id, *values in found:
        yield person_id, dict(zip(columns, values, strict=True))


def differences(expected: Mapping[str, PersonResult], published: Published) -> list[str]:
    """One line for each value that is not what the oracle says; empty where all agree."""
    scored = {who for who, person in expected.items() if person.not_scored_code is None}
    lines = [
        *_other_people("score", set(expected), set(published.score)),
        *_other_people("features", set(expected), set(published.features)),
        *_other_people("points", scored, set(published.points)),
    ]
    for who, person in expected.items():
        score_row: Row = {
            "scorecard": "standard",
            "score": person.score,
            "band": person.band,
            "band_no": person.band_no,
            "not_scored_code": person.not_scored_code,
        }
        lines += _other_values(who, "score", score_row, published.score.get(who))
        lines += _other_values(who, "features", person.features, published.features.get(who))
        if who in scored:
            lines += _other_values(who, "points", person.points, published.points.get(who))
        reasons = [{name: getattr(r, name) for name in REASON_COLUMNS} for r in person.reasons]
        lines += _other_reasons(who, reasons, published.reasons.get(who, []))
    return lines


def _other_people(view: str, expected: set[str], found: set[str]) -> list[str]:
    missing = [f"{who!r} is missing in {view}" for who in sorted(expected - found)]
    return missing + [f"{who!r} should not be in {view}" for who in sorted(found - expected)]


def _other_values(
    who: str, view: str, expected: Mapping[str, object], found: Row | None
) -> list[str]:
    if found is None:
        return []
    return [
        f"{who!r}: {view}.{name}: oracle {value!r}, pipeline {found[name]!r}"
        for name, value in expected.items()
        if not _is_same(value, found[name])
    ]


def _other_reasons(who: str, expected: list[Row], found: list[Row]) -> list[str]:
    # A column of reasons has one type: counts are doubles there.
    as_published = [
        {**row, "value": None if row["value"] is None else float(str(row["value"]))}
        for row in expected
    ]
    if len(found) != len(expected):
        return [f"{who!r}: {len(expected)} reasons by the oracle, {len(found)} by the pipeline"]
    return [
        line
        for row, other in zip(as_published, found, strict=True)
        for line in _other_values(who, f"reason {row['rank']}", row, other)
    ]


def _is_same(expected: object, found: object) -> bool:
    """Integers, texts and nulls exactly, doubles to 1e-12; a count is no double."""
    if isinstance(expected, float) and isinstance(found, float):
        return isclose(expected, found, rel_tol=1e-12, abs_tol=0.0)
    return type(expected) is type(found) and expected == found
