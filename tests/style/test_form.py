"""Modules of one topic, short SQL, one class per name, and nothing of one machine."""

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from tests.style.files import ROOMS, ROOT, modules, name_of, sql_files, texts

MODULE_LINES, SMALL_MODULE_LINES, SQL_LINES = 600, 60, 100
# Where features may be named: the method, its questions, and what is held against it.
NAMING_FEATURES = ("transforms/", "queries/", "benchmarks/plain/", "tests/", "docs/", "examples/")
# Homes and workplaces of people and machines; written so that this line is no finding.
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:home|root|Users|work|mnt|private)(?:/[\w.-]+)")
# A flow is a page, however short.
SMALL_ON_PURPOSE = ("flows/backfill.py", "flows/restate.py")


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _engine_modules() -> list[Path]:
    return [path for path in modules() if not name_of(path).startswith("tests/")]


def test_no_module_is_longer_than_600_lines() -> None:
    assert _too_long(modules(), MODULE_LINES) == []


def test_a_module_is_a_topic_and_no_fragment() -> None:
    small = {
        name_of(path)
        for path in _engine_modules()
        if path.name not in ("__init__.py", "__main__.py") and _lines(path) < SMALL_MODULE_LINES
    }
    assert small == set(SMALL_ON_PURPOSE)


def test_no_sql_file_is_longer_than_100_lines() -> None:
    assert _too_long(sql_files(), SQL_LINES) == []


def test_a_class_name_occurs_once() -> None:
    places = defaultdict(list)
    for path in _engine_modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name_of(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_feature_is_named_outside_the_method() -> None:
    """What lists features would have to be edited for a feature of one's own."""
    card = tomllib.loads(
        (ROOT / "transforms" / "scorecards" / "standard.toml").read_text(encoding="utf-8")
    )
    # The table of the neighbour mean has the name of its feature.
    named = re.compile(rf"(?<!scores\.)(?<!planted\.)\b({'|'.join(card['feature'])})\b")
    found = {
        f"{name_of(path)}: {match[0]}"
        for path in texts()
        if "/" in name_of(path) and not name_of(path).startswith((*NAMING_FEATURES, "."))
        for match in named.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set()


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


def _too_long(paths: list[Path], most: int) -> list[str]:
    return [f"{name_of(path)}: {_lines(path)}" for path in paths if _lines(path) > most]
