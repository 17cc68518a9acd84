"""At, just below and above every edge of every bin, the compiled SQL gives the card's points."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache

import duckdb
import pytest

from plainscore.contracts.catalog import SCHEMAS
from plainscore.contracts.contract import Table
from plainscore.scorecards.card import Feature
from plainscore.scorecards.reading import read_scorecards
from plainscore.scorecards.reference import reference_rows
from tests.scorecard.published_method import Line, points_of, published_lines
from tests.scorecard.test_packaged_cards import card
from tests.transforms.worked_example import house

NAMES = ("standard", "reported_b")
Values = dict[str, list[float | int | None]]
Made = dict[tuple[str, str, float | int | None], int]


@cache
def values_to_try() -> Values:
    """Return feature -> values: missing, and each edge with its neighbours on either side."""
    columns = {column.name: column for column in house()["features.feature_vector"].columns}
    tried: Values = {}
    for line in published_lines():
        if line.bins:
            is_whole = columns[line.feature].type == "BIGINT"
            edges = [edge for edge, _ in line.bins]
            around = [v for edge in edges for v in _around(edge, is_whole=is_whole)]
            tried[line.feature] = [None, *around]
    return tried


def _around(edge: Decimal, *, is_whole: bool) -> Iterator[float | int]:
    if is_whole:
        yield from (int(edge) - 1, int(edge), int(edge) + 1)
    else:
        # The edge as a transform makes it: one division of two whole numbers.
        numerator, denominator = edge.as_integer_ratio()
        at = numerator / denominator
        yield from (math.nextafter(at, -math.inf), at, math.nextafter(at, math.inf))


@pytest.fixture(scope="module")
def made() -> Made:
    """Return (scorecard, feature, value) -> points, as the compiled SQL gives them."""
    asked = [(name, value) for name, values in values_to_try().items() for value in values]
    features = house()["features.feature_vector"].columns[1:]
    with duckdb.connect() as con:
        for schema in SCHEMAS:
            con.execute(f"create schema {schema}")
        _insert(
            con, house()["features.feature_vector"],
            [
                (key, *(value if column.name == name else None for column in features))
                for key, (name, value) in enumerate(asked)
            ],
        )  # fmt: skip
        _insert(
            con,
            house()["features.scoring_status"],
            [(key, None, True) for key in range(len(asked))],
        )
        cards = reference_rows(read_scorecards(NAMES), house().feature_column)["reference.card"]
        _insert(con, house()["reference.card"], cards)
        con.execute(f"create table scores.own_points as {house()['scores.own_points'].sql}")
        _insert(
            con, house()["scores.friend_reliability"],
            [(name, key, 0, 6000000, 12, 0.5, 8) for name in NAMES for key in range(len(asked))],
        )  # fmt: skip
        points = con.execute(house()["scores.points"].sql)
        columns = [column[0] for column in points.description]
        rows = [dict(zip(columns, row, strict=True)) for row in points.fetchall()]
    return {
        (row["scorecard"], *asked[row["person_key"]]): row[asked[row["person_key"]][0]]
        for row in rows
    }


@pytest.mark.parametrize("line", published_lines(), ids=lambda line: line.feature)
def test_the_standard_card_gives_the_published_points(line: Line, made: Made) -> None:
    for value in values_to_try().get(line.feature, []):
        exact = None if value is None else _exact(value, [edge for edge, _ in line.bins])
        assert made["standard", line.feature, value] == points_of(line, exact), value


@pytest.mark.parametrize("feature", card("reported_b").features, ids=lambda feature: feature.name)
def test_the_challenger_gives_the_points_of_its_bins(feature: Feature, made: Made) -> None:
    for value in values_to_try().get(feature.name, []):
        if value is None:
            wanted = feature.missing_points
        else:
            exact = _exact(value, [step.at_least for step in feature.bins])
            reached = [step.points for step in feature.bins if exact >= step.at_least]
            wanted = reached[-1] if reached else feature.bins[0].points
        assert made["reported_b", feature.name, value] == wanted, value


def _exact(value: float | int, edges: list[Decimal]) -> Decimal:
    """Return the edge that the value is the nearest float of, or else the value itself."""
    return next((edge for edge in edges if float(edge) == value), Decimal(value))


def _insert(
    con: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[tuple[object, ...]]
) -> None:
    con.execute(table.ddl)
    marks = f"({', '.join('?' for _ in rows[0])})"
    values = [value for row in rows for value in row]
    con.execute(f"insert into {table.name} values {', '.join([marks] * len(rows))}", values)
