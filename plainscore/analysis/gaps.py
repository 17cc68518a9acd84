"""Who is left behind: gaps between groups, access to benefits, inequality of points.

Fills statistics.group_gap, statistics.benefit_access and statistics.score_inequality.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

import duckdb

from plainscore.analysis.inference import (
    FEWEST_TO_JUDGE_BY,
    SIGNIFICANCE,
    Sums,
    compare_means,
    holm,
    two_shares_p,
    wilson,
)

Count = tuple[int, int]
"""A value, at least 0, and how many people have it."""
Access = tuple[int, str, int, int]
"""group_no, group_name, people, open_count."""
# Scores as far as they are known: people, total, total of squares, all whole.
_SUMS = """
select
    counted.scorecard,
    counted.points_counted,
    counted.attribute,
    counted.group_no,
    counted.group_name,
    cast(sum(counted.people) as bigint),
    cast(coalesce(sum(counted.people) filter (where counted.points is not null), 0) as bigint),
    coalesce(sum(counted.people * (card.base + counted.points)), 0),
    coalesce(sum(counted.people * (card.base + counted.points) * (card.base + counted.points)), 0)
from audits.group_points as counted
inner join reference.card as card on counted.scorecard = card.scorecard
group by all order by all
"""


def group_gap(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.group_gap: each group's scores against those of everyone else.

    The groups of one attribute are tested together.
    """
    for _, of_family in groupby(con.execute(_SUMS).fetchall(), key=lambda row: row[:3]):
        rows = list(of_family)
        groups = [Sums(*row[6:]) for row in rows]
        everyone = Sums(*(sum(column) for column in zip(*(row[6:] for row in rows), strict=True)))
        found = [compare_means(own, everyone - own) for own in groups]
        adjusted = holm([comparison.p_value for comparison in found])
        for row, own, comparison, adjusted_p in zip(rows, groups, found, adjusted, strict=True):
            yield (
                *row[:7],
                (row[5] - own.people) / row[5],
                own.mean,
                (everyone - own).mean,
                *comparison,
                adjusted_p,
                adjusted_p is not None and adjusted_p < SIGNIFICANCE,
                own.people < FEWEST_TO_JUDGE_BY,
            )


def benefit_access(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.benefit_access: shares against the group that has most access.

    The groups of one attribute are tested together.
    """
    rows = con.execute(
        "select scorecard, attribute, benefit, group_no, group_name, people, open_count "
        "from audits.benefit_count order by all"
    ).fetchall()
    for family, of_family in groupby(rows, key=lambda row: row[:3]):
        groups: list[Access] = [row[3:] for row in of_family]
        # The group with the highest share, of those that are not small; the first of equals.
        able = [group for group in groups if group[2] >= FEWEST_TO_JUDGE_BY and group[3]]
        best = max(able, key=lambda group: group[3] / group[2], default=None)
        p_values = [
            None
            if best is None or group is best
            else two_shares_p(group[3], group[2], best[3], best[2])
            for group in groups
        ]
        for group, p_value, adjusted_p in zip(groups, p_values, holm(p_values), strict=True):
            people, open_count = group[2:]
            yield (
                *family,
                *group,
                open_count / people,
                *wilson(open_count, people),
                *_four_fifths(best, group),
                p_value,
                adjusted_p,
                adjusted_p is not None and adjusted_p < SIGNIFICANCE,
                people < FEWEST_TO_JUDGE_BY,
            )


def _four_fifths(best: Access | None, group: Access) -> tuple[str | None, float | None, bool]:
    """Return the best-off group, the ratio to it, and whether that is below four fifths."""
    if best is None:
        return None, None, False
    ours, theirs = group[3] * best[2], best[3] * group[2]
    return best[1], ours / theirs, 5 * ours < 4 * theirs


def score_inequality(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.score_inequality: of points above the base, of the scored."""
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


def gini(counts: Sequence[Count]) -> float | None:
    """Return Gini's coefficient, 0 (all equal) to 1; None where the total is 0.

    Half the mean difference of all pairs, themselves included, against the mean:
    sum |x_i - x_j| / (2 n^2 mean). ``counts`` in any order; values may repeat.
    """
    below_people = below_total = difference = 0
    for value, people in sorted(counts):
        difference += people * (value * below_people - below_total)
        below_people += people
        below_total += people * value
    return difference / (below_people * below_total) if below_total else None


def theil(counts: Sequence[Count]) -> float | None:
    """Return Theil's T, 0 (all equal) to log n; None where the total is 0.

    The mean of (x / mean) * log(x / mean), in which people with 0 count as 0.
    """
    people = sum(count for _, count in counts)
    total = sum(value * count for value, count in counts)
    if not total:
        return None
    terms = (
        value * count * math.log(value * people / total)
        for value, count in sorted(counts)
        if value and count
    )
    return math.fsum(terms) / total


def theil_parts(groups: Sequence[Sequence[Count]]) -> tuple[float, float] | None:
    """Return the parts of Theil's T between and within groups; None where the total is 0.

    Between is T if everyone had the mean of their group; within is the mean of the groups' own T,
    weighted by their totals (Theil, "Economics and Information Theory", 1967).
    """
    sums = [
        (sum(value * people for value, people in group), sum(people for _, people in group))
        for group in groups
    ]
    total = sum(group_total for group_total, _ in sums)
    people = sum(group_people for _, group_people in sums)
    if not total:
        return None
    between = (
        group_total * math.log(group_total * people / (group_people * total))
        for group_total, group_people in sums
        if group_total
    )
    within = (
        group_total * (theil(group) or 0.0)
        for (group_total, _), group in zip(sums, groups, strict=True)
    )
    return max(0.0, math.fsum(between) / total), math.fsum(within) / total
