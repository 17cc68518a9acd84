"""Who has which benefit open, against the group that has it most often."""

from collections.abc import Iterator
from itertools import groupby

import duckdb

from plainscore.analysis.statistics.group_gap import FEWEST_TO_JUDGE_BY
from plainscore.analysis.statistics.multiple_tests import SIGNIFICANCE, holm
from plainscore.analysis.statistics.proportions import two_shares_p, wilson

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
        p_values = [_chance(best, group) for group in groups]
        for group, p_value, adjusted_p in zip(groups, p_values, holm(p_values), strict=True):
            is_significant = adjusted_p is not None and adjusted_p < SIGNIFICANCE
            told = (p_value, adjusted_p, is_significant, group[2] < FEWEST_TO_JUDGE_BY)
            yield *family, *group, *_share(group), *_against(best, group), *told


def _best_off(groups: list[Access]) -> Access | None:
    """Return the group with the highest share among those that are not small, the first of equals.

    None where all are small, or nobody in the others has it open.
    """
    able = [group for group in groups if group[2] >= FEWEST_TO_JUDGE_BY and group[3]]
    return max(able, key=lambda group: group[3] / group[2], default=None)


def _share(group: Access) -> tuple[float, float, float]:
    people, open_count = group[2:]
    return open_count / people, *wilson(open_count, people)


def _against(best: Access | None, group: Access) -> tuple[str | None, float | None, bool]:
    """Return the best-off group, the ratio to it, and whether that is below four fifths."""
    if best is None:
        return None, None, False
    ours, theirs = group[3] * best[2], best[3] * group[2]
    return best[1], ours / theirs, 5 * ours < 4 * theirs


def _chance(best: Access | None, group: Access) -> float | None:
    """Return the p value of the two shares being one; None for the best-off group itself."""
    if best is None or group is best:
        return None
    return two_shares_p(group[3], group[2], best[3], best[2])
