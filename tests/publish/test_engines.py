"""Engines back to 1.1 answer everything as the engine that published does.

`make compat` installs them; nothing is fetched here.
"""

from pathlib import Path

import pytest

from tests.publish.engines import PROMISED, Answers, answers, is_installed

CATALOG = "plainscore.duckdb"


@pytest.fixture(scope="module")
def current(autumn: Path) -> Answers:
    """What the engine that published answers, asked from another directory than the catalog's."""
    return answers(autumn / CATALOG, cwd=Path("/"))


@pytest.mark.parametrize("version", PROMISED)
def test_an_older_engine_answers_everything_alike(
    autumn: Path, current: Answers, version: str
) -> None:
    if not is_installed(version):
        pytest.skip(f"DuckDB {version} is not installed side by side: `make compat` does it")
    told = answers(autumn / CATALOG, version)
    assert told.engine == version
    assert told.differing(current) == []


def test_the_answers_are_the_same_from_any_working_directory(
    autumn: Path, current: Answers
) -> None:
    assert answers(Path(CATALOG), cwd=autumn).differing(current) == []


def test_everything_that_was_published_is_asked_and_answered(current: Answers) -> None:
    empty = {question for question, rows in current.rows.items() if not rows}
    assert {"score", "features_all", "explain(person, d)", "psi(d1, d2)"} <= current.rows.keys()
    assert not any("(" in question for question in empty), "a macro without an answer proves little"
