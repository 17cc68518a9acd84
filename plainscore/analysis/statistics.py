"""Tables of the schema ``statistics`` that SQL alone does not compute.

Who is left behind (gaps between groups, access to benefits, inequality of points), and the figures
of `plainscore.analysis.network`. They come from whole numbers in a fixed order and from counted
draws: the same inputs give the same figures. The last digit of a logarithm may differ between
machines, so these tables are not part of the content hash.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, groupby
from typing import Any, NamedTuple

import duckdb

from plainscore.analysis import metrics
from plainscore.analysis.metrics import (
    Sums,
    compare_means,
    errors_of,
    holm,
    ratio_interval,
    two_shares_p,
    wilson,
)
from plainscore.analysis.network import ring_member, score_assortativity
from plainscore.contracts.catalog import STATISTICS, Catalog
from plainscore.contracts.contract import ContractError, Table
from plainscore.engines.duckdb import insert_rows
from plainscore.scorecards.card import PointsToOdds

Row = tuple[Any, ...]
Count = tuple[int, int]
"""A value, at least 0, and how many people have it."""
# Scores as far as they are known: people, total, total of squares, all whole; of a group, and of
# all others.
_SUMS = """
with

counted as (
    select
        counted.scorecard,
        counted.points_counted,
        counted.attribute,
        counted.group_no,
        counted.group_name,
        sum(counted.people) as people,
        coalesce(sum(counted.people) filter (where counted.points is not null), 0) as scored,
        coalesce(sum(counted.people * (card.base + counted.points)), 0) as total,
        coalesce(
            sum(counted.people * (card.base + counted.points) * (card.base + counted.points)), 0
        ) as squares
    from audits.group_points as counted
    inner join reference.card as card on counted.scorecard = card.scorecard
    group by all
)

select
    * exclude (total, squares),
    (people - scored) / people,
    [scored, total, squares],
    [
        sum(scored) over family - scored,
        sum(total) over family - total,
        sum(squares) over family - squares
    ]
from counted
window family as (partition by scorecard, points_counted, attribute)
order by all
"""


def group_gap(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Yield the rows of statistics.group_gap: each group's scores against those of everyone else.

    The groups of one attribute are tested together.
    """
    for _, of_family in groupby(con.execute(_SUMS).fetchall(), key=lambda row: row[:3]):
        rows = [(group, Sums(*own), Sums(*rest)) for *group, own, rest in of_family]
        found = [compare_means(own, rest) for _, own, rest in rows]
        adjusted = holm([comparison.p_value for comparison in found])
        for (group, own, rest), comparison, p in zip(rows, found, adjusted, strict=True):
            yield *group, own.mean, rest.mean, *comparison, p, *_verdict(p, own.people)


def _verdict(adjusted_p: float | None, people: int) -> tuple[bool, bool]:
    """Return whether a finding is significant, and whether the group is small."""
    return (
        adjusted_p is not None and adjusted_p < metrics.SIGNIFICANCE,
        people < metrics.FEWEST_TO_JUDGE_BY,
    )


def benefit_access(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Yield the rows of statistics.benefit_access: shares, and against the best-off group."""
    rows = con.execute(
        "select scorecard, attribute, benefit, group_no, group_name, people, open_count "
        "from audits.benefit_count order by all"
    ).fetchall()
    for family, of_family in groupby(rows, key=lambda row: row[:3]):
        groups = [row[3:] for row in of_family]
        held = against_best([group[1:] for group in groups])
        for group, against in zip(groups, held, strict=True):
            people, hits = group[2:]
            share = hits / people, *wilson(hits, people)
            yield *family, *group, *share, *against, *_verdict(against.adjusted_p_value, people)


class AgainstBest(NamedTuple):
    """A group's share against that of the best-off group; None of that group itself."""

    best_group: str | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    is_below_four_fifths: bool = False
    p_value: float | None = None
    adjusted_p_value: float | None = None


def against_best(groups: Sequence[tuple[str, int, int]]) -> list[AgainstBest]:
    """Compare groups of one attribute, (name, people, how many have it), with the best-off one.

    That is the one with the highest share, of those that are not small; the first of equals. Which
    one it is depends on chance too: so intervals and adjusted p values are those that hold for
    every two of the groups together.
    """
    able = [group for group in groups if group[1] >= metrics.FEWEST_TO_JUDGE_BY and group[2]]
    best = max(able, key=lambda group: group[2] / group[1], default=None)
    if best is None:
        return [AgainstBest()] * len(groups)
    pairs = [frozenset(pair) for pair in combinations(groups, 2)]
    p_values = [two_shares_p(a[2], a[1], b[2], b[1]) for a, b in combinations(groups, 2)]
    tests = dict(zip(pairs, zip(p_values, holm(p_values), strict=True), strict=True))
    held = []
    for group in groups:
        (_, people, hits), (name, others, most) = group, best
        ours, theirs = hits * others, most * people
        compared = AgainstBest(name, ours / theirs, None, None, 5 * ours < 4 * theirs)
        if group != best:
            low, high = ratio_interval(hits, people, most, others, errors_of(len(pairs)))
            p_value, adjusted = tests[frozenset((group, best))]
            compared = compared._replace(
                ratio_low=low, ratio_high=high, p_value=p_value, adjusted_p_value=adjusted
            )
        held.append(compared)
    return held


def score_inequality(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Yield the rows of statistics.score_inequality: of points above the base, of the scored."""
    rows = con.execute(
        "select scorecard, points_counted, attribute, list((points, people)) "
        "from audits.group_points where points is not null "
        "group by scorecard, points_counted, attribute, group_no order by all"
    ).fetchall()
    for family, of_family in groupby(rows, key=lambda row: row[:3]):
        groups = [counts for *_, counts in of_family]
        everyone = [count for group in groups for count in group]
        people = sum(people for _, people in everyone)
        yield *family, people, gini(everyone), theil(everyone), *theil_parts(groups)


def expected_bad(con: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    """Yield the rows of statistics.expected_bad: at each score of a card that says its odds."""
    rows = con.execute(
        "select odds.*, min(band.at_least), max(band.at_most) "
        "from reference.points_to_odds as odds inner join reference.band as band using (scorecard) "
        "group by all order by all"
    ).fetchall()
    for scorecard, at_score, *said, least, most in rows:
        odds = PointsToOdds(at_score, *(Decimal(repr(one)) for one in said))
        for score in range(least, most + 1):
            yield scorecard, score, odds.expected_ppm(score)


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


def theil_parts(groups: Sequence[Sequence[Count]]) -> tuple[float | None, float | None]:
    """Return the parts of Theil's T between and within groups; None where the total is 0.

    Between is T if everyone had the mean of their group; within is the mean of the groups' own T,
    weighted by their totals (Theil, "Economics and Information Theory", 1967).
    """
    sums = [
        (sum(value * people for value, people in group), sum(people for _, people in group))
        for group in groups
    ]
    total, people = (sum(one) for one in zip(*sums, strict=True)) if sums else (0, 0)
    if not total:
        return None, None
    between = (t * math.log(t * people / (n * total)) for t, n in sums if t)
    within = (t * (theil(group) or 0.0) for (t, _), group in zip(sums, groups, strict=True))
    return max(0.0, math.fsum(between) / total), math.fsum(within) / total


FILLS: Mapping[str, tuple[int, Callable[[duckdb.DuckDBPyConnection], Iterator[Row]]]] = {
    "statistics.benefit_access": (2, benefit_access),
    "statistics.expected_bad": (1, expected_bad),
    "statistics.group_gap": (2, group_gap),
    "statistics.ring_member": (4, ring_member),
    "statistics.score_assortativity": (1, score_assortativity),
    "statistics.score_inequality": (1, score_inequality),
}
"""Table -> its version, raised with every change of its figures, and what yields its rows."""


def fill_statistics(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Make and fill the tables of the schema ``statistics`` that no SQL makes.

    Raises ContractError where a table has nothing that fills it.
    """
    tables = [table for table in catalog.of_schema(STATISTICS) if table.is_source]
    if unknown := [table.name for table in tables if table.name not in FILLS]:
        known = ", ".join(sorted(FILLS))
        raise ContractError(f"nothing fills {unknown[0]}: Python fills {known} alone")
    for table in tables:
        fill_statistic(con, table)


def fill_statistic(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make and fill one table of the schema ``statistics``."""
    con.execute(table.ddl)
    _, fill = FILLS[table.name]
    insert_rows(con, table.name, list(fill(con)))


def statistics_versions() -> str:
    """Return the versions of all figures as text, for the identity of the code of a snapshot."""
    return " ".join(f"{name}={version}" for name, (version, _) in sorted(FILLS.items()))
