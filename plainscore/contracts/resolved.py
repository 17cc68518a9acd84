"""A SELECT with its names resolved: each column belongs to a table, and has a type."""

from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from plainscore.contracts.contract import Table

NestedSchema = dict[str, Any]


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
