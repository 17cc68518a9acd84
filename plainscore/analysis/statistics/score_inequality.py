"""How unequally the points above the base are shared out among the scored, and among groups."""

from collections.abc import Iterator
from itertools import groupby

import duckdb

from plainscore.analysis.statistics.inequality import gini, theil, theil_parts


def score_inequality(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.score_inequality."""
    rows = con.execute(
        "select scorecard, points_counted, attribute, group_no, points, people "
        "from audits.group_points where points is not null order by all"
    ).fetchall()
    for family, counted in groupby(rows, key=lambda row: row[:3]):
        groups = [
            [(points, people) for *_, points, people in of_group]
            for _, of_group in groupby(counted, key=lambda row: row[3])
        ]
        everyone = [count for group in groups for count in group]
        people = sum(people for _, people in everyone)
        between, within = theil_parts(groups) or (None, None)
        yield *family, people, gini(everyone), theil(everyone), between, within
