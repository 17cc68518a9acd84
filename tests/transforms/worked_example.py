"""Run one worked example: fill the given tables, make the table, compare row by row.

What the cells mean: ``-`` or an empty cell is null. Dates are ``2026-01-31`` or counted from the
day of the snapshot: ``D``, ``D-365``, ``D+3``. Times are a date, or a date and ``09:30``. Shares
are ``3/4`` or ``0.75``, roots ``√(6/5)``. Flags are ``yes`` or ``no``.

Only the columns that matter are written. A column that may be empty is empty. Of the others:
``event_id`` is the number of the row (``001``, ``002``, ...), ``event_date`` is the day of
``event_time`` and the other way round (at midnight), ``arrived`` is the event's day, every day not
given is the day of the snapshot, ``person_key`` is 1, a number is 0, a flag is no, a text is the
name of its column. In staging.person, everyone has events in every log unless the example says
otherwise.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

import duckdb

from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import SCHEMAS, Catalog, load_catalog
from plainscore.contracts.contract import Column, Table
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.compile import reference_rows
from plainscore.scorecards.reading import read_scorecards

Value = str | int | float | bool | date | datetime | None
Row = tuple[Value, ...]
RELATIVE_DAY = re.compile(r"D(?:([+-])(\d+))?")
ROOT = re.compile(r"√\(?([\d/.]+)\)?")
BLOCK = re.compile(r"^(given|then) (\S+)\n\n((?:\|.*\n?)+)", re.MULTILINE)
SETTING = r"^{}: (\d{{4}}-\d{{2}}-\d{{2}})$"


@dataclass(frozen=True)
class Days:
    """The clocks of an example; each is as_of_date unless the example says otherwise."""

    as_of_date: date
    known_on: date
    events_until: date

    @property
    def parameters(self) -> dict[str, date]:
        return SnapshotDates(self.as_of_date, self.known_on, self.events_until).parameters


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
        assert block.table_name in house().upstream(table.name), (
            f"{table.name} is not made of {block.table_name}"
        )
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
        made_of = _tables_to_make(table, {block.table_name for block in given})
        read = {name for one in made_of for name in one.inputs} - {one.name for one in made_of}
        for name in sorted(read):
            con.execute(house()[name].ddl)
            rows = _given_rows(name, given, days)
            insert(con, house()[name], rows[::-1] if is_reversed else rows)
        for one in made_of:
            statement = f"create table {one.name} as {one.sql}"
            names = con.extract_statements(statement)[0].named_parameters
            con.execute(statement, {name: days.parameters[name] for name in names})
        made = con.execute(f"select {', '.join(columns)} from {table.name}").fetchall()
        return Counter(made), _broken_promises(con, table)
    finally:
        con.execute("rollback")


def _tables_to_make(table: Table, given: set[str]) -> list[Table]:
    """Return a table and, before it, each that is made of given ones and not given itself."""
    wanted = {table.name}
    for one in reversed(house().tables.values()):
        if one.name in wanted:
            wanted |= {
                name
                for name in one.inputs - given
                if house()[name].schema not in ("events", "raw", "reference")
                and house().upstream(name) & given
            }
    return [one for one in house().tables.values() if one.name in wanted]


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
    declared = {table.name: table.rows for table in house().of_schema("reference")}
    derived = reference_rows(cards(), house().feature_column)
    return {name: list(rows) for name, rows in {**declared, **derived}.items()}


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


# --- cells, and what an example leaves out ------------------------------------------------------


def read_value(cell: str, column_type: str, days: Days) -> Value:
    """Return the value of a cell in a column of a type; ValueError where it cannot be meant."""
    if cell in ("", "-"):
        return None
    match column_type:
        case "BIGINT" | "INTEGER":
            return int(cell)
        case "DOUBLE":
            return _number(cell)
        case "BOOLEAN":
            return {"yes": True, "no": False}[cell]
        case "DATE":
            return _day(cell, days)
        case "TIMESTAMP":
            day, _, clock = cell.partition(" ")
            return datetime.combine(_day(day, days), time.fromisoformat(clock or "00:00"))
        case _:
            return cell


def shown(row: tuple[Value, ...]) -> str:
    """Return a row as an example would write it."""
    return " | ".join("-" if value is None else str(value) for value in row)


def _number(cell: str) -> float:
    if root := ROOT.fullmatch(cell):
        return math.sqrt(_number(root[1]))
    exact = Fraction(cell)
    # One division of two whole numbers, as the transforms do it: equal to the last digit.
    return exact.numerator / exact.denominator


def _day(cell: str, days: Days) -> date:
    relative = RELATIVE_DAY.fullmatch(cell)
    if not relative:
        return date.fromisoformat(cell)
    distance = timedelta(days=int(relative[2] or 0))
    return days.as_of_date - distance if relative[1] == "-" else days.as_of_date + distance


def filled(table: Table, given: Mapping[str, Value], row_no: int, days: Days) -> tuple[Value, ...]:
    """Return a whole row of ``table``; ``row_no`` counts the rows of the table from 1."""
    known = {"event_id": f"{row_no:03}", "person_key": 1, **_event_days(given), **given}
    if table.name == "staging.person":
        known = {column.name: True for column in table.columns if column.type == "BOOLEAN"} | known
    return tuple(_value(column, known, days) for column in table.columns)


def _value(column: Column, known: Mapping[str, Value], days: Days) -> Value:
    if column.name in known:
        return known[column.name]
    if column.nullable:
        return None
    match column.type:
        case "BOOLEAN":
            return False
        case "VARCHAR":
            return column.name
        case "DATE":
            return days.as_of_date
        case "TIMESTAMP":
            return datetime.combine(days.as_of_date, time())
        case _:
            return 0


def _event_days(given: Mapping[str, Any]) -> dict[str, Value]:
    """Return event_time, event_date and arrived as far as one of them follows from another."""
    if "event_time" in given:
        day = given["event_time"].date()
    elif "event_date" in given:
        day = given["event_date"]
    else:
        return {}
    moment = given.get("event_time", datetime.combine(day, time()))
    return {"event_date": day, "event_time": moment, "arrived": day}
