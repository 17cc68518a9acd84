"""Where a column comes from: from a score down to the columns of the logs.

A column comes from every column that its expression names. An aggregate or a window also comes
from the columns that decide which rows it sees (``where``, ``qualify``, ``having``) and how they
are grouped. Keys, which only say whose row it is, and conditions of joins are left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, walk_in_scope

from plainscore.common.errors import UsageError
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Column, Table

ROW_DECIDERS = ("where", "qualify", "having")

NestedSchema = dict[str, Any]


@dataclass(frozen=True)
class ColumnName:
    """A column of a table of the catalog; prints as ``schema.table.column``."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


Sources = tuple[ColumnName, ...]


@dataclass(frozen=True)
class Lineage:
    """A column and the columns it is made from, themselves with theirs; a log column has none."""

    name: ColumnName
    declared: Column
    sources: tuple["Lineage", ...]

    def each_once(self) -> Iterator["Lineage"]:
        """Yield this and every column below it, depth first, each once."""
        seen: set[ColumnName] = set()
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.name not in seen:
                seen.add(node.name)
                yield node
                waiting += reversed(node.sources)

    @property
    def log_columns(self) -> list[str]:
        """The columns of the logs that this one goes back to, sorted."""
        return sorted(str(n.name) for n in self.each_once() if n.name.table.startswith("events."))


class Lineages:
    """The lineages of one catalog: every column is traced once, every SELECT resolved once."""

    def __init__(self, catalog: Catalog):
        self._catalog = catalog
        self._known = {
            f"{prefix}.{declared.name}": ColumnName(table.name, declared.name)
            for table in catalog.tables.values()
            for prefix in (table.short_name, table.name)
            for declared in table.columns
        }
        self._trace = cache(self._traced)
        self._scope = cache(self._scope_of)
        # Without it, a column that several CTEs pass on would be traced once per path.
        self._of = cache(lambda *asked: tuple(dict.fromkeys(self._found(*asked))))

    def of(self, column: str) -> Lineage:
        """Return the lineage of ``schema.table.column`` or ``table.column``.

        Of several tables with one short name, the one made last is meant: what is published,
        where it is. Raises UsageError, with near names, where there is no such column.
        """
        if column in self._known:
            return self._trace(self._known[column])
        near = get_close_matches(column, self._known, n=4, cutoff=0.6)
        if near:
            raise UsageError(f"no column '{column}'; did you mean {', '.join(near)}?")
        raise UsageError(
            f"no column '{column}'; columns are written table.column, as in score.score: "
            "see `plainscore dictionary`"
        )

    def _traced(self, name: ColumnName) -> Lineage:
        table = self._catalog[name.table]
        below: Iterable[Lineage] = ()
        if not table.is_source:
            position = [declared.name for declared in table.columns].index(name.column)
            below = map(self._trace, self._of(self._scope(table), position, table.key))
        return Lineage(name, table.column(name.column), tuple(below))

    def _scope_of(self, table: Table) -> Scope:
        scope = build_scope(resolve(table, self._catalog.tables))
        assert scope is not None, "every SELECT has a scope"
        return scope

    def _found(self, scope: Scope, position: int, key: tuple[str, ...]) -> Iterator[ColumnName]:
        if scope.set_operation_scopes:
            for part in scope.set_operation_scopes:
                yield from self._of(part, position, key)
            return
        select = _query_of(scope)
        output = select.selects[position]
        found = list(self._behind(scope, output, key))
        if output.find(exp.AggFunc, exp.Window):
            found += self._deciders(scope, key)
            found = found or list(self._behind(scope, select.args.get("group"), key))
        yield from found

    def _deciders(self, scope: Scope, key: tuple[str, ...]) -> Iterator[ColumnName]:
        """Yield the columns that decide which rows a SELECT sees, those of its CTEs included."""
        for clause in ROW_DECIDERS:
            yield from self._behind(scope, scope.expression.args.get(clause), key)
        groups = scope.expression.args.get("group")
        for column in groups.expressions if groups else ():
            if column.name not in key:
                yield from self._behind(scope, column, key)
        inner = [source for _, source in scope.selected_sources.values()]
        for source in (*scope.set_operation_scopes, *inner):
            if isinstance(source, Scope):
                yield from self._deciders(source, key)

    def _behind(
        self, scope: Scope, part: exp.Expr | None, key: tuple[str, ...]
    ) -> Iterator[ColumnName]:
        for column in walk_in_scope(part) if part is not None else ():
            if not isinstance(column, exp.Column) or _asks_which_card(column):
                continue
            source = scope.sources[column.table]
            if isinstance(source, Scope) and isinstance(source.expression, exp.Values):
                continue  # constants
            if isinstance(source, Scope):
                position = _query_of(source).named_selects.index(column.name)
                yield from self._of(source, position, key)
            else:
                yield ColumnName(f"{source.db}.{source.name}", column.name)


def lineage(catalog: Catalog, column: str) -> Lineage:
    """Return the lineage of one column; see Lineages.of."""
    return Lineages(catalog).of(column)


def _asks_which_card(column: exp.Column) -> bool:
    """Whether a CASE only finds the card with a column: a key, which says whose points they are."""
    return column.name == "scorecard" and isinstance(column.parent, exp.Case)


def _query_of(scope: Scope) -> exp.Query:
    assert isinstance(scope.expression, exp.Query), "a scope is made of a SELECT"
    return scope.expression


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
        parse_select(table).transform(_as_bound),
        dialect="duckdb",
        schema=schema_of_inputs(table, tables),
        quote_identifiers=False,
    )
    assert isinstance(resolved, exp.Query), "resolving names keeps a query a query"
    return resolved


def _as_bound(node: exp.Expr) -> exp.Expr:
    write_out_groups(node)
    return exp.cast(node, "date") if isinstance(node, exp.Placeholder) else node


def write_out_groups(node: exp.Expr) -> None:
    """Replace ``group by all`` of a SELECT by what is no aggregate."""
    if isinstance(node, exp.Select) and (group := node.args.get("group")) and group.args.get("all"):
        values = [column.unalias() for column in node.expressions]
        plain = [value.copy() for value in values if not value.find(exp.AggFunc)]
        node.set("group", exp.Group(expressions=plain))
