"""At, just below and above every edge of every bin, the compiled SQL gives the card's points."""

import math
from collections.abc import Iterator
from functools import cache

import duckdb
import pytest

from plainscore.contracts.catalog import SCHEMAS, load_catalog
from plainscore.scorecards.compile import reference_rows
from plainscore.scorecards.reading import read_scorecards
from tests.oracle.score import CARD
from tests.scorecard.test_packaged_cards import card
from tests.transforms.worked_example import house, insert

TOGETHER = (("standard", "reported_b"), ("standard_3", "reported_b_3"))
Value = float | int | None
Bins = list[tuple[float, int]]
# Scorecard, feature, bins and points of a missing value: those of the standard card as published.
BINNED: list[tuple[str, str, Bins, int]] = [
    *(("standard", row.feature, list(row.bins), row.missing_points) for row in CARD if row.bins),
    *(
        (name, one.name, [(float(b.at_least), b.points) for b in one.bins], one.missing_points)
        for name in ("reported_b", "standard_3", "reported_b_3")
        for one in card(name).features
        if one.bins
    ),
]


@cache
def values_to_try(names: tuple[str, ...]) -> list[tuple[str, Value]]:
    """Return (feature, value): missing, and each edge of a bin with its neighbours."""
    columns = {column.name: column.type for column in house()["features.feature_vector"].columns}
    tried: list[tuple[str, Value]] = []
    for scorecard, feature, bins, _missing_points in BINNED:
        if scorecard == names[0]:
            around = _around_whole if columns[feature] == "BIGINT" else _around
            values = [None, *(value for edge, _ in bins for value in around(edge))]
            tried += [(feature, value) for value in values]
    return tried


def _around_whole(edge: float) -> Iterator[int]:
    # A rule may begin between two whole numbers.
    yield from (math.floor(edge) - 1, math.floor(edge), math.floor(edge) + 1)


def _around(edge: float) -> Iterator[float]:
    yield from (math.nextafter(edge, -math.inf), edge, math.nextafter(edge, math.inf))


@cache
def points_of(names: tuple[str, ...]) -> dict[tuple[str, str, Value], int]:
    """Return (scorecard, feature, value) -> points, as the compiled SQL gives them."""
    cards = read_scorecards(names)
    catalog = load_catalog(cards)
    asked = values_to_try(names)
    keys = range(len(asked))
    features = [column.name for column in catalog["features.feature_vector"].columns[1:]]
    vectors = [
        (key, *(asked[key][1] if name == asked[key][0] else None for name in features))
        for key in keys
    ]
    friends = [(name, key, 0, 6000000, 12, 0.5, 8) for name in names for key in keys]
    described = reference_rows(cards, catalog.feature_column)["reference.card"]
    with duckdb.connect() as con:
        for schema in SCHEMAS:
            con.execute(f"create schema {schema}")
        for name, rows in (
            ("features.feature_vector", vectors),
            ("features.scoring_status", [(key, None, True) for key in keys]),
            ("reference.card", list(described)),
            ("scores.friend_reliability", friends),
        ):
            con.execute(catalog[name].ddl)
            insert(con, catalog[name], rows)
        con.execute(f"create table scores.own_points as {catalog['scores.own_points'].sql}")
        points = con.execute(catalog["scores.points"].sql)
        columns = [column[0] for column in points.description]
        found = [dict(zip(columns, row, strict=True)) for row in points.fetchall()]
    return {
        (row["scorecard"], *asked[row["person_key"]]): row[asked[row["person_key"]][0]]
        for row in found
    }


@pytest.mark.parametrize(("scorecard", "feature", "bins", "missing_points"), BINNED)
def test_the_compiled_sql_gives_the_points_of_the_bins(
    scorecard: str, feature: str, bins: Bins, missing_points: int
) -> None:
    names = next(names for names in TOGETHER if scorecard in names)
    made = points_of(names)
    for name, value in values_to_try(names):
        if name == feature:
            reached = [] if value is None else [p for edge, p in bins if value >= edge]
            lowest = missing_points if value is None else bins[0][1]
            wanted = reached[-1] if reached else lowest
            assert made[scorecard, feature, value] == wanted, value
