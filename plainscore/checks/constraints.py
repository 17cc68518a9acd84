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


@dataclass(frozen=True)
class Constraint:
    """One thing that a contract declares: it holds if the query ``broken_by`` has no rows."""

    name: str
    level: Level
    broken_by: str


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


def with_dates(sql: str, parameters: Mapping[str, date]) -> str:
    """Return ``sql`` with each ``$name`` of ``parameters`` written as a date literal."""
    for name, day in parameters.items():
        sql = re.sub(rf"\${name}\b", f"date '{day.isoformat()}'", sql)
    return sql


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
        low = "" if column.minimum is None else f"{column.minimum:g}"
        high = "" if column.maximum is None else f"{column.maximum:g}"
        within = f"{low}..{high}" if low or high else "the finite numbers"
        yield broken_where(f"lies within {within}", " or ".join(limits))
    if column.among:
        allowed = ", ".join(map(text_literal, column.among))
        condition = f"{column.name} not in ({allowed})"
        yield broken_where(f"is one of {', '.join(column.among)}", condition)
