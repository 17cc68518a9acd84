"""SQL holds no number that belongs to a scorecard."""

from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot import exp

from plainscore.contracts.contract import Table
from tests.transforms.worked_example import cards, house

WRITTEN = [t for t in house().written if not t.is_source]
COMPARISONS = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ, exp.Between)


@pytest.mark.parametrize("table", WRITTEN, ids=lambda table: table.name)
def test_sql_holds_no_number_or_name_of_a_scorecard(table: Table) -> None:
    assert [literal for literal in _literals(table) if literal in _scorecard_literals()] == []


@pytest.mark.parametrize("table", WRITTEN, ids=lambda table: table.name)
def test_sql_holds_no_bins(table: Table) -> None:
    assert _ladders(table.sql) == []


def test_a_ladder_of_bins_would_be_seen() -> None:
    assert _ladders("select case when x < 3 then 0 when x < 6 then 5 else 9 end as y from a.b")


def _scorecard_literals() -> set[str]:
    """Return scores, bands, codes and benefits of the packaged cards, as SQL would write them."""
    literals = set()
    for card in cards():
        literals |= {str(n) for n in (card.base, card.max_score, card.own_points_max)}
        literals |= {str(band.at_least) for band in card.bands}
        literals |= {str(benefit.min_score) for benefit in card.benefits}
        literals |= {band.name for band in card.bands}
        literals |= {rule.code for rule in card.not_scored}
        literals |= {benefit.name for benefit in card.benefits} | {card.name}
    return literals


def _literals(table: Table) -> Iterator[str]:
    """Yield the literals of a SELECT, but for the lengths of windows of time."""
    for literal in sqlglot.parse_one(table.sql, dialect="duckdb").find_all(exp.Literal):
        if not isinstance(literal.parent, exp.Interval):
            yield literal.name


def _ladders(sql: str) -> list[str]:
    """Return the CASEs that compare one column with several numbers, as bins would."""
    return [
        case.sql(dialect="duckdb")
        for case in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Case)
        if _most_steps(case) > 1
    ]


def _most_steps(case: exp.Case) -> int:
    steps: dict[str, int] = {}
    for branch in case.args["ifs"]:
        condition = branch.this
        literal = condition.find(exp.Literal)
        if isinstance(condition, COMPARISONS) and literal and not literal.is_string:
            column = condition.this.sql(dialect="duckdb")
            steps[column] = steps.get(column, 0) + 1
    return max(steps.values(), default=0)
