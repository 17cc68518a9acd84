"""Assertions across tables: each a file of ``expectations/assertions``, a query for broken rows.

An assertion opens with a TOML head, as a transform does: title, level (``fail`` or ``warn``) and
the stage after which it must hold. It may use the named parameters of the transforms, and all of
DuckDB's SQL.

An assertion with ``each = "published"`` in its head is one query for each table of that group:
``published.each`` stands for the table and ``$table_name`` for its name without the schema. So a
project that adds or excludes a table changes no assertion.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from plainscore.checks.results import Level
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.text import text_literal
from plainscore.contracts.catalog import SCHEMAS
from plainscore.contracts.contract import LEVELS, ContractError, Table, read_head

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
