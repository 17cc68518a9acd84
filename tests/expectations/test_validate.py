"""What Great Expectations is given, and what becomes of an answer that contradicts the checks."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from plainscore.checks import validate as validate_module
from plainscore.checks.validate import check, validate
from plainscore.checks.verdicts import SMALL, CheckResult, check_constraints
from tests.expectations.rent import RENT, check_rent, not_passed
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


@pytest.mark.parametrize("rows", [SMALL, SMALL + 1])
def test_a_table_is_asked_one_query(rent: duckdb.DuckDBPyConnection, rows: int) -> None:
    counting = CountingConnection(rent)
    results = check_constraints(counting, [RENT], "staging", DATES.parameters, rows)  # type: ignore[arg-type]
    assert not not_passed(results)
    columns, asked = counting.statements
    assert "duckdb_columns()" in columns
    assert "value_hash is null" in asked
    assert "share not in (0, 1)" in asked
    assert asked.count("from staging.rent") == (3 if rows <= SMALL else 13)


class InterruptedConnection(CountingConnection):
    """A connection on which Ctrl-C comes while a row-level check is asked."""

    def execute(self, sql: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        if "share not in (0, 1)" in sql:
            raise duckdb.InterruptException("INTERRUPT Error: Query interrupted")
        return super().execute(sql, parameters)


def test_an_interruption_during_a_check_is_no_finding(rent: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(KeyboardInterrupt):
        check_rent(InterruptedConnection(rent))  # type: ignore[arg-type]


def _result(name: str, outcome: str, failed_count: int = 0) -> CheckResult:
    return CheckResult("staging", "staging.rent", name, "fail", outcome, failed_count, "[]")  # type: ignore[arg-type]


def test_great_expectations_names_the_checks_that_it_refuses() -> None:
    accepted = [_result("fine", "passed"), _result("so so", "warned", 1)]
    refused = [_result("off", "failed", 2), _result("stuck", "error")]
    assert validate(accepted).success
    validation = validate(accepted + refused)
    assert not validation.success
    (found,) = validation.results
    assert found.expectation_config.severity == "critical"
    assert found.result["element_count"] == 4
    names = [one["check_name"] for one in found.result["partial_unexpected_index_list"]]
    assert names == ["off", "stuck"]


def test_what_great_expectations_refuses_without_a_broken_row_is_an_error(
    rent: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = SimpleNamespace(success=False)
    monkeypatch.setattr(validate_module, "validate", lambda *_: refused)
    monkeypatch.setattr(validate_module, "check_assertions", lambda *_: [])
    (result,) = not_passed(check(rent, [RENT], "staging", DATES.parameters))
    assert (result.outcome, result.table_name) == ("error", "staging")
    assert "Great Expectations refuses" in result.examples


def test_a_validation_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    validate([_result("fine", "passed")])
    assert list(tmp_path.iterdir()) == []


IN_A_PROCESS = """
import sys, threading
from plainscore.checks import validate
from plainscore.checks.verdicts import CheckResult
passed = CheckResult("staging", "staging.rent", "fine", "fail", "passed", 0, "[]")
def importing():
    return sum(one.name.startswith("import great") for one in threading.enumerate())
"""


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that has not imported Great Expectations."""
    return subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS + code], capture_output=True, text=True, check=False
    )


def test_the_first_check_waits_for_the_thread_that_imports() -> None:
    done = in_a_process("""
validate.import_in_background()
validate.import_in_background()
assert importing() == 1 and "great_expectations.checkpoint" not in sys.modules
assert validate.validate([passed]).success
assert importing() == 0
validate.import_in_background()
assert importing() == 0
for name in validate.NOT_NEEDED:
    assert type(sys.modules[name]).__name__ == "_LazyModule", name
import scipy.stats, altair
assert scipy.stats.norm.cdf(0) == 0.5 and altair.Chart
""")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_import_that_fails_in_the_thread_fails_at_the_first_check() -> None:
    done = in_a_process("""
sys.modules["marshmallow"] = None
validate.import_in_background()
try:
    validate.validate([passed])
except ModuleNotFoundError as error:
    assert error.name == "marshmallow", error
else:
    raise AssertionError("no error")
""")
    assert (done.returncode, done.stderr) == (0, "")
