"""Judge the tables of a stage by their contracts, with Great Expectations.

GX first says which questions are answered with yes; nothing but counts leaves DuckDB. Only where
one is not are its promises looked at each by itself, its rows counted and a few of them shown.
GX takes seconds to import: import this module where checks run, and nowhere else.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
from great_expectations.core import ExpectationValidationResult
from great_expectations.datasource.fluent.interfaces import TestConnectionError
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

from plainscore.checks.examples import broken_rows, message_of
from plainscore.checks.laws import judge_facts
from plainscore.checks.open_duckdb import open_datasource, whole_table
from plainscore.checks.promises import Promise
from plainscore.checks.results import CheckResult, errored, judged, refuse_if_critical
from plainscore.checks.suites import Question, questions_of, suite_of
from plainscore.contracts.contract import Table

__all__ = ["CheckResult", "judge", "judge_facts", "refuse_if_critical"]

# DuckDB turns a Ctrl-C during a query into this error, and GX the error into a result.
_INTERRUPTED = "Query interrupted"


def judge(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    stage: str,
    parameters: Mapping[str, date],
) -> list[CheckResult]:
    """Return one result for each thing that the contracts of ``tables`` promise.

    ``con`` has the tables under their own names; ``parameters`` are the named parameters of the
    transforms. Raises nothing for what it finds: see ``refuse_if_critical``.
    """
    datasource = open_datasource(con)
    return [
        result
        for table in tables
        for result in _judge_table(con, datasource, table, stage, parameters)
    ]


def _judge_table(
    con: duckdb.DuckDBPyConnection,
    datasource: SQLDatasource,
    table: Table,
    stage: str,
    parameters: Mapping[str, date],
) -> Iterator[CheckResult]:
    questions = list(questions_of(table, parameters))
    suite = suite_of(table, questions)
    try:
        batch = whole_table(datasource, table.name)
    except TestConnectionError as error:
        yield errored(stage, table.name, "the table can be read", message_of(error))
        return
    validation = batch.validate(suite, result_format="BOOLEAN_ONLY")
    found = {_question_no(result): result for result in validation.results}
    for question_no, question in enumerate(questions):
        yield from _judge_question(con, (stage, table.name), question, found.get(question_no))


def _judge_question(
    con: duckdb.DuckDBPyConnection,
    where: tuple[str, str],
    question: Question,
    found: ExpectationValidationResult | None,
) -> list[CheckResult]:
    if found is not None and found.success:
        return [judged(*where, one.name, one.level, 0, "[]") for one in question.promises]
    trouble = "Great Expectations gave no result" if found is None else _exception(found)
    if _INTERRUPTED in trouble:
        raise KeyboardInterrupt
    results = [_judge_promise(con, where, promise) for promise in question.promises]
    if any(result.outcome != "passed" for result in results):
        return results
    message = message_of(trouble or "Great Expectations refuses it, but no row breaks it")
    return [errored(*where, promise.name, message) for promise in question.promises]


def _judge_promise(
    con: duckdb.DuckDBPyConnection, where: tuple[str, str], promise: Promise
) -> CheckResult:
    try:
        count, examples = broken_rows(con, promise.broken_by)
    except duckdb.Error as error:
        return errored(*where, promise.name, message_of(error))
    return judged(*where, promise.name, promise.level, count, examples)


def _question_no(found: ExpectationValidationResult) -> int:
    """Return which question a result is about: GX gives them in an order of its own."""
    config = found.expectation_config
    assert config is not None, "every result of a suite has its configuration"
    return int(config.meta["question_no"])


def _exception(found: ExpectationValidationResult) -> str:
    """Return the message of the exception behind a result, empty where none was raised.

    GX reports one exception bare, and several by the metric that raised them.
    """
    info: dict[str, Any] = found.exception_info or {}
    raised = [info] if "raised_exception" in info else list(info.values())
    for exception in raised:
        if exception["raised_exception"]:
            return str(exception["exception_message"]) or "an exception without a message"
    return ""
