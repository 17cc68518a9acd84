"""What a table's contract promises, and the rows that would break it: nothing is declared twice.

Which promises a table has depends on its schema:

- reference, staging, features, scores, published: everything the contract says.
- raw, events: all but the uniqueness of event_id. These are the logs themselves, hundreds of
  millions of rows: a grouped query over event ids would cost more than the whole snapshot, and
  ingest has already set aside every repeated event_id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from plainscore.checks.examples import with_dates
from plainscore.checks.results import Level
from plainscore.contracts.contract import Check, Column, Table

LOG_SCHEMAS = frozenset({"events", "raw"})


@dataclass(frozen=True)
class Promise:
    """One thing that a contract promises: it holds where the query ``broken_by`` has no rows."""

    name: str
    level: Level
    broken_by: str


def promises_of_shape(table: Table) -> Iterator[Promise]:
    """Yield what holds of a table as a whole: its columns, their types, one row for each key."""
    yield _column_order(table)
    yield _types(table)
    if not _is_log(table):
        yield _unique_key(table)


def promises_of_columns(table: Table) -> Iterator[Promise]:
    """Yield what holds of each value of a column; each reads little more than that column."""
    for column in table.columns:
        yield from _of_column(table, column)


def promises_of_rows(table: Table, parameters: Mapping[str, date]) -> Iterator[Promise]:
    """Yield the contract's own checks, which may use the ``parameters`` of the transforms."""
    for check in table.checks:
        yield _row_level(table, check, parameters)


def _is_log(table: Table) -> bool:
    return table.schema in LOG_SCHEMAS and table.key == ("event_id",)


def _column_order(table: Table) -> Promise:
    names = [column.name for column in table.columns]
    declared = ", ".join(f"({place}, '{name}')" for place, name in enumerate(names, start=1))
    return Promise(
        "columns stand as declared",
        "fail",
        f"""select place, declared.column_name as declared_column, made.column_name as made_column
        from (values {declared}) as declared (place, column_name)
        full join ({_made_columns(table)}) as made using (place)
        where declared.column_name is distinct from made.column_name""",
    )


def _types(table: Table) -> Promise:
    declared = ", ".join(f"('{column.name}', '{column.type}')" for column in table.columns)
    return Promise(
        "types are as declared",
        "fail",
        f"""select column_name, declared.type as declared_type, made.type as made_type
        from (values {declared}) as declared (column_name, type)
        inner join ({_made_columns(table)}) as made using (column_name)
        where declared.type <> made.type""",
    )


def _made_columns(table: Table) -> str:
    return f"""select column_index as place, column_name, data_type as type
        from duckdb_columns()
        where database_name = current_database()
        and schema_name = '{table.schema}' and table_name = '{table.short_name}'"""


def _unique_key(table: Table) -> Promise:
    # Grouping by a hash first, and by the key itself only where hashes meet, is exact and costs
    # half of grouping by the key, which costs a quarter of GX's own uniqueness expectations.
    key = ", ".join(table.key)
    return Promise(
        f"one row per {key}",
        "fail",
        f"""select {key}, count(*) as row_count
        from {table.name}
        where hash({key}) in (
            select hash({key}) from {table.name} group by hash({key}) having count(*) > 1
        )
        group by {key}
        having count(*) > 1""",
    )


def _of_column(table: Table, column: Column) -> Iterator[Promise]:
    if not column.nullable:
        yield Promise(
            f"{column.name} is never empty",
            "fail",
            _rows(table, column, f"{column.name} is null"),
        )
    limits = [f"{column.name} < {column.minimum!r}"] if column.minimum is not None else []
    limits += [f"{column.name} > {column.maximum!r}"] if column.maximum is not None else []
    if column.type == "DOUBLE":
        # NaN is greater than any maximum, but other writers of Parquet leave it out of theirs, and
        # DuckDB, which believes them, answers `>` and isnan() without a look at the rows.
        limits.append(f"not isfinite({column.name})")
    if limits:
        yield Promise(
            f"{column.name} lies within {_range(column)}",
            "fail",
            _rows(table, column, " or ".join(limits)),
        )
    if column.among:
        allowed = ", ".join("'" + value.replace("'", "''") + "'" for value in column.among)
        yield Promise(
            f"{column.name} is one of {', '.join(column.among)}",
            "fail",
            _rows(table, column, f"{column.name} not in ({allowed})"),
        )


def _range(column: Column) -> str:
    low = "" if column.minimum is None else f"{column.minimum:g}"
    high = "" if column.maximum is None else f"{column.maximum:g}"
    return f"{low}..{high}" if low or high else "the finite numbers"


def _rows(table: Table, column: Column, condition: str) -> str:
    shown = dict.fromkeys([*table.key, column.name])
    return f"select {', '.join(shown)} from {table.name} where {condition}"


def _row_level(table: Table, check: Check, parameters: Mapping[str, date]) -> Promise:
    level: Level = "fail" if check.level == "fail" else "warn"
    sql = with_dates(check.sql.replace("{batch}", table.name), parameters)
    return Promise(check.name, level, sql)
