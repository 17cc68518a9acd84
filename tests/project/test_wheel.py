"""A wheel holds every file that the code reads, and nothing that a run left behind."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house.files import LANDED, ROOMS, ROOT

# Tests and benchmarks are of the checkout.
PACKAGES = (*(room for room in ROOMS if room not in ("tests", "benchmarks")), "queries")
# What stands in a room beside its modules, and is none of a wheel's.
LEFT_OUT = ("__pycache__", *LANDED, "sample")


def _declared() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    setuptools: dict[str, Any] = project["tool"]["setuptools"]
    return setuptools


def _data_files(package: str) -> set[Path]:
    return {
        path
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".py" and not path.name.startswith(".")
        if not set(path.relative_to(ROOT).parts) & set(LEFT_OUT)
        if path.parent != ROOT / "data" or path.name == "py.typed"
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_beside_a_module_goes_into_the_wheel(package: str) -> None:
    globs = _declared()["package-data"]
    taken = {
        path
        for pattern in (*globs["*"], *globs.get(package, []))
        for path in (ROOT / package).glob(pattern)
    }
    assert _data_files(package) - taken == set()


def test_every_room_goes_into_the_wheel_but_tests_and_what_runs_left() -> None:
    find = _declared()["packages"]["find"]
    assert {name.rstrip("*") for name in find["include"]} == set(PACKAGES)
    assert {name.rstrip("*") for name in find["exclude"]} == {
        f"data.{folder}" for folder in (*LANDED, "sample")
    }


def test_every_room_says_that_it_is_typed() -> None:
    assert all((ROOT / package / "py.typed").exists() for package in PACKAGES[:-1])


def test_no_file_is_read_from_beside_the_rooms() -> None:
    """Of an installed wheel there is nothing there."""
    climbing = re.compile(r"parents\[|\.parent\.parent")
    found = {
        path.relative_to(ROOT).as_posix()
        for room in PACKAGES
        for path in (ROOT / room).rglob("*.py")
        if "__file__" in (text := path.read_text(encoding="utf-8")) and climbing.search(text)
    }
    assert found == {"flows/project/making.py"}  # queries/ is a neighbour in a wheel, too
