"""How unequally the points above the base are shared out among the scored."""

from collections.abc import Iterator
from itertools import groupby

import duckdb

from studies.statistics.inequality import gini, theil


def score_inequality(
    con: duckdb.DuckDBPyConnection,
) -> Iterator[tuple[str, int, float | None, float | None]]:
    """Yield (scorecard, people, gini, theil) of every scorecard's points above the base."""
    rows = con.execute(
        "select scorecard, points_above_base, people from audits.score_count order by all"
    ).fetchall()
    for scorecard, counted in groupby(rows, key=lambda row: row[0]):
        counts = [(points, people) for _, points, people in counted]
        yield scorecard, sum(people for _, people in counts), gini(counts), theil(counts)
