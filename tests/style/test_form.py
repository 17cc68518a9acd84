"""Modules of one topic, short SQL, and nothing of the machine they were written on."""

import ast
import re
from pathlib import Path

import pytest

from tests.style.files import ROOMS, ROOT, modules, name_of, sql_files, texts

MODULE_LINES, SQL_LINES = 600, 100
# Homes and workplaces of people and machines; written so that this line is no finding.
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:home|root|Users|work|mnt|private)(?:/[\w.-]+)")


def test_no_module_is_longer_than_600_lines() -> None:
    assert _too_long(modules(), MODULE_LINES) == []


def test_no_sql_file_is_longer_than_100_lines() -> None:
    assert _too_long(sql_files(), SQL_LINES) == []


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
