"""Show a few of the rows that break a rule, so that a person can look them up."""

import json
import math
import re
from collections.abc import Mapping
from datetime import date

import duckdb

EXAMPLES = 3
NEVER_SHOWN = frozenset({"value_hash"})


def with_dates(sql: str, parameters: Mapping[str, date]) -> str:
    """Return ``sql`` with each ``$name`` of ``parameters`` written as a date literal."""
    for name, day in parameters.items():
        sql = re.sub(rf"\${name}\b", f"date '{day.isoformat()}'", sql)
    return sql


def broken_rows(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, str]:
    """Return how many rows ``sql`` has, and a few of them as JSON; ``sql`` runs once.

    Keys of people depend on the order of ingestion and mean nothing outside: they are shown as
    ids, and the rows shown are the first in the order of what is shown. Raises duckdb.Error.
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
    """Return an error as the JSON that stands where examples stand: its first line."""
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
