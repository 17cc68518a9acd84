"""A transform in the SQL of Spark, which Sail speaks too: the one place for what differs.

sqlglot translates; what it cannot is an error. What it leaves to us:

- Tables stand in no database there, but as temporary views: ``staging.bill`` is ``staging__bill``.
- DuckDB computes a CTE once, however often it is read. Spark and Sail compute it at every place,
  and put expressions into each other until a chain such as that of scores.reason fills all memory.
  So a CTE that is read more than once is a statement of its own.
- An aggregate over a window has no ``filter``: its condition becomes a CASE.
- Sail has no ``group by all``: what is no aggregate is written out.
- A view has no parameters, so the dates stand in it as literals, on every engine.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from plainscore.contracts import SnapshotDates
from plainscore.contracts.contract import ContractError, Table
from plainscore.contracts.lineage import parse_select, write_out_groups

DIALECT = "spark"
TYPES = {
    "BIGINT": "BIGINT",
    "INTEGER": "INT",
    "DOUBLE": "DOUBLE",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "BOOLEAN": "BOOLEAN",
    "VARCHAR": "STRING",
}


def translate(table: Table, dates: SnapshotDates) -> list[tuple[str, str]]:
    """Return a transform as SELECTs for Spark and Sail; the last one makes the table.

    Each comes with the name under which later ones read its rows, see `view_name`. Raises
    ContractError where it cannot be said there.
    """
    tree = parse_select(table).transform(_as_there, dates.parameters)
    assert isinstance(tree, exp.Query), "a SELECT stays one"
    try:
        return [
            (name, query.sql(dialect=DIALECT, unsupported_level=ErrorLevel.RAISE))
            for name, query in _apart(tree, table.name)
        ]
    except SqlglotError as error:
        raise ContractError(f"{table.name} cannot be said in Spark's SQL: {error}") from error


def view_name(table_name: str) -> str:
    """Return the name that a table has there."""
    return table_name.replace(".", "__")


def columns_there(table: Table, without: frozenset[str] = frozenset()) -> str:
    """Return names and types of a table's columns as Spark writes a schema."""
    return ", ".join(
        f"`{column.name}` {TYPES[column.type]}"
        for column in table.columns
        if column.name not in without
    )


def _apart(tree: exp.Query, table_name: str) -> list[tuple[str, exp.Query]]:
    """Return the SELECTs of CTEs that are read more than once, each by its name, and the rest."""
    reads = Counter(read.name for read in tree.find_all(exp.Table))
    found: list[tuple[str, exp.Query]] = []
    within: list[exp.CTE] = []
    for cte in tree.ctes:
        if reads[cte.alias] > 1:
            name = f"{table_name}.{cte.alias}"
            found.append((name, _with(cte.this, within)))
            for read in list(tree.find_all(exp.Table)):
                if read.name == cte.alias:
                    read.replace(_view(name, read.alias_or_name))
        else:
            within.append(cte)
    return [*found, (table_name, _with(tree, within))]


def _with(query: exp.Query, ctes: list[exp.CTE]) -> exp.Query:
    """Return a copy of a query that has these CTEs and no others, as far as it needs them."""
    alone = query.copy()
    alone.set("with_", None)
    needed: list[exp.CTE] = []
    for cte in reversed(ctes):
        if any(cte.alias in {t.name for t in one.find_all(exp.Table)} for one in [alone, *needed]):
            needed.insert(0, cte.copy())
    if needed:
        alone.set("with_", exp.With(expressions=needed))
    return alone


def _view(table_name: str, alias: str) -> exp.Expr:
    return exp.alias_(exp.to_table(view_name(table_name)), alias, table=True)


def _as_there(node: exp.Expr, dates: Mapping[str, date]) -> exp.Expr:
    match node:
        case exp.Placeholder():
            return exp.cast(exp.Literal.string(str(dates[node.name])), "date")
        case exp.Table() if node.db:
            return _view(f"{node.db}.{node.name}", node.alias_or_name)
        case exp.Select():
            write_out_groups(node)
        case exp.Window() if isinstance(node.this, exp.Filter):
            node.set("this", _as_case(node.this))
    return node


def _as_case(filtered: exp.Filter) -> exp.Expr:
    """Return ``sum(x) filter (where y)`` as ``sum(case when y then x end)``."""
    counted: exp.Expr = filtered.this
    condition = filtered.expression.this
    value = exp.Literal.number(1) if isinstance(counted.this, exp.Star) else counted.this
    counted.set("this", exp.Case().when(condition, value))
    return counted
