"""Hold what was made of a world against the oracle, value by value."""

from collections.abc import Mapping
from math import isclose
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from tests.oracle.nasty_worlds import NastyWorld
from tests.oracle.score import FEATURES
from tests.oracle.snapshot import PersonResult, snapshot

SCORE_COLUMNS = ("scorecard", "score", "band", "band_no", "not_scored_code")
REASON_COLUMNS = (
    "rank", "code", "family", "value", "is_missing", "points", "max_points", "points_lost",
    "method", "benchmark_points",
)  # fmt: skip
REASON_TEXTS = ("reason", "what_to_do")
ORDERS = {"reason": "rank", "benefit": "benefit", "context_score": "accepts"}
"""What rows of a person are ordered by."""
BENEFIT_COLUMNS = (
    "benefit", "accepts", "is_wall_enforced", "is_open", "points_short", "is_open_in_context",
    "score_in_context",
)  # fmt: skip
PUBLISHED = {name: name for name in ("score", "features", "points", "reason", "benefit")} | {
    "further": "features"
}


def made_on(card: str = "standard") -> dict[str, str]:
    """The same in the tables of a run, before it is published: one card's, people by their id."""
    of_card = {
        name: f"(select * replace ('standard' as scorecard) from {table} "
        f"natural join events.person where scorecard = '{card}')"
        for name, table in (
            ("score", "scores.score"),
            ("points", "scores.points"),
            ("reason", "scores.reason"),
            ("context_score", "scores.context_score"),
        )
    }
    return of_card | {
        "further": "(from features.feature_vector natural join events.person)",
        "eligibility": "(from features.eligibility natural join events.person)",
        "features": f"""(
            from features.feature_vector natural join events.person left join (
                from scores.friend_reliability where scorecard = '{card}'
            ) using (person_key)
        )""",
    }


def differences(
    con: duckdb.DuckDBPyConnection,
    expected: Mapping[str, PersonResult],
    views: Mapping[str, str] = PUBLISHED,
) -> list[str]:
    """One line for each value that is not what the oracle says; empty where all agree."""
    lines = []
    for view, source in views.items():
        wanted = {who: _wanted(person, view) for who, person in expected.items()}
        columns = list(next((rows[0] for rows in wanted.values() if rows), {}))
        if views is not PUBLISHED:  # the texts of a reason are joined to it where it is published
            columns = [name for name in columns if name not in REASON_TEXTS]
        found: dict[str, list[dict[str, Any]]] = {}
        order = ORDERS.get(view, "person_id")
        rows = con.execute(f"select person_id, {', '.join(columns)} from {source} order by {order}")
        for who, *values in rows.fetchall():
            found.setdefault(who, []).append(dict(zip(columns, values, strict=True)))
        for who in wanted.keys() | found.keys():
            lines += _other_rows(f"{who!r}: {view}", wanted.get(who, []), found.get(who, []))
    return lines


def _wanted(person: PersonResult, view: str) -> list[dict[str, Any]]:
    """The rows of a person in a view. Values of reasons are doubles: a column has one type."""
    if view == "score":
        shown = {name: getattr(person, name) for name in SCORE_COLUMNS[1:]}
        return [{"scorecard": "standard", **shown}]
    if view == "reason":
        rows = [{n: getattr(r, n) for n in REASON_COLUMNS + REASON_TEXTS} for r in person.reasons]
        for row in rows:
            row["value"] = None if row["value"] is None else float(row["value"])
        return rows
    if view == "benefit":
        rows = [{name: getattr(one, name) for name in BENEFIT_COLUMNS} for one in person.openings]
        return sorted(rows, key=itemgetter("benefit"))
    if view == "context_score":
        of_set = {one.accepts: one.score_in_context for one in person.openings}
        return [{"accepts": one, "score_in_context": of_set[one]} for one in sorted(of_set)]
    if view == "further":
        return [person.further]
    if view == "eligibility":
        return [{"paid_months": person.paid_months}]
    values = person.features if view == "features" else person.points
    return [{name: values[name] for name in FEATURES}] if values else []


def _other_rows(place: str, wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[str]:
    if len(wanted) != len(found):
        return [f"{place}: {len(wanted)} rows by the oracle, {len(found)} by the pipeline"]
    return [
        f"{place}.{name}: oracle {row[name]!r}, pipeline {other[name]!r}"
        for row, other in zip(wanted, found, strict=True)
        for name in other
        if not _is_same(row[name], other[name])
    ]


def _is_same(wanted: object, found: object) -> bool:
    """Integers, texts and nulls exactly, doubles to 1e-12; a count is no double."""
    if isinstance(wanted, float) and isinstance(found, float):
        return isclose(wanted, found, rel_tol=1e-12, abs_tol=0.0)
    return type(wanted) is type(found) and wanted == found


def assert_published(world: NastyWorld, data_dir: Path) -> None:
    """Hold the catalog of a data directory, where a world is published, against the oracle."""
    expected = snapshot(world.events, world.as_of_date, world.known_on)
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        found = differences(con, expected)
    assert not found, f"{len(found)} values differ:\n" + "\n".join(found[:40])
