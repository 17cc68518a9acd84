"""Laws across tables: each a file of ``facts/``, a query whose right answer is no rows.

A fact opens with a TOML head, as a transform does: title, level (``fail`` or ``warn``) and the
stage after which it must hold. It may use the named parameters of the transforms. These run as
plain SQL, once: Great Expectations judges single tables, and would run each of them twice.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from plainscore.checks.examples import broken_rows, message_of, with_dates
from plainscore.checks.results import CheckResult, Level, errored, judged
from plainscore.common.standard import standard_folder
from plainscore.contracts.catalog import SCHEMAS
from plainscore.contracts.contract import LEVELS, ContractError, split_head

FACTS = standard_folder("expectations/assertions")
HEAD_KEYS = frozenset({"title", "level", "stage"})


@dataclass(frozen=True)
class Fact:
    """One law: after ``stage``, ``sql`` has no rows."""

    name: str
    title: str
    level: Level
    stage: str
    sql: str


def read_facts(root: Path = FACTS) -> list[Fact]:
    """Return all facts in the order of their names; raises ContractError for a malformed one."""
    return [_read_fact(path) for path in sorted(root.glob("*.sql"))]


def judge_facts(
    con: duckdb.DuckDBPyConnection, stage: str, parameters: Mapping[str, date]
) -> list[CheckResult]:
    """Return one result for each fact that must hold after ``stage``."""
    return [judge_fact(con, fact, parameters) for fact in read_facts() if fact.stage == stage]


def judge_fact(
    con: duckdb.DuckDBPyConnection, fact: Fact, parameters: Mapping[str, date]
) -> CheckResult:
    """Return the result of one fact; its table_name is the file that states it."""
    where = (fact.stage, f"facts.{fact.name}", fact.title)
    try:
        count, examples = broken_rows(con, with_dates(fact.sql, parameters))
    except duckdb.Error as error:
        return errored(*where, message_of(error))
    return judged(*where, fact.level, count, examples)


def _read_fact(path: Path) -> Fact:
    text, sql = split_head(path)
    try:
        head = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{path}: {error}") from error
    if set(head) != HEAD_KEYS:
        raise ContractError(f"{path}: a fact has exactly {', '.join(sorted(HEAD_KEYS))}")
    if head["level"] not in LEVELS:
        raise ContractError(f"{path}: level must be one of {', '.join(sorted(LEVELS))}")
    if head["stage"] not in SCHEMAS:
        raise ContractError(f"{path}: stage must be one of {', '.join(SCHEMAS)}")
    return Fact(path.stem, head["title"], head["level"], head["stage"], sql)
