"""All tables in the order in which they can be built, read from the files themselves.

The path names a table, its SELECT names its inputs, its contract names the rest.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import sqlglot
from sqlglot import exp

from plainscore.common.standard import standard_folder
from plainscore.contracts.contract import ContractError, Glossary, Table, read_table

HERE = standard_folder("transforms")
# The tables of this schema compare two snapshots: they are part of neither.
COMPARING = "changes"
# Nor are those that tell what became of the people of a snapshot.
EVALUATING = "outcomes"
# Nor those that tell how far two snapshots have drifted.
DRIFTING = "drift"
APART = frozenset({COMPARING, EVALUATING, DRIFTING})
# What is counted about a snapshot as a whole, and what Python fills from those counts: logarithms,
# intervals and draws. Both are made in one stage.
AUDITS, STATISTICS = "audits", "statistics"
SCHEMAS = (
    "events", "reference", "raw", "staging", "features", "scores", AUDITS, STATISTICS,
    "published", COMPARING, EVALUATING, DRIFTING,
)  # fmt: skip


class Catalog:
    """The tables of a house: ``tables`` maps name -> Table, inputs before outputs.

    Raises ContractError where a SELECT reads a table that nothing makes, reads from a later
    schema, or where tables feed each other in a circle.
    """

    def __init__(self, tables: Sequence[Table], glossary: Glossary):
        self.glossary = glossary
        self.tables = _ordered({table.name: _with_inputs(table) for table in tables})

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def of_schema(self, schema: str) -> list[Table]:
        """Return the tables of one schema in build order."""
        return [table for table in self.tables.values() if table.schema == schema]

    def schemas_upto(self, last: str) -> list[str]:
        """Return the schemas with transforms, in build order, up to and including ``last``."""
        built = {table.schema for table in self.tables.values() if not table.is_source}
        return [schema for schema in SCHEMAS[: SCHEMAS.index(last) + 1] if schema in built]


def tables_on_file(root: Path, glossary: Glossary, schemas: Sequence[str] = SCHEMAS) -> list[Table]:
    """Return every table of some schemas that has a file of its own under ``root``."""
    paths = [
        path
        for schema in schemas
        for path in sorted((root / schema).glob("*"))
        if path.suffix in (".sql", ".toml")
    ]
    return [read_table(path, glossary) for path in paths]


def tables_read(table: Table) -> frozenset[str]:
    """Return the schema-qualified tables that ``table.sql`` reads; a bare name is a CTE."""
    try:
        with_schema, without = _names_read(table.sql)
    except sqlglot.errors.ParseError as error:
        raise ContractError(f"{table.name}: {error}") from error
    if without:
        raise ContractError(f"{table.name}: '{min(without)}' is no CTE; write schema.table")
    return with_schema


@cache
def _names_read(sql: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the tables read with a schema, and those without one that are no CTE either."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    nodes = list(tree.find_all(exp.Table))
    bare = {node.name for node in nodes if not node.db}
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(f"{node.db}.{node.name}" for node in nodes if node.db), frozenset(bare - ctes)


def _with_inputs(table: Table) -> Table:
    return table if table.is_source else replace(table, inputs=tables_read(table))


def _ordered(by_name: dict[str, Table]) -> dict[str, Table]:
    rank = {schema: place for place, schema in enumerate(SCHEMAS)}
    for table in by_name.values():
        for name in sorted(table.inputs):
            if name not in by_name:
                raise ContractError(f"{table.name} reads {name}, which nothing makes")
            if rank[by_name[name].schema] > rank[table.schema]:
                raise ContractError(f"{table.name} reads {name}, which is made later")
    graph = {name: sorted(by_name[name].inputs) for name in sorted(by_name)}
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ContractError(f"tables feed each other: {' <- '.join(error.args[1])}") from error
    # Stages run one after the other, so a table stands with its schema.
    return {name: by_name[name] for name in sorted(order, key=lambda n: rank[by_name[n].schema])}
