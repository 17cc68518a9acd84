"""Run one worked example: fill the given tables, make the table, compare row by row."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb

from plainscore.contracts.catalog import SCHEMAS, Catalog, load_catalog
from plainscore.contracts.contract import Table
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.scorecards.reference import reference_rows
from tests.transforms.filling import filled
from tests.transforms.values import Days, Value, read_value, shown

Row = tuple[Value, ...]
BLOCK = re.compile(r"^(given|then) (\S+)\n\n((?:\|.*\n?)+)", re.MULTILINE)
SETTING = r"^{}: (\d{{4}}-\d{{2}}-\d{{2}})$"


@dataclass(frozen=True)
class WorkedExample:
    """The text of one example; ``table_name`` is the transform that the file is named after."""

    table_name: str
    title: str
    body: str
    as_of_date: date


@dataclass(frozen=True)
class Block:
    """One Markdown table of an example, cells still as text."""

    verb: str
    table_name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@cache
def cards() -> tuple[Scorecard, ...]:
    """The two packaged scorecards."""
    return read_scorecards(("standard", "reported_b"))


@cache
def house() -> Catalog:
    """The catalog that they give."""
    return load_catalog(cards())


def as_of_date_of(head: str) -> date:
    """Return the day that the head of a file sets for all its examples."""
    found = re.search(SETTING.format("as_of_date"), head, re.MULTILINE)
    assert found, "the head of a file of examples has a line 'as_of_date: YYYY-MM-DD'"
    return date.fromisoformat(found[1])


def disagreements(example: WorkedExample) -> list[str]:
    """Return what is wrong, one sentence each; the rows are given forwards and backwards."""
    table = house()[example.table_name]
    days = Days(
        example.as_of_date, _setting("known_on", example), _setting("events_until", example)
    )
    given, wanted = _blocks_of(example, table)
    want = Counter(
        tuple(
            read_value(cell, table.column(column).type, days)
            for column, cell in zip(wanted.columns, row, strict=True)
        )
        for row in wanted.rows
    )
    found = []
    for order in ("as written", "backwards"):
        made, broken = _run(table, given, wanted.columns, days, is_reversed=order == "backwards")
        found += broken
        found += [f"made but not wanted ({order}): {shown(row)}" for row in made - want]
        found += [f"wanted but not made ({order}): {shown(row)}" for row in want - made]
    return found


def _setting(name: str, example: WorkedExample) -> date:
    found = re.search(SETTING.format(name), example.body, re.MULTILINE)
    return date.fromisoformat(found[1]) if found else example.as_of_date


def _blocks_of(example: WorkedExample, table: Table) -> tuple[list[Block], Block]:
    blocks = [_block(*found) for found in BLOCK.findall(example.body)]
    *given, wanted = blocks
    assert len(blocks) == len(re.findall(r"^(?:given|then) ", example.body, re.MULTILINE)), (
        "after 'given <table>' or 'then <table>' come an empty line and a Markdown table"
    )
    assert [block.verb for block in blocks] == ["given"] * len(given) + ["then"]
    assert wanted.table_name == table.name, f"the file is about {table.name}"
    for block in given:
        assert block.table_name in table.inputs, f"{table.name} does not read {block.table_name}"
    return given, wanted


def _block(verb: str, table_name: str, text: str) -> Block:
    lines = [
        tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        for line in text.splitlines()
    ]
    return Block(verb, table_name, lines[0], tuple(lines[2:]))


def _run(
    table: Table, given: list[Block], columns: tuple[str, ...], days: Days, *, is_reversed: bool
) -> tuple[Counter[Row], list[str]]:
    """Return the rows that the transform makes, and the promises of its contract they break."""
    con = _database()
    con.execute("begin")
    try:
        for name in sorted(table.inputs):
            con.execute(house()[name].ddl)
            rows = _given_rows(name, given, days)
            insert(con, house()[name], rows[::-1] if is_reversed else rows)
        statement = f"create table {table.name} as {table.sql}"
        names = con.extract_statements(statement)[0].named_parameters
        con.execute(statement, {name: days.parameters[name] for name in names})
        made = con.execute(f"select {', '.join(columns)} from {table.name}").fetchall()
        return Counter(made), _broken_promises(con, table)
    finally:
        con.execute("rollback")


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One database for all examples: each begins, and is rolled back."""
    con = duckdb.connect(config={"threads": 1})
    for schema in SCHEMAS:
        con.execute(f"create schema {schema}")
    return con


def _given_rows(name: str, given: list[Block], days: Days) -> list[Row]:
    table = house()[name]
    rows: list[Row] = []
    blocks = [block for block in given if block.table_name == name]
    if not blocks and table.schema == "reference":
        return _reference_rows()[name]
    for block in blocks:
        for cells in block.rows:
            assert len(cells) == len(block.columns), f"{name}: {cells} has another width"
            values = {
                column: read_value(cell, table.column(column).type, days)
                for column, cell in zip(block.columns, cells, strict=True)
            }
            rows.append(filled(table, values, len(rows) + 1, days))
    return rows


@cache
def _reference_rows() -> dict[str, list[Row]]:
    return {
        name: list(rows) for name, rows in reference_rows(cards(), house().feature_column).items()
    }


def insert(con: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert whole rows into a table."""
    if rows:
        marks = f"({', '.join('?' for _ in rows[0])})"
        values = [value for row in rows for value in row]
        con.execute(f"insert into {table.name} values {', '.join([marks] * len(rows))}", values)


def _broken_promises(con: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """Return the checks and bounds of the contract that the made rows break."""
    laws = {check.name: check.sql.format(batch=table.name) for check in table.checks}
    for column in table.columns:
        tests = [] if column.nullable else [f"{column.name} is null"]
        tests += [f"{column.name} < {column.minimum}"] if column.minimum is not None else []
        tests += [f"{column.name} > {column.maximum}"] if column.maximum is not None else []
        for test in tests:
            laws[test] = f"select * from {table.name} where {test}"
    questions = " union all ".join(
        f"select {number} where exists ({sql})" for number, sql in enumerate(laws.values())
    )
    names = list(laws)
    return [f"breaks its contract: {names[no]}" for (no,) in con.execute(questions).fetchall()]
