"""Lint of the portable subset: SQL that gives the same rows on every run and every engine.

Each rule is a function from a typed syntax tree to the texts that break it. The lint cannot see
ties in the data: a test of engine equality stands beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from plainscore.contracts.contract import Table

FUNCTIONS = (
    exp.Case, exp.If, exp.Cast, exp.Coalesce, exp.Nullif, exp.Connector, exp.Count, exp.Sum,
    exp.Min, exp.Max, exp.Least, exp.Greatest, exp.Abs, exp.Sqrt, exp.DateDiff, exp.RowNumber,
    exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.JSONExtractScalar, exp.Exists, exp.Year,
)  # fmt: skip
ORDERED_FUNCTIONS = (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead)
UNIQUE_ENDINGS = ("_id", "_key", "_no")
PARAMETERS = frozenset({"as_of_date", "known_on", "events_until"})
CAST_TYPES = ("bigint", "int", "double", "date", "timestamp", "boolean", "text", "varchar")
WIDE_TYPE = exp.DataType.build("decimal(38, 0)", dialect="duckdb")
WHOLE_TYPES = ("bigint", "int", "smallint", "tinyint", "decimal")
FLOAT_TYPES = ("double", "float")
EQUAL_TYPES = {
    "VARCHAR": ("text", "varchar"),
    "INTEGER": ("int",),
    "TIMESTAMP": ("timestamp", "timestampntz", "timestamptz"),
}
ENGINES = ("duckdb", "spark")

NestedSchema = dict[str, Any]
Rule = Callable[[exp.Query], Iterator[exp.Expr]]


def faults(table: Table, tables: Mapping[str, Table]) -> list[str]:
    """Return one sentence per place where a transform leaves the portable subset; empty is good.

    ``tables``: name -> Table of everything that it reads.
    """
    tree = parse_select(table)
    found = [
        f"{table.name}: {message}: {_shown(place)}"
        for message, rule in RULES.items()
        for place in rule(tree)
    ]
    # Only what keeps the rules of form can be resolved: a bare name has no columns.
    return found or _typed_faults(table, tables)


def parse_select(table: Table) -> exp.Query:
    """Return the parsed SELECT of a transform."""
    tree = sqlglot.parse_one(table.sql, dialect="duckdb")
    assert isinstance(tree, exp.Query), "a contract has one SELECT"
    return tree


def schema_of_inputs(table: Table, tables: Mapping[str, Table]) -> NestedSchema:
    """Return schema -> table -> column -> type of everything that ``table`` reads."""
    nested: NestedSchema = {}
    for name in sorted(table.inputs):
        columns = {column.name: column.type for column in tables[name].columns}
        nested.setdefault(tables[name].schema, {})[tables[name].short_name] = columns
    return nested


def resolve(table: Table, tables: Mapping[str, Table]) -> exp.Query:
    """Return the SELECT with ``*`` written out and every column named with its table.

    Parameters are bound as dates, as the engines bind them. Raises sqlglot's OptimizeError where
    a column cannot be found.
    """
    resolved = qualify(
        parse_select(table).transform(_as_date),
        dialect="duckdb",
        schema=schema_of_inputs(table, tables),
        quote_identifiers=False,
    )
    assert isinstance(resolved, exp.Query), "resolving names keeps a query a query"
    return resolved


def typed(resolved: exp.Query, schema: NestedSchema, dialect: str) -> exp.Query:
    """Return a copy of a resolved SELECT, every expression with its type on an engine."""
    return annotate_types(resolved.copy(), schema=schema, dialect=dialect)


def _as_date(node: exp.Expr) -> exp.Expr:
    return exp.cast(node, "date") if isinstance(node, exp.Placeholder) else node


def _typed_faults(table: Table, tables: Mapping[str, Table]) -> list[str]:
    schema = schema_of_inputs(table, tables)
    try:
        resolved = resolve(table, tables)
        trees = {engine: typed(resolved, schema, engine) for engine in ENGINES}
    except SqlglotError as error:
        return [f"{table.name}: {error}"]
    found = [
        f"{table.name}: {message}: {_shown(place)}"
        for message, rule in TYPED_RULES.items()
        for place in rule(trees["duckdb"])
    ]
    for engine, tree in trees.items():
        for column, made in zip(table.columns, tree.selects, strict=True):
            wanted = EQUAL_TYPES.get(column.type, (column.type.lower(),))
            if not made.is_type(*wanted):
                got = made.type.sql() if made.type else "unknown"
                found.append(f"{table.name}: {column.name} is {got} on {engine}: cast it")
    return found


def _unknown_functions(tree: exp.Query) -> Iterator[exp.Expr]:
    for function in tree.find_all(exp.Func):
        if not isinstance(function, FUNCTIONS):
            yield function


def _bare_sums(tree: exp.Query) -> Iterator[exp.Expr]:
    for total in tree.find_all(exp.Sum):
        outer = total.parent
        while isinstance(outer, (exp.Filter, exp.Window)):
            outer = outer.parent
        if not (isinstance(outer, exp.Cast) and outer.to.is_type("bigint", "decimal")):
            yield total


def _bare_names(tree: exp.Query) -> Iterator[exp.Expr]:
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not table.db and table.name not in ctes:
            yield table


def _stars_at_the_end(tree: exp.Query) -> Iterator[exp.Expr]:
    for select in _final_selects(tree):
        yield from (column for column in select.expressions if column.is_star)


def _final_selects(tree: exp.Expr) -> Iterator[exp.Select]:
    if isinstance(tree, exp.SetOperation):
        yield from _final_selects(tree.left)
        yield from _final_selects(tree.right)
    elif isinstance(tree, exp.Select):
        yield tree


def _odd_joins(tree: exp.Query) -> Iterator[exp.Expr]:
    for join in tree.find_all(exp.Join):
        is_cross = join.kind == "CROSS"
        is_named = is_cross or join.kind in ("INNER", "SEMI", "ANTI") or join.side
        has_condition = is_cross or join.args.get("on")
        if join.method or not is_named or not has_condition or join.args.get("using"):
            yield join


def _odd_relations(tree: exp.Query) -> Iterator[exp.Expr]:
    yield from tree.find_all(
        exp.Pivot, exp.TableSample, exp.Unnest, exp.Limit, exp.Lateral, exp.Bracket, exp.Lambda
    )


def _unordered_windows(tree: exp.Query) -> Iterator[exp.Expr]:
    for window in tree.find_all(exp.Window):
        order = window.args.get("order")
        if isinstance(window.this, ORDERED_FUNCTIONS) and not order:
            yield window


def _ties_in_windows(tree: exp.Query) -> Iterator[exp.Expr]:
    for window in tree.find_all(exp.Window):
        order = window.args.get("order")
        # rank() is made for ties: equals get equal ranks, whatever their order.
        if not order or isinstance(window.this, (exp.Rank, exp.DenseRank)):
            continue
        last = order.expressions[-1].this
        if not (isinstance(last, exp.Column) and last.name.endswith(UNIQUE_ENDINGS)):
            yield window


def _frames_without_rows(tree: exp.Query) -> Iterator[exp.Expr]:
    for window in tree.find_all(exp.Window):
        frame = window.args.get("spec")
        needs_frame = window.args.get("order") and not isinstance(window.this, ORDERED_FUNCTIONS)
        if (needs_frame and not frame) or (frame and str(frame.args.get("kind")).upper() != "ROWS"):
            yield window


def _months_and_years(tree: exp.Query) -> Iterator[exp.Expr]:
    for node in tree.find_all(exp.DateDiff, exp.Interval):
        unit = node.args.get("unit")
        if unit is None or unit.name.upper() != "DAY":
            yield node


def _times_against_days(tree: exp.Query) -> Iterator[exp.Expr]:
    for comparison in tree.find_all(exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between):
        names = [column.name for column in comparison.find_all(exp.Column)]
        if comparison.find(exp.Placeholder) and any(name.endswith("_time") for name in names):
            yield comparison


def _unknown_parameters(tree: exp.Query) -> Iterator[exp.Expr]:
    for parameter in tree.find_all(exp.Placeholder, exp.Parameter, exp.SessionParameter):
        if parameter.name not in PARAMETERS:
            yield parameter


def _odd_types(tree: exp.Query) -> Iterator[exp.Expr]:
    for cast in tree.find_all(exp.Cast):
        if not cast.to.is_type(*CAST_TYPES) and cast.to != WIDE_TYPE:
            yield cast


def _float_aggregates(tree: exp.Query) -> Iterator[exp.Expr]:
    for total in tree.find_all(exp.Sum):
        if not total.this.is_type(*WHOLE_TYPES):
            yield total


def _fractions_to_whole(tree: exp.Query) -> Iterator[exp.Expr]:
    for cast in tree.find_all(exp.Cast):
        if cast.to.is_type(*WHOLE_TYPES) and cast.this.is_type(*FLOAT_TYPES):
            yield cast


def _differences_of_times(tree: exp.Query) -> Iterator[exp.Expr]:
    for difference in tree.find_all(exp.DateDiff):
        if not (difference.this.is_type("date") and difference.expression.is_type("date")):
            yield difference


def _shown(place: exp.Expr) -> str:
    text = place.sql(dialect="duckdb").lower()
    return text if len(text) <= 80 else f"{text[:77]}..."


RULES: Mapping[str, Rule] = {
    "a function outside the portable subset": _unknown_functions,
    "sum() needs a cast to bigint or decimal(38, 0)": _bare_sums,
    "a table is written with its schema": _bare_names,
    "the final select is written out": _stars_at_the_end,
    "write inner join, left join or cross join, with on": _odd_joins,
    "no pivot, sample, unnest, limit, lateral, list or lambda": _odd_relations,
    "this window needs an order": _unordered_windows,
    "a window's order ends in a unique key": _ties_in_windows,
    "an ordered aggregate needs `rows between`": _frames_without_rows,
    "differences and intervals are in days": _months_and_years,
    "windows of time look at dates, not at times": _times_against_days,
    "only $as_of_date, $known_on and $events_until": _unknown_parameters,
    "a type that not every engine has": _odd_types,
}
TYPED_RULES: Mapping[str, Rule] = {
    "a sum of floats depends on the order of rows": _float_aggregates,
    "engines round fractions differently on their way to whole numbers": _fractions_to_whole,
    "date_diff needs two dates": _differences_of_times,
}
