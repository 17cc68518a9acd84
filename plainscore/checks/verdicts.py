"""What DuckDB says of constraints and assertions: how many rows break each, and a few of them.

Each table is asked one query, in which every constraint has a subquery of its own: a subquery of
one column and one condition is answered from the minima, maxima and counts of NULL that DuckDB
and Parquet keep, where one scan for all of them would read everything.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import duckdb

from plainscore.checks.assertions import Assertion, read_assertions
from plainscore.checks.constraints import Constraint, constraints_of, shape_constraints
from plainscore.checks.results import CheckResult, counted, errored
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts.contract import Table

EXAMPLES = 3
NEVER_SHOWN = frozenset({"value_hash"})

Columns = list[tuple[str, str]]


def check_constraints(
    con: duckdb.DuckDBPyConnection,
    tables: Iterable[Table],
    stage: str,
    parameters: Mapping[str, date],
) -> list[CheckResult]:
    """Return one result for each constraint of ``tables``, which ``con`` has by their names.

    A table that is missing is one result. Raises KeyboardInterrupt for a Ctrl-C during a query.
    """
    made = _columns_made(con)
    return [
        result
        for table in tables
        for result in _check_table(con, table, made.get(table.name, []), stage, parameters)
    ]


def check_assertions(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    stage: str,
    parameters: Mapping[str, date],
    method: Method = STANDARD_METHOD,
) -> list[CheckResult]:
    """Return one result for each assertion of ``method`` that must hold after ``stage``.

    ``tables``: those that the stage has made.
    """
    return [
        check_assertion(con, tables, assertion, parameters)
        for assertion in read_assertions(method)
        if assertion.stage == stage
    ]


def check_assertion(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    assertion: Assertion,
    parameters: Mapping[str, date],
) -> CheckResult:
    """Return the result of one assertion; its table_name is ``facts.`` and the file's name."""
    constraint = Constraint(
        assertion.title, assertion.level, assertion.broken_by(tables, parameters)
    )
    where = (assertion.stage, f"facts.{assertion.name}")
    if _broken(con, [constraint]) == frozenset():
        return counted(*where, constraint.name, constraint.level, 0, "[]")
    return _check_alone(con, where, constraint)


def _columns_made(con: duckdb.DuckDBPyConnection) -> dict[str, Columns]:
    """Return ``schema.table`` -> (column, type) in order, for all tables and views."""
    made: dict[str, Columns] = {}
    for name, column, column_type in con.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() order by schema_name, table_name, column_index"
    ).fetchall():
        made.setdefault(name, []).append((column, column_type))
    return made


def _check_table(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    made: Columns,
    stage: str,
    parameters: Mapping[str, date],
) -> Iterator[CheckResult]:
    where = (stage, table.name)
    if not made:
        message = message_of(f"there is no table {table.name}")
        yield errored(*where, "the table can be read", message)
        return
    constraints = constraints_of(table, parameters)
    # The shape needs no query where it is as declared, and a query of the catalog costs more than
    # all others of a small table.
    is_as_declared = made == [(column.name, column.type) for column in table.columns]
    known = len(shape_constraints(table)) if is_as_declared else 0
    broken = _broken(con, constraints[known:])
    for place, constraint in enumerate(constraints):
        if place < known or (broken is not None and place - known not in broken):
            yield counted(*where, constraint.name, constraint.level, 0, "[]")
        else:
            yield _check_alone(con, where, constraint)


def _broken(
    con: duckdb.DuckDBPyConnection, constraints: Sequence[Constraint]
) -> frozenset[int] | None:
    """Return the places of the constraints that are broken; None where one cannot be asked."""
    counts = " union all ".join(
        f"select {place} as place, count(*) as row_count from ({constraint.broken_by})"
        for place, constraint in enumerate(constraints)
    )
    try:
        rows = con.execute(f"select place from ({counts}) where row_count > 0").fetchall()
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error:
        return None
    return frozenset(place for (place,) in rows)


def _check_alone(
    con: duckdb.DuckDBPyConnection, where: tuple[str, str], constraint: Constraint
) -> CheckResult:
    try:
        count, examples = broken_rows(con, constraint.broken_by)
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        return errored(*where, constraint.name, message_of(error))
    return counted(*where, constraint.name, constraint.level, count, examples)


def broken_rows(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, str]:
    """Return how many rows ``sql`` has, and a few of them as JSON; ``sql`` runs once.

    Keys of people depend on the order of ingestion and mean nothing outside: people are shown by
    id, and the rows shown are the first in the order of what is shown. Raises duckdb.Error.
    """
    described = con.execute(f"describe {sql}").fetchall()
    shown = {name: _shown(name) for name, *_ in described if name not in NEVER_SHOWN}
    columns = ", ".join(f'{value} as "{_public(name)}"' for name, value in shown.items())
    rows = con.execute(
        f"with broken as materialized ({sql}),"
        f" example as (select {columns} from broken order by all limit {EXAMPLES})"
        f" select (select count(*) from broken), example.* from example"
    ).fetchall()
    names = [_public(name) for name in shown]
    examples = [dict(zip(names, map(_as_json, row[1:]), strict=True)) for row in rows]
    return (rows[0][0] if rows else 0), json.dumps(examples, ensure_ascii=False)


def message_of(error: object) -> str:
    """Return the first line of an error, as the JSON that takes the place of examples."""
    text = str(error).strip().partition("\n")[0]
    return json.dumps([{"error": text}], ensure_ascii=False)


def _as_json(value: object) -> str | int | float | None:
    """Return a value as JSON has it; dates and the floats that JSON lacks (nan, inf) as text."""
    if value is None or isinstance(value, (str, int)):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else str(value)


def _public(name: str) -> str:
    return f"{name.removesuffix('_key')}_id" if name.endswith("_key") else name


def _shown(name: str) -> str:
    if not name.endswith("_key"):
        return f'broken."{name}"'
    return (
        "(select min(person.person_id) from events.person as person"
        f' where person.person_key = broken."{name}")'
    )
