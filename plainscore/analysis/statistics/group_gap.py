"""How far the scores of each group lie from those of everyone else."""

from collections.abc import Iterator
from itertools import groupby

import duckdb

from plainscore.analysis.statistics.mean_difference import Sums, compare_means
from plainscore.analysis.statistics.multiple_tests import SIGNIFICANCE, holm

FEWEST_TO_JUDGE_BY = 30
"""Below it a group is flagged small: the usual rule of thumb for the mean of skewed values."""

Counted = tuple[str, str, str, int, str, int | None, int]


def group_gap(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.group_gap: one attribute's groups are judged together."""
    rows = con.execute(
        "select counted.scorecard, counted.points_counted, counted.attribute, counted.group_no, "
        "counted.group_name, card.base + counted.points, counted.people "
        "from audits.group_points as counted "
        "inner join reference.card as card on counted.scorecard = card.scorecard order by all"
    ).fetchall()
    for family, counted in groupby(rows, key=lambda row: row[:3]):
        for row in _of_attribute(list(counted)):
            yield *family, *row


def _of_attribute(rows: list[Counted]) -> Iterator[tuple[object, ...]]:
    groups = {group: list(counted) for group, counted in groupby(rows, key=lambda row: row[3:5])}
    sums = {
        group: Sums.of((score, people) for *_, score, people in counted if score is not None)
        for group, counted in groups.items()
    }
    everyone = Sums.of((score, people) for *_, score, people in rows if score is not None)
    found = {group: compare_means(own, everyone - own) for group, own in sums.items()}
    adjusted = holm([comparison.p_value for comparison in found.values()])
    for (group, comparison), adjusted_p in zip(found.items(), adjusted, strict=True):
        people = sum(row[-1] for row in groups[group])
        own = sums[group]
        yield (
            *group,
            people,
            own.people,
            (people - own.people) / people,
            own.mean,
            (everyone - own).mean,
            comparison.difference,
            comparison.low,
            comparison.high,
            comparison.standardised,
            comparison.p_value,
            adjusted_p,
            adjusted_p is not None and adjusted_p < SIGNIFICANCE,
            own.people < FEWEST_TO_JUDGE_BY,
        )
