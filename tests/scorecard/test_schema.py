"""The JSON Schema for editors takes the shipped cards and sees the mistakes that it can see."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plainscore.scorecards.reading import PACKAGED, scorecard_schema
from tests.scorecard.mistakes import MISTAKES, Mistake

SCHEMA = scorecard_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(PACKAGED.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_card_is_valid_and_names_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [error.message for error in _errors(text)] == []
    assert text.startswith("#:schema scorecard.schema.json\n")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_the_schema_sees_a_mistake_where_a_schema_can(mistake: Mistake) -> None:
    assert bool(_errors(mistake.text)) == mistake.in_schema


def test_a_card_that_extends_may_hold_only_what_differs() -> None:
    assert (
        _errors('extends = "standard"\nname = "own"\n[feature.paid_bills]\nmissing_points = 1')
        == []
    )


@pytest.mark.parametrize(
    "text",
    [
        'extends = "standard"\nceiling = 950',
        'extends = "standard"\n[feature.shoe_size]\nmissing_points = 1',
        'extends = "standard"\n[feature.paid_bills]\nmissing_points = -1',
        'name = "alone"',
    ],
)
def test_a_card_that_extends_is_held_to_the_same_form(text: str) -> None:
    assert _errors(text)


def _errors(text: str) -> list[Any]:
    return list(VALIDATOR.iter_errors(tomllib.loads(text)))
