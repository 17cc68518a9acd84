"""The constraints that a table's contract declares, each as a query for the rows that break it.

- reference, staging, features, scores, audits, statistics, published: all that the contract says.
- raw, events: all but the uniqueness of event_id. These are the logs, hundreds of millions of
  rows: a grouped query over event ids would cost more than the whole snapshot, and ingest has
  already removed repeated event ids.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from plainscore.checks.results import Level
from plainscore.common.text import text_literal
from plainscore.contracts.contract import Column, Table

LOG_SCHEMAS = frozenset({"events", "raw"})


@dataclass(frozen=True)
class Constraint:
    """One thing that a contract declares: it holds if the query ``broken_by`` has no rows."""

    name: str
    level: Level
    broken_by: str


def constraints_of(table: Table, parameters: Mapping[str, date]) -> list[Constraint]:
    """Return the constraints of a table: its shape, its columns, then its row-level checks.

    Row-level checks may use the named ``parameters`` of the transforms.
    """
    return [
        *shape_constraints(table),
        *([] if _is_log(table) else [_unique_key(table)]),
        *(constraint for column in table.columns for constraint in _of_column(table, column)),
        *(
            Constraint(
                check.name,
                "fail" if check.level == "fail" else "warn",
                with_dates(check.sql.replace("{batch}", table.name), parameters),
            )
            for check in table.checks
        ),
    ]


def shape_constraints(table: Table) -> list[Constraint]:
    """Return what holds exactly if the table has the declared columns, in order and by type."""
    made = f"""select column_index as place, column_name, data_type as type
        from duckdb_columns()
        where database_name = current_database()
        and schema_name = '{table.schema}' and table_name = '{table.short_name}'"""
    places = enumerate(table.columns, start=1)
    by_place = ", ".join(f"({place}, '{column.name}')" for place, column in places)
    by_type = ", ".join(f"('{column.name}', '{column.type}')" for column in table.columns)
    return [
        Constraint(
            "columns stand as declared",
            "fail",
            f"""select
                place, declared.column_name as declared_column, made.column_name as made_column
            from (values {by_place}) as declared (place, column_name)
            full join ({made}) as made using (place)
            where declared.column_name is distinct from made.column_name""",
        ),
        Constraint(
            "types are as declared",
            "fail",
            f"""select column_name, declared.type as declared_type, made.type as made_type
            from (values {by_type}) as declared (column_name, type)
            inner join ({made}) as made using (column_name)
            where declared.type <> made.type""",
        ),
    ]


def with_dates(sql: str, parameters: Mapping[str, date]) -> str:
    """Return ``sql`` with each ``$name`` of ``parameters`` written as a date literal."""
    for name, day in parameters.items():
        sql = re.sub(rf"\${name}\b", f"date '{day.isoformat()}'", sql)
    return sql


def _is_log(table: Table) -> bool:
    return table.schema in LOG_SCHEMAS and table.key == ("event_id",)


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
    )


def _of_column(table: Table, column: Column) -> Iterator[Constraint]:
    def broken_where(name: str, condition: str) -> Constraint:
        shown = dict.fromkeys([*table.key, column.name])
        rows = f"select {', '.join(shown)} from {table.name} where {condition}"
        return Constraint(f"{column.name} {name}", "fail", rows)

    if not column.nullable:
        yield broken_where("is never empty", f"{column.name} is null")
    limits = [f"{column.name} < {column.minimum!r}"] if column.minimum is not None else []
    limits += [f"{column.name} > {column.maximum!r}"] if column.maximum is not None else []
    if column.type == "DOUBLE":
        # NaN is greater than any maximum, but other writers of Parquet leave it out of theirs, and
        # DuckDB, which believes them, answers `>` and isnan() without reading the rows.
        limits.append(f"not isfinite({column.name})")
    if limits:
        yield broken_where(f"lies within {_range(column)}", " or ".join(limits))
    if column.among:
        allowed = ", ".join(map(text_literal, column.among))
        yield broken_where(
            f"is one of {', '.join(column.among)}", f"{column.name} not in ({allowed})"
        )


def _range(column: Column) -> str:
    low = "" if column.minimum is None else f"{column.minimum:g}"
    high = "" if column.maximum is None else f"{column.maximum:g}"
    return f"{low}..{high}" if low or high else "the finite numbers"
