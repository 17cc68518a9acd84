"""Short modules, short SQL, short functions, and nothing of the machine they were written on."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.files import ROOMS, ROOT, modules, name_of, sql_files, texts

MODULE_LINES, SQL_LINES, FUNCTION_LINES = 300, 100, 50
# Homes and workplaces of people and machines; written so that this line is no finding.
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:home|root|Users|work|mnt|private)(?:/[\w.-]+)")


def test_no_module_is_longer_than_300_lines() -> None:
    assert _too_long(modules(), MODULE_LINES) == []


def test_no_sql_file_is_longer_than_100_lines() -> None:
    assert _too_long(sql_files(), SQL_LINES) == []


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{name_of(path)}: {function.name}"
        for path in modules()
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if _body_lines(function) > FUNCTION_LINES
    ]
    assert long == []


def test_no_file_names_a_place_on_a_machine() -> None:
    found = [
        f"{name_of(path)}, line {number}: {match[0]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for match in MACHINE_PATH.finditer(line)
    ]
    assert found == []


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "tests"])
def test_every_module_says_what_it_is_for(room: str) -> None:
    silent = [
        name_of(path)
        for path in modules()
        if path.is_relative_to(ROOT / room)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_nothing_asks_the_connection_that_a_whole_process_shares() -> None:
    """A row that one reader of it left unread makes the next one, anywhere, fail."""
    shared = re.compile(r"\bduckdb\.(?!connect\b|extract_statements\b)[a-z_]+\(")
    found = [
        f"{name_of(path)}, line {number}"
        for path in modules()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if shared.search(line)
    ]
    assert found == []


def _too_long(paths: list[Path], limit: int) -> list[str]:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{name}: {length} lines" for name, length in lengths.items() if length > limit]


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring: a contract may be long."""
    first = function.body[0]
    docstring = 0
    if ast.get_docstring(function) is not None:
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring
