"""All tables in the order in which they can be built, read from the files themselves.

The path names a table, its SELECT names its inputs, its contract names the rest. Before any event
is touched, `rehearse` runs everything on empty tables; hashes say what a snapshot was made by.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

import duckdb

from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.toml import read_utf8
from plainscore.contracts.contract import (
    Column,
    ContractError,
    Glossary,
    Table,
    method_glossary,
    method_tables,
)
from plainscore.scorecards.card import Measures, Scorecard, measures_among
from plainscore.scorecards.compile import compile_scorecards

# Part of no snapshot: they compare two, say what became of people, and how far two have drifted.
COMPARING, EVALUATING, DRIFTING = "changes", "outcomes", "drift"
APART = frozenset({COMPARING, EVALUATING, DRIFTING})
# What is counted about a snapshot as a whole, and what Python fills from those counts: logarithms,
# intervals and draws. Both are made in one stage.
AUDITS, STATISTICS = "audits", "statistics"
SCHEMAS = (
    "events", "reference", "raw", "staging", "features", "scores", AUDITS, STATISTICS,
    "published", COMPARING, EVALUATING, DRIFTING,
)  # fmt: skip
SOURCES = ("events", "reference")
# Before it, a card decides no more than which features there are and who can be scored.
WHOLE_CARDS_FROM = "scores"
Group = Literal["snapshot", "changes", "outcomes", "drift"]
GROUPS: Mapping[str, tuple[str, ...]] = {
    "changes": (COMPARING,),
    "outcomes": ("events", "reference", "raw", "staging", EVALUATING),
    "drift": (DRIFTING,),
}
"""The schemas that are built outside a snapshot, with those that they are read from."""
ANY_DAY = date(2026, 1, 31)
_PARAMETER = re.compile(r"\$\w+")


class Catalog:
    """The tables of a method, those that scorecards decide included.

    ``written`` have a file of their own; ``compiled`` are what the cards decide. Reading their
    inputs takes most of the time, so that is left until someone asks for ``tables``.
    """

    def __init__(
        self,
        written: Sequence[Table],
        glossary: Glossary,
        compiled: Sequence[Table] = (),
        method: Method = STANDARD_METHOD,
    ):
        self.glossary, self.method = glossary, method
        self.written = tuple(written)
        own = {table.name for table in written}
        self.compiled = tuple(table for table in compiled if table.name not in own)

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Name -> table, inputs before outputs, schema by schema.

        Raises ContractError where a SELECT reads a table that nothing makes, reads from a later
        schema, or where tables feed each other in a circle.
        """
        return _ordered(
            {
                table.name: table if table.is_source else replace(table, inputs=tables_read(table))
                for table in (*self.written, *self.compiled)
            }
        )

    @cached_property
    def schemas(self) -> list[str]:
        """All schemas in build order: those of `SCHEMAS`, and a method's own where they fit."""
        there = {table.schema for table in (*self.written, *self.compiled)}
        if there <= set(SCHEMAS):
            return [schema for schema in SCHEMAS if schema in there]
        return list(dict.fromkeys(table.schema for table in self.tables.values()))

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def of_schema(self, schema: str) -> list[Table]:
        """Return the tables of one schema in build order."""
        return [table for table in self.tables.values() if table.schema == schema]

    def schemas_upto(self, last: str) -> list[str]:
        """Return the schemas with transforms, in build order, up to and including ``last``."""
        built = {table.schema for table in self.tables.values() if not table.is_source}
        return [
            schema for schema in self.schemas[: self.schemas.index(last) + 1] if schema in built
        ]

    def upstream(self, name: str) -> frozenset[str]:
        """Return a table and all that it is made of, down to the sources."""
        needed = {name}
        for table in reversed(self.tables.values()):
            needed |= table.inputs if table.name in needed else set()
        return frozenset(needed)

    @cached_property
    def measures(self) -> Measures:
        """What a card can name."""
        return measures_among(self.written)

    def feature_column(self, feature: str) -> Column:
        """Return the column of a feature; KeyError where no table has it."""
        return self.measures.column(feature)


def load_catalog(
    cards: Sequence[Scorecard] = (),
    group: Group = "snapshot",
    method: Method = STANDARD_METHOD,
) -> Catalog:
    """Return the tables of a run with these scorecards, champion first, or of another group.

    ``group``: ``changes``, ``outcomes`` and ``drift`` are built outside a snapshot, whatever its
    scorecards. Raises ContractError or UsageError where files and cards do not fit each other.
    """
    glossary = method_glossary(method)
    if group != "snapshot":
        return Catalog(method_tables(method, GROUPS[group], glossary), glossary, method=method)
    written = method_tables(method, (*SCHEMAS, *_own_schemas(method)), glossary)
    return Catalog(written, glossary, compile_scorecards(cards, written, glossary), method)


def _own_schemas(method: Method) -> list[str]:
    """Return the folders of transforms/ beyond `SCHEMAS` whose SQL opens with a contract."""
    files = method.files("transforms", ".sql").items()
    folders = [(name.split("/")[0], path) for name, path in files if name.count("/") == 1]
    other = [(folder, path) for folder, path in folders if folder not in SCHEMAS]
    texts = [(folder, read_utf8(path, ContractError)) for folder, path in other]
    return sorted({folder for folder, text in texts if text.startswith("/*\ntitle")})


@cache
def tables_read(table: Table) -> frozenset[str]:
    """Return the schema-qualified tables that ``table.sql`` reads; a bare name is a CTE."""
    try:
        with _database().cursor() as con:
            found = con.get_table_names(_PARAMETER.sub("null", table.sql), qualified=True)
        names = {name.partition(" AS ")[0].replace('"', "") for name in found}
    except duckdb.Error:  # DuckDB cannot name the tables of every SELECT, such as UNPIVOT
        names = _names_parsed(table)
    if bare := sorted(name for name in names if "." not in name):
        raise ContractError(f"{table.name}: '{bare[0]}' is no CTE; write schema.table")
    return frozenset(names)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})  # it only parses


def _names_parsed(table: Table) -> set[str]:
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(table.sql, dialect="duckdb")
    except sqlglot.errors.ParseError as error:
        raise ContractError(f"{table.name}: {error}") from error
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    read = [(node.db, node.name) for node in tree.find_all(exp.Table)]
    return {f"{db}.{name}" if db else name for db, name in read if db or name not in ctes}


def _ordered(by_name: dict[str, Table]) -> dict[str, Table]:
    _refuse_missing(by_name)
    graph = {name: sorted(by_name[name].inputs) for name in sorted(by_name)}
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ContractError(f"tables feed each other: {' <- '.join(error.args[1])}") from error
    rank = _ranks(by_name[name] for name in order)
    for table in by_name.values():
        for name in sorted(table.inputs):
            if rank[by_name[name].schema] > rank[table.schema]:
                raise ContractError(f"{table.name} reads {name}, which is made later")
    # Stages run one after the other, so a table is placed with its schema.
    return {name: by_name[name] for name in sorted(order, key=lambda n: rank[by_name[n].schema])}


def _refuse_missing(by_name: Mapping[str, Table]) -> None:
    """Raise ContractError where a table reads what nothing makes, naming all that depends on it."""
    missing = {name for table in by_name.values() for name in table.inputs} - set(by_name)
    if not missing:
        return
    lost, dependent = set(missing), [""]
    while dependent:
        dependent = [t.name for t in by_name.values() if t.name not in lost and t.inputs & lost]
        lost.update(dependent)
    reader = min(t.name for t in by_name.values() if t.inputs & missing)
    read = min(by_name[reader].inputs & missing)
    also = ", ".join(sorted(lost - missing))
    raise ContractError(
        f"{reader} reads {read}, which nothing makes: add it, or exclude what depends on it, "
        f"too: {also}"
    )


def _ranks(tables: Iterable[Table]) -> dict[str, tuple[int, int, str]]:
    """Return the place of each schema; one of a method's own comes after all that it reads."""
    rank = {schema: (place, 0, "") for place, schema in enumerate(SCHEMAS)}
    for table in tables:
        if table.schema not in SCHEMAS:
            read = [rank[name.partition(".")[0]] for name in table.inputs]
            read = [one for one in read if one[2] != table.schema] or [(0, 0, "")]
            place, depth, _ = max(read)
            least = (place, depth + 1, table.schema)
            rank[table.schema] = max(rank.get(table.schema, least), least)
    return rank


def rehearsed_catalog(
    cards: Sequence[Scorecard],
    method: Method = STANDARD_METHOD,
    queries: Callable[[Catalog], Mapping[str, str]] | None = None,
) -> Catalog:
    """Return the catalog of a run with these scorecards; everything in it ran on empty tables.

    So did ``queries``, if given: name -> SQL over the tables of the catalog.

    Raises what `load_catalog` and ``Catalog.tables`` do, and ContractError where SQL and contracts
    disagree: whatever a run would refuse before it reads an event.
    """
    catalog = load_catalog(cards, method=method)
    if faults := rehearse(catalog, queries(catalog) if queries else {}):
        raise ContractError("the rehearsal on empty tables failed:\n" + "\n".join(faults))
    return catalog


def rehearse(catalog: Catalog, queries: Mapping[str, str] | None = None) -> list[str]:
    """Return one sentence for every place where SQL and contract disagree; empty is good.

    And one for each of the ``queries`` (name -> SQL) that cannot run on the tables.
    """
    faults: list[str] = []
    with duckdb.connect() as con:
        for schema in catalog.schemas:
            con.execute(f"create schema {schema}")
        for table in catalog.tables.values():
            if not table.is_source:
                faults += _disagreements(con, table)
            con.execute(table.ddl)
        for name, sql in (queries or {}).items():
            try:
                _described(con, sql)
            except duckdb.Error as error:
                faults.append(f"{name}: {error}")
    return faults


def _disagreements(con: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    try:
        rows = _described(con, table.sql)
    except duckdb.Error as error:
        return [f"{table.name}: {error}"]
    return disagreements(table, [(row[0], row[1]) for row in rows])


def _described(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    parameters = con.extract_statements(f"describe {sql}")[0].named_parameters
    return con.execute(f"describe {sql}", dict.fromkeys(parameters, ANY_DAY)).fetchall()


def disagreements(table: Table, made: Sequence[tuple[str, str]]) -> list[str]:
    """Return a sentence for each column (name, type) that SQL makes and the contract has not."""
    declared = table.names_and_types
    if len(declared) != len(made):
        return [f"{table.name}: contract has {len(declared)} columns, SQL makes {len(made)}"]
    return [
        f"{table.name}: contract says {' '.join(said)}, SQL makes {' '.join(got)}"
        for said, got in zip(declared, made, strict=True)
        if said != got
    ]


def catalog_hash(catalog: Catalog) -> str:
    """Return SHA-256 (hex) over every contract and SELECT of a snapshot, scorecards compiled in.

    A changed comment in SQL counts as a change; layout of contracts does not. What looks at
    snapshots from outside is part of none: see `hash_of_schema`.
    """
    return _hash_of(catalog, [n for n in catalog.tables if catalog[n].schema not in APART])


def hash_of_schema(catalog: Catalog, schema: str) -> str:
    """Return SHA-256 (hex) over every contract and SELECT of one schema."""
    return _hash_of(catalog, [table.name for table in catalog.of_schema(schema)])


def _hash_of(catalog: Catalog, names: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(_json(vars(catalog[name]) | {"inputs": sorted(catalog[name].inputs)}))
    return digest.hexdigest()


@dataclass(frozen=True)
class StageHash:
    """What decides a stage beside its input: hand-written tables, and scorecards (or None)."""

    code: str
    scorecards: str | None


def stage_hashes(
    catalog: Catalog, cards: Sequence[Scorecard], own_code: Mapping[str, str]
) -> dict[str, StageHash]:
    """Return stage -> hashes over its own tables and those of every stage before it.

    ``own_code``: stage -> hash of the code that fills its tables where no SQL does.

    A stage reads itself and earlier stages only: so the first stage whose hash differs is the
    one that was changed, and all later ones differ with it.
    """
    code, decided = hashlib.sha256(), hashlib.sha256()
    is_decided = False
    hashes = {}
    for schema in (schema for schema in catalog.schemas if schema not in APART):
        code.update(_text_of(catalog.written, schema) + own_code.get(schema, "").encode())
        compiled = _text_of(catalog.compiled, schema)
        decided.update(compiled)
        if schema == WHOLE_CARDS_FROM:
            decided.update(_json([card.hash for card in cards]))
        is_decided = is_decided or bool(compiled) or schema == WHOLE_CARDS_FROM
        if schema not in SOURCES:
            by_cards = decided.hexdigest() if is_decided else None
            hashes[schema] = StageHash(code.hexdigest(), by_cards)
    return hashes


def _text_of(tables: Iterable[Table], schema: str) -> bytes:
    of_schema = sorted((t for t in tables if t.schema == schema), key=lambda table: table.name)
    return b"".join(_json(vars(table) | {"inputs": None}) for table in of_schema)


def _json(value: Any) -> bytes:
    # vars: of columns and checks, without the copies that dataclasses.asdict makes
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=vars).encode()
