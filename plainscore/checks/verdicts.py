"""What DuckDB says of constraints and assertions: how many rows break each, and a few of them.

An assertion across tables is a file of ``expectations/assertions``, a query for broken rows. It
opens with a TOML head, as a transform does: title, level (``fail`` or ``warn``) and the stage after
which it must hold. It may use the named parameters of the transforms, and all of DuckDB's SQL. With
``each = "published"`` in its head it is one query for each table of that group: ``published.each``
stands for the table and ``$table_name`` for its name without the schema. So a project that adds or
excludes a table changes no assertion.

Each table is asked one query. In one of a large stage every constraint has a subquery of its own:
a subquery of one column and one condition is answered from the minima, maxima and counts of NULL
that DuckDB and Parquet keep, where one scan for all of them would read everything. Planning so many
subqueries takes longer than a scan of few rows, so a small table is scanned once for all of them.

Every constraint of a contract is asked, but for the uniqueness of event_id in raw and events: there
are hundreds of millions of rows, a grouped query over event ids would cost more than the whole
snapshot, and ingest has already removed repeated event ids.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, NamedTuple

import duckdb

from plainscore.common.errors import ChecksRefused
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.text import text_literal
from plainscore.contracts.catalog import SCHEMAS, Catalog
from plainscore.contracts.contract import LEVELS, Column, ContractError, Table, read_head

Level = Literal["fail", "warn"]
Outcome = Literal["passed", "failed", "warned", "error"]
SHOWN_REFUSALS = 3


class CheckResult(NamedTuple):
    """One check of one table (or one assertion) in one run.

    ``failed_count`` is the number of rows that break it. ``examples`` is a JSON list of a few of
    them, people by their person_id; for a check that could not run, a list of the one error.
    """

    stage: str
    table_name: str
    check_name: str
    level: Level
    outcome: Outcome
    failed_count: int
    examples: str

    @property
    def is_critical(self) -> bool:
        """Whether this result alone keeps the snapshot from being published."""
        return self.outcome in ("failed", "error")


def counted(
    stage: str, table_name: str, check_name: str, level: Level, failed_count: int, examples: str
) -> CheckResult:
    """Return the result of a check that ran: passed, or failed / warned by its level."""
    outcome: Outcome = "passed"
    if failed_count:
        outcome = "failed" if level == "fail" else "warned"
    return CheckResult(stage, table_name, check_name, level, outcome, failed_count, examples)


def errored(stage: str, table_name: str, check_name: str, examples: str) -> CheckResult:
    """Return the result of a check that could not run: a failure, whatever its level is."""
    return CheckResult(stage, table_name, check_name, "fail", "error", 0, examples)


def refuse_if_critical(results: Iterable[CheckResult]) -> None:
    """Raise ChecksRefused where a check failed or could not run; warnings pass.

    The message names the first few by table, check and count (in full also with examples), and
    counts the rest.
    """
    critical = [result for result in results if result.is_critical]
    if not critical:
        return
    checks = "a check" if len(critical) == 1 else f"{len(critical)} checks"
    head = f"{checks} of {critical[0].stage} failed, so nothing was published"
    short, in_full = [head], [head]
    for result in critical[:SHOWN_REFUSALS]:
        is_error = result.outcome == "error"
        rows = "row" if result.failed_count == 1 else "rows"
        found = "the check could not run" if is_error else f"{result.failed_count} {rows}"
        short.append(f"{result.table_name}: {result.check_name}: {found}")
        in_full.append(f"{short[-1]}, {'' if is_error else 'such as '}{result.examples}")
    left = len(critical) - SHOWN_REFUSALS
    rest = [f"and {left} more"] if left > 0 else []
    raise ChecksRefused("\n".join(short + rest), in_full="\n".join(in_full + rest))


# Assertions across tables

FOLDER = "assertions/"
HEAD_KEYS = frozenset({"title", "level", "stage"})

GROUPS: Mapping[str, Callable[[Table], bool]] = {
    "raw": lambda table: table.schema == "raw",
    "features": lambda table: table.schema == "features",
    "published": lambda table: table.schema == "published" and not table.is_audit,
    "published audits": lambda table: table.schema == "published" and table.is_audit,
}
NO_ROWS = "select 1 where false"


@dataclass(frozen=True)
class Assertion:
    """After ``stage``, ``sql`` has no rows; ``each`` names the group of tables it is asked of."""

    name: str
    title: str
    level: Level
    stage: str
    sql: str
    each: str = ""

    def broken_by(self, tables: Iterable[Table], parameters: Mapping[str, date]) -> str:
        """Return the query for broken rows; ``tables`` are those that the stage has made."""
        sql = with_dates(self.sql, parameters)
        if not self.each:
            return sql
        names = [table.short_name for table in tables if GROUPS[self.each](table)]
        return " union all ".join(f"({_about(sql, name)})" for name in names) or NO_ROWS


def with_dates(sql: str, parameters: Mapping[str, date]) -> str:
    """Return ``sql`` with each ``$name`` of ``parameters`` written as a date literal."""
    for name, day in parameters.items():
        sql = re.sub(rf"\${name}\b", f"date '{day.isoformat()}'", sql)
    return sql


def read_assertions(method: Method = STANDARD_METHOD) -> list[Assertion]:
    """Return a method's assertions in the order of their names.

    Raises ContractError for a malformed one.
    """
    files = method.files("expectations", ".sql")
    paths = [path for name, path in files.items() if name.startswith(FOLDER)]
    return [_read_assertion(path, path.stat().st_mtime_ns) for path in paths]


def runnable_assertions(catalog: Catalog) -> dict[str, str]:
    """Return the assertions of a run as queries by their paths, for a rehearsal on no rows."""
    return {
        f"expectations/{FOLDER}{one.name}.sql": one.broken_by(catalog.tables.values(), {})
        for one in read_assertions(catalog.method)
        if one.stage in catalog.schemas
    }


def _about(sql: str, table_name: str) -> str:
    sql = re.sub(r"\b([a-z_]+)\.each\b", rf"\1.{table_name}", sql)
    return sql.replace("$table_name", text_literal(table_name))


@cache  # each stage asks for them
def _read_assertion(path: Path, _changed: int) -> Assertion:
    head, sql = read_head(path)
    if set(head) - {"each"} != HEAD_KEYS:
        raise ContractError(
            f"{path}: an assertion has exactly {', '.join(sorted(HEAD_KEYS))}, and may have each"
        )
    for key, known in (("level", LEVELS), ("stage", SCHEMAS), ("each", ("", *GROUPS))):
        if head.setdefault(key, "") not in known:
            raise ContractError(f"{path}: {key} must be one of {', '.join(sorted(known))}")
    return Assertion(path.stem, sql=sql, **head)


# Verdicts

EXAMPLES = 3
SMALL = 300_000
"""A stage with at most so many rows is asked by one scan of each table."""
NEVER_SHOWN = frozenset({"value_hash"})


@dataclass(frozen=True)
class Constraint:
    """One thing that a contract declares: it holds if the query ``broken_by`` has no rows.

    ``screen``: an aggregate over the table, 0 only where it holds; empty where there is none.
    """

    name: str
    level: Level
    broken_by: str
    screen: str = ""


def constraints_of(table: Table, parameters: Mapping[str, date]) -> Iterator[Constraint]:
    """Return the constraints of a table: its key, its columns, then its row-level checks.

    Row-level checks may use the named ``parameters`` of the transforms.
    """
    if table.schema not in ("events", "raw") or table.key != ("event_id",):
        yield _unique_key(table)
    for column in table.columns:
        yield from _of_column(table, column)
    for check in table.checks:
        sql = with_dates(check.sql.replace("{batch}", table.name), parameters)
        yield Constraint(check.name, "fail" if check.level == "fail" else "warn", sql)


def check_constraints(
    con: duckdb.DuckDBPyConnection,
    tables: Iterable[Table],
    stage: str,
    parameters: Mapping[str, date],
    rows: int = SMALL,
) -> list[CheckResult]:
    """Return one result for each constraint of ``tables``, which ``con`` has by their names.

    ``rows``: about how many they have together. A table that is missing is one result. Raises
    KeyboardInterrupt for a Ctrl-C during a query.
    """
    made: dict[str, dict[str, str]] = {}
    for name, column, column_type in _fetch(
        con,
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() order by schema_name, table_name, column_index",
    ):
        made.setdefault(name, {})[column] = column_type
    results: list[CheckResult] = []
    for table in tables:
        where = (stage, table.name)
        if table.name not in made:
            message = message_of(f"there is no table {table.name}")
            results.append(errored(*where, "the table can be read", message))
            continue
        for name, off in _wrong_shape(table, made[table.name]).items():
            results.append(counted(*where, name, "fail", len(off), _as_examples(off[:EXAMPLES])))
        constraints = [*constraints_of(table, parameters)]
        results += _verdicts(con, where, constraints, table.name if rows <= SMALL else None)
    return results


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
    tables: Iterable[Table],
    assertion: Assertion,
    parameters: Mapping[str, date],
) -> CheckResult:
    """Return the result of one assertion; its table_name is ``facts.`` and the file's name."""
    sql = assertion.broken_by(tables, parameters)
    constraint = Constraint(assertion.title, assertion.level, sql)
    (result,) = _verdicts(con, (assertion.stage, f"facts.{assertion.name}"), [constraint])
    return result


def _wrong_shape(table: Table, made: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return what differs between the declared columns and those ``made`` (name -> type)."""
    places = enumerate(zip_longest((c.name for c in table.columns), made), start=1)
    return {
        "columns stand as declared": [
            {"place": place, "declared_column": declared, "made_column": there}
            for place, (declared, there) in places
            if declared != there
        ],
        "types are as declared": [
            {"column_name": name, "declared_type": declared, "made_type": made[name]}
            for name, declared in sorted((c.name, c.type) for c in table.columns)
            if made.get(name, declared) != declared
        ],
    }


def _verdicts(
    con: duckdb.DuckDBPyConnection,
    where: tuple[str, str],
    constraints: Sequence[Constraint],
    scanned: str | None = None,
) -> Iterator[CheckResult]:
    """Ask all constraints in one query, and again alone each that is broken, or all on an error.

    ``scanned``: the table that the screens of the constraints are asked of, if any.
    """
    screens = {place: one.screen for place, one in enumerate(constraints) if scanned and one.screen}
    asked = [
        f"select {place} as place, count(*) as row_count from ({constraint.broken_by})"
        for place, constraint in enumerate(constraints)
        if place not in screens
    ]
    if screens:
        counts = f"unnest([{', '.join(screens.values())}]) as row_count"
        asked.append(f"select unnest({[*screens]}) as place, {counts} from {scanned}")
    try:
        rows = _fetch(con, f"select place from ({' union all '.join(asked)}) where row_count > 0")
        broken = {place for (place,) in rows}
    except duckdb.Error:
        broken = set(range(len(constraints)))
    for place, constraint in enumerate(constraints):
        try:
            found = _broken_rows(con, constraint.broken_by) if place in broken else (0, "[]")
            yield counted(*where, constraint.name, constraint.level, *found)
        except duckdb.Error as error:
            yield errored(*where, constraint.name, message_of(error))


def _fetch(con: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    try:
        return con.execute(sql).fetchall()
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error


def _broken_rows(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, str]:
    """Return how many rows ``sql`` has, and a few of them as JSON; ``sql`` runs once.

    Keys of people depend on the order of ingestion and mean nothing outside: people are shown by
    id, and the rows shown are the first in the order of what is shown. Raises duckdb.Error.
    """
    shown: dict[str, str] = {}
    for name, *_ in _fetch(con, f"describe {sql}"):
        if name.endswith("_key"):
            shown[f"{name.removesuffix('_key')}_id"] = (
                "(select min(person.person_id) from events.person as person"
                f' where person.person_key = broken."{name}")'
            )
        elif name not in NEVER_SHOWN:
            shown[name] = f'broken."{name}"'
    columns = ", ".join(f'{value} as "{name}"' for name, value in shown.items())
    rows = _fetch(
        con,
        f"with broken as materialized ({sql}),"
        f" example as (select {columns} from broken order by all limit {EXAMPLES})"
        f" select (select count(*) from broken), example.* from example",
    )
    examples = [dict(zip(shown, row[1:], strict=True)) for row in rows]
    return (rows[0][0] if rows else 0), _as_examples(examples)


def _as_examples(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as JSON; dates and the floats that JSON lacks (nan, inf) as text."""

    def plain(value: Any) -> Any:
        is_number = isinstance(value, float) and math.isfinite(value)
        return value if value is None or is_number or isinstance(value, (str, int)) else str(value)

    shown = [{name: plain(value) for name, value in row.items()} for row in rows]
    return json.dumps(shown, ensure_ascii=False)


def message_of(error: object) -> str:
    """Return the first line of an error, as the JSON that takes the place of examples."""
    return _as_examples([{"error": str(error).strip().partition("\n")[0]}])


# --- the constraints that a contract declares ---------------------------------------------------


def _unique_key(table: Table) -> Constraint:
    # Grouping by a hash first, and by the key itself only where hashes meet, is exact and costs
    # half of grouping by the key.
    key = ", ".join(table.key)
    return Constraint(
        f"one row per {key}",
        "fail",
        f"""select {key}, count(*) as row_count
        from {table.name}
        where hash({key}) in (
            select hash({key}) from {table.name} group by hash({key}) having count(*) > 1
        )
        group by {key}
        having count(*) > 1""",
        f"count(*) - count(distinct ({key}))",
    )


def _of_column(table: Table, column: Column) -> Iterator[Constraint]:
    def broken_where(name: str, condition: str) -> Constraint:
        shown = dict.fromkeys([*table.key, column.name])
        rows = f"select {', '.join(shown)} from {table.name} where {condition}"
        return Constraint(f"{column.name} {name}", "fail", rows, f"count(*) filter ({condition})")

    if not column.nullable:
        yield broken_where("is never empty", f"{column.name} is null")
    limits = [f"{column.name} < {column.minimum!r}"] if column.minimum is not None else []
    limits += [f"{column.name} > {column.maximum!r}"] if column.maximum is not None else []
    if column.type == "DOUBLE":
        # NaN is greater than any maximum, but other writers of Parquet leave it out of theirs, and
        # DuckDB, which believes them, answers `>` and isnan() without reading the rows.
        limits.append(f"not isfinite({column.name})")
    if limits:
        low = "" if column.minimum is None else f"{column.minimum:g}"
        high = "" if column.maximum is None else f"{column.maximum:g}"
        within = f"{low}..{high}" if low or high else "the finite numbers"
        yield broken_where(f"lies within {within}", " or ".join(limits))
    if column.among:
        # Unlike `not in`, it is asked once for each text of a dictionary, not once for each row.
        allowed = ", ".join(map(text_literal, column.among))
        condition = f"not list_contains([{allowed}], {column.name})"
        yield broken_where(f"is one of {', '.join(column.among)}", condition)
