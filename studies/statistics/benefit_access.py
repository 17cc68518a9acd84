"""Who has which benefit open, against the group that has it most often."""

from collections.abc import Iterator
from itertools import groupby

import duckdb

from studies.statistics.group_gap import FEWEST_TO_JUDGE_BY
from studies.statistics.proportions import two_shares_p, wilson

USUAL_SIGNIFICANCE = 0.05
"""The level at which the questions and answers on the four-fifths rule read a difference."""

Access = tuple[int, str, int, int]


def benefit_access(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.benefit_access: one attribute's groups are held together."""
    rows = con.execute(
        "select scorecard, attribute, benefit, group_no, group_name, people, open_count "
        "from audits.benefit_count order by all"
    ).fetchall()
    for family, of_family in groupby(rows, key=lambda row: row[:3]):
        groups = [row[3:] for row in of_family]
        best = _best_off(groups)
        for group in groups:
            yield *family, *group, *_held_against(best, group)


def _best_off(groups: list[Access]) -> Access | None:
    """Return the group with the highest share among those that are not small, the first of equals.

    None where all are small, or nobody in the others has it open.
    """
    able = [group for group in groups if group[2] >= FEWEST_TO_JUDGE_BY and group[3]]
    return max(able, key=lambda group: group[3] / group[2], default=None)


def _held_against(best: Access | None, group: Access) -> tuple[object, ...]:
    people, open_count = group[2:]
    low, high = wilson(open_count, people)
    told = (open_count / people, low, high)
    is_small = people < FEWEST_TO_JUDGE_BY
    if best is None:
        return *told, None, None, False, None, False, is_small
    best_name, best_people, best_count = best[1:]
    ours, theirs = open_count * best_people, best_count * people
    p_value = None if group is best else two_shares_p(open_count, people, best_count, best_people)
    return (
        *told,
        best_name,
        ours / theirs,
        5 * ours < 4 * theirs,
        p_value,
        p_value is not None and p_value < USUAL_SIGNIFICANCE,
        is_small,
    )
