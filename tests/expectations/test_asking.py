"""How Great Expectations is asked, and what becomes of an answer that is none."""

from dataclasses import replace

import duckdb
import pytest

from plainscore.checks.judge import judge
from tests.expectations.rent import RENT, judge_rent, not_passed
from tests.expectations.small_house import DATES


class CountingConnection:
    """A connection that counts what is executed on it."""

    def __init__(self, con: duckdb.DuckDBPyConnection):
        self.con = con
        self.statements: list[str] = []

    def execute(self, sql: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        self.statements.append(sql)
        return self.con.execute(sql, parameters)

    def __getattr__(self, name: str) -> object:
        return getattr(self.con, name)


def test_gx_is_asked_once_about_all_columns_of_a_table(rent: duckdb.DuckDBPyConnection) -> None:
    counting = CountingConnection(rent)
    table = replace(RENT, checks=())
    assert not not_passed(judge(counting, [table], "staging", DATES.parameters))  # type: ignore[arg-type]
    asked = [sql for sql in counting.statements if "value_hash is null" in sql]
    assert len(asked) == 1
    assert "paid_cents < 0" in asked[0]


class InterruptedConnection(CountingConnection):
    """A connection on which Ctrl-C comes while a row-level check is asked."""

    def execute(self, sql: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        if "share not in (0, 1)" in sql:
            raise duckdb.InterruptException("INTERRUPT Error: Query interrupted")
        return super().execute(sql, parameters)


def test_an_interruption_during_a_check_is_no_finding(rent: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(KeyboardInterrupt):
        judge_rent(InterruptedConnection(rent))  # type: ignore[arg-type]


def test_what_gx_refuses_without_a_broken_row_is_an_error(
    rent: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "plainscore.checks.no_rows.ExpectNoRows._validate", lambda *_, **__: {"success": False}
    )
    results = not_passed(judge_rent(rent))
    assert {result.outcome for result in results} == {"error"}
    assert "no row breaks it" in results[0].examples
