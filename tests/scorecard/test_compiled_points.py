"""At, just below and above every edge of every bin, the compiled SQL gives the card's points."""

import math
from collections.abc import Iterator
from functools import cache

import duckdb
import pytest

from plainscore.contracts.catalog import SCHEMAS
from plainscore.scorecards.reading import read_scorecards
from plainscore.scorecards.reference import reference_rows
from tests.oracle.score import CARD
from tests.scorecard.test_packaged_cards import card
from tests.transforms.worked_example import house, insert

NAMES = ("standard", "reported_b")
Value = float | int | None
Bins = list[tuple[float, int]]
# Scorecard, feature, bins and points of a missing value: those of the standard card as published.
BINNED: list[tuple[str, str, Bins, int]] = [
    *(("standard", row.feature, list(row.bins), row.missing_points) for row in CARD if row.bins),
    *(
        ("reported_b", one.name, [(float(b.at_least), b.points) for b in one.bins],
         one.missing_points)
        for one in card("reported_b").features
        if one.bins
    ),
]  # fmt: skip


@cache
def values_to_try() -> list[tuple[str, Value]]:
    """Return (feature, value): missing, and each edge of a bin with its neighbours."""
    columns = {column.name: column.type for column in house()["features.feature_vector"].columns}
    tried: list[tuple[str, Value]] = []
    for row in CARD:
        if row.bins:
            around = _around_whole if columns[row.feature] == "BIGINT" else _around
            values = [None, *(value for edge, _ in row.bins for value in around(edge))]
            tried += [(row.feature, value) for value in values]
    return tried


def _around_whole(edge: float) -> Iterator[int]:
    yield from (int(edge) - 1, int(edge), int(edge) + 1)


def _around(edge: float) -> Iterator[float]:
    yield from (math.nextafter(edge, -math.inf), edge, math.nextafter(edge, math.inf))


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, str, Value], int]:
    """Return (scorecard, feature, value) -> points, as the compiled SQL gives them."""
    asked = values_to_try()
    keys = range(len(asked))
    features = [column.name for column in house()["features.feature_vector"].columns[1:]]
    vectors = [
        (key, *(asked[key][1] if name == asked[key][0] else None for name in features))
        for key in keys
    ]
    friends = [(name, key, 0, 6000000, 12, 0.5, 8) for name in NAMES for key in keys]
    cards = reference_rows(read_scorecards(NAMES), house().feature_column)["reference.card"]
    with duckdb.connect() as con:
        for schema in SCHEMAS:
            con.execute(f"create schema {schema}")
        for name, rows in (
            ("features.feature_vector", vectors),
            ("features.scoring_status", [(key, None, True) for key in keys]),
            ("reference.card", list(cards)),
            ("scores.friend_reliability", friends),
        ):
            con.execute(house()[name].ddl)
            insert(con, house()[name], rows)
        con.execute(f"create table scores.own_points as {house()['scores.own_points'].sql}")
        points = con.execute(house()["scores.points"].sql)
        columns = [column[0] for column in points.description]
        found = [dict(zip(columns, row, strict=True)) for row in points.fetchall()]
    return {
        (row["scorecard"], *asked[row["person_key"]]): row[asked[row["person_key"]][0]]
        for row in found
    }


@pytest.mark.parametrize(("scorecard", "feature", "bins", "missing_points"), BINNED)
def test_the_compiled_sql_gives_the_points_of_the_bins(
    made: dict[tuple[str, str, Value], int],
    scorecard: str,
    feature: str,
    bins: Bins,
    missing_points: int,
) -> None:
    for name, value in values_to_try():
        if name == feature:
            reached = [] if value is None else [p for edge, p in bins if value >= edge]
            lowest = missing_points if value is None else bins[0][1]
            wanted = reached[-1] if reached else lowest
            assert made[scorecard, feature, value] == wanted, value
