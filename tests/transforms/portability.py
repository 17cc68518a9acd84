"""Lint of the portable subset: SQL that gives the same rows on every run and every engine.

The lint cannot see ties in the data: a test compares the engines too.
"""

from collections.abc import Callable, Mapping

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types

from plainscore.contracts.contract import Table
from plainscore.contracts.lineage import parse_select, resolve, schema_of_inputs

FUNCTIONS = (
    exp.Case, exp.If, exp.Cast, exp.Coalesce, exp.Nullif, exp.Connector, exp.Count, exp.Sum,
    exp.Min, exp.Max, exp.Least, exp.Greatest, exp.Abs, exp.Sqrt, exp.DateDiff, exp.RowNumber,
    exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.JSONExtractScalar, exp.Exists, exp.Year,
)  # fmt: skip
ORDERED_FUNCTIONS = (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead)
ODD_RELATIONS = (
    exp.Pivot, exp.TableSample, exp.Unnest, exp.Limit, exp.Lateral, exp.Bracket, exp.Lambda,
)  # fmt: skip
COMPARISONS = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
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

Rule = tuple[tuple[type[exp.Expr], ...], Callable[[exp.Expr], bool]]
"""Nodes of a syntax tree, and whether one of them breaks the rule."""


def faults(table: Table, tables: Mapping[str, Table]) -> list[str]:
    """Return one sentence per place where a transform leaves the portable subset; empty is good.

    ``tables``: name -> Table of everything that it reads.
    """
    tree = parse_select(table)
    found = _broken(table, RULES, tree)
    # Only what keeps the rules of form can be resolved: a bare name has no columns.
    return found or _typed_faults(table, tables)


def _broken(table: Table, rules: Mapping[str, Rule], tree: exp.Query) -> list[str]:
    return [
        f"{table.name}: {message}: {_shown(place)}"
        for message, (nodes, is_fault) in rules.items()
        for place in tree.find_all(*nodes)
        if is_fault(place)
    ]


def _typed_faults(table: Table, tables: Mapping[str, Table]) -> list[str]:
    schema = schema_of_inputs(table, tables)
    try:
        resolved = resolve(table, tables)
        trees = {
            engine: annotate_types(resolved.copy(), schema=schema, dialect=engine)
            for engine in ENGINES
        }
    except SqlglotError as error:
        return [f"{table.name}: {error}"]
    found = _broken(table, TYPED_RULES, trees["duckdb"])
    for engine, tree in trees.items():
        for column, made in zip(table.columns, tree.selects, strict=True):
            wanted = EQUAL_TYPES.get(column.type, (column.type.lower(),))
            if not made.is_type(*wanted):
                got = made.type.sql() if made.type else "unknown"
                found.append(f"{table.name}: {column.name} is {got} on {engine}: cast it")
    return found


def _shown(place: exp.Expr) -> str:
    text = place.sql(dialect="duckdb").lower()
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_bare_sum(total: exp.Expr) -> bool:
    outer = total.parent
    while isinstance(outer, (exp.Filter, exp.Window)):
        outer = outer.parent
    return not (isinstance(outer, exp.Cast) and outer.to.is_type("bigint", "decimal"))


def _is_bare_name(table: exp.Expr) -> bool:
    ctes = {cte.alias for cte in table.root().find_all(exp.CTE)}
    return not table.args.get("db") and table.name not in ctes


def _is_star_at_the_end(column: exp.Expr) -> bool:
    select = column.parent
    outer = select.parent if isinstance(select, exp.Select) and column.is_star else column
    while isinstance(outer, exp.SetOperation):
        outer = outer.parent
    return outer is None


def _is_odd_join(join: exp.Expr) -> bool:
    if join.args.get("method") or join.args.get("using"):
        return True
    is_named = join.args.get("kind") in ("INNER", "SEMI", "ANTI") or join.args.get("side")
    return join.args.get("kind") != "CROSS" and not (is_named and join.args.get("on"))


def _is_unordered(window: exp.Expr) -> bool:
    return isinstance(window.this, ORDERED_FUNCTIONS) and not window.args.get("order")


def _has_ties(window: exp.Expr) -> bool:
    order = window.args.get("order")
    # rank() is made for ties: equals get equal ranks, whatever their order.
    if not order or isinstance(window.this, (exp.Rank, exp.DenseRank)):
        return False
    last = order.expressions[-1].this
    return not (isinstance(last, exp.Column) and last.name.endswith(UNIQUE_ENDINGS))


def _is_without_rows(window: exp.Expr) -> bool:
    frame = window.args.get("spec")
    if frame:
        return str(frame.args.get("kind")).upper() != "ROWS"
    return bool(window.args.get("order")) and not isinstance(window.this, ORDERED_FUNCTIONS)


def _is_not_in_days(node: exp.Expr) -> bool:
    unit = node.args.get("unit")
    return unit is None or unit.name.upper() != "DAY"


def _is_time_against_day(comparison: exp.Expr) -> bool:
    names = [column.name for column in comparison.find_all(exp.Column)]
    has_day = comparison.find(exp.Placeholder) is not None
    return has_day and any(name.endswith("_time") for name in names)


def _is_fraction_to_whole(cast: exp.Expr) -> bool:
    return bool(cast.args["to"].is_type(*WHOLE_TYPES) and cast.this.is_type(*FLOAT_TYPES))


def _always(_: exp.Expr) -> bool:
    return True


RULES: Mapping[str, Rule] = {
    "a function outside the portable subset": (
        (exp.Func,), lambda function: not isinstance(function, FUNCTIONS)
    ),
    "sum() needs a cast to bigint or decimal(38, 0)": ((exp.Sum,), _is_bare_sum),
    "a table is written with its schema": ((exp.Table,), _is_bare_name),
    "the final select is written out": ((exp.Star, exp.Column), _is_star_at_the_end),
    "write inner join, left join or cross join, with on": ((exp.Join,), _is_odd_join),
    "no pivot, sample, unnest, limit, lateral, list or lambda": (ODD_RELATIONS, _always),
    "this window needs an order": ((exp.Window,), _is_unordered),
    "a window's order ends in a unique key": ((exp.Window,), _has_ties),
    "an ordered aggregate needs `rows between`": ((exp.Window,), _is_without_rows),
    "differences and intervals are in days": ((exp.DateDiff, exp.Interval), _is_not_in_days),
    "windows of time look at dates, not at times": (COMPARISONS, _is_time_against_day),
    "only $as_of_date, $known_on and $events_until": (
        (exp.Placeholder, exp.Parameter, exp.SessionParameter),
        lambda parameter: parameter.name not in PARAMETERS,
    ),
    "a type that not every engine has": (
        (exp.Cast,), lambda cast: not cast.args["to"].is_type(*CAST_TYPES, WIDE_TYPE)
    ),
}  # fmt: skip
TYPED_RULES: Mapping[str, Rule] = {
    "a sum of floats depends on the order of rows": (
        (exp.Sum,), lambda total: not total.this.is_type(*WHOLE_TYPES)
    ),
    "engines round fractions differently on their way to whole numbers": (
        (exp.Cast,), _is_fraction_to_whole
    ),
    "date_diff needs two dates": (
        (exp.DateDiff,),
        lambda days: not (days.this.is_type("date") and days.expression.is_type("date")),
    ),
}  # fmt: skip
