"""Every mistake in a scorecard is refused with file, line and key; the JSON Schema sees most."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plainscore.common.errors import UsageError
from plainscore.project import Project
from plainscore.scorecards.card_text import PACKAGED, ScorecardError, find_scorecard
from plainscore.scorecards.person import ASK_FOR_DATA
from plainscore.scorecards.reading import read_scorecard, read_scorecards, scorecard_schema
from tests.scorecard.mistakes import MISTAKES, STANDARD, Mistake

SCHEMA = scorecard_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_a_mistake_is_reported_with_file_line_and_key(mistake: Mistake, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(mistake.text, encoding="utf-8")
    with pytest.raises(ScorecardError) as raised:
        read_scorecard(path)
    assert str(raised.value).startswith(f"{path}:{mistake.line_no}: {mistake.key}: ")
    assert raised.value.exit_code == 2


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A card that extends the standard one and changes nothing."""
    path = tmp_path / "own.toml"
    path.write_text('extends = "standard"\nname = "own"\n\n', encoding="utf-8")
    return path


def test_a_text_that_is_no_toml_is_reported_with_its_line(own: Path) -> None:
    own.write_text("name = standard", encoding="utf-8")
    with pytest.raises(ScorecardError, match=rf"{re.escape(str(own))}: .*line 1"):
        read_scorecard(own)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            "[feature.paid_bills]\nmissing_points = 11\n",
            "5: feature.paid_bills.missing_points: pass the feature's most, 10",
        ),
        (
            '[[band]]\nname = "all"\nat_least = 400\n',
            "4: band: starts at the base, 350, and ends by 950",
        ),
    ],
)
def test_a_mistake_in_a_card_that_extends_is_reported_in_its_own_file(
    own: Path, more: str, fault: str
) -> None:
    own.write_text(own.read_text() + more, encoding="utf-8")
    with pytest.raises(ScorecardError) as raised:
        read_scorecard(own)
    assert str(raised.value) == f"{own}:{fault}"


def test_a_mistake_of_the_extended_card_is_reported_in_that_file(own: Path) -> None:
    base = own.with_name("house.toml")
    base.write_text(STANDARD.replace("base = 350", "base = -1", 1), encoding="utf-8")
    own.write_text('extends = "house"\nname = "own"\n', encoding="utf-8")
    with pytest.raises(ScorecardError, match=re.escape(f"{base}:")):
        read_scorecard(own)


def test_a_card_that_extends_keeps_what_it_does_not_change(own: Path) -> None:
    read, standard = read_scorecard(own), read_scorecard(find_scorecard("standard"))
    assert (read.name, read.features) == ("own", standard.features)


def test_a_reason_of_its_own_takes_the_words_of_the_extended_card_away(own: Path) -> None:
    own.write_text(own.read_text() + '[feature.worst_days_late]\nreason = "Late"\n')
    read, standard = read_scorecard(own), read_scorecard(find_scorecard("standard"))
    mine, extended = (one.feature("worst_days_late") for one in (read, standard))
    assert mine is not None
    assert extended is not None
    assert (mine.reason, mine.words) == ("Late", ())
    assert (mine.missing_reason, mine.family) == (extended.missing_reason, "lateness")
    assert len(extended.words) == 5


def test_what_a_card_does_not_say_of_a_missing_value_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    words = r'(missing_reason|missing_what_to_do|family) = ".*"\n'
    path.write_text(re.sub(words, "", STANDARD), encoding="utf-8")
    feature = read_scorecard(path).feature("on_time_share")
    assert feature is not None
    assert feature.missing_reason == "No value of on time share is on record"
    assert feature.missing_what_to_do == ASK_FOR_DATA
    assert feature.family == "on_time_share"


def test_a_packaged_name_and_version_stand_for_its_points_alone(tmp_path: Path) -> None:
    path = tmp_path / "scorecard.toml"
    worded = STANDARD.replace('reason = "A card or loan bill is past due now"', 'reason = "Pay"')
    path.write_text(worded, encoding="utf-8")
    assert read_scorecard(path).version == "1.0.0"
    changed = STANDARD.replace("bins = [[0, 0], [1, 3],", "bins = [[0, 0], [1, 4],")
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(ScorecardError) as raised:
        read_scorecard(path)
    line = STANDARD.splitlines().index('version = "1.0.0"') + 1
    assert str(raised.value).startswith(f"{path}:{line}: version: is 1.0.0, as of the packaged")
    for old, new in (('version = "1.0.0"', 'version = "1.1.0"'), ('"standard"', '"own"')):
        path.write_text(changed.replace(old, new, 1), encoding="utf-8")
        assert read_scorecard(path).hash != read_scorecard(find_scorecard("standard")).hash
    other = '[[band]]\nname = "all"\nat_least = 350\n'
    path.write_text(f'extends = "standard"\n{other}', encoding="utf-8")
    with pytest.raises(ScorecardError, match="which gives other points or bands"):
        read_scorecard(path)


def test_a_card_is_utf_8_with_or_without_a_byte_order_mark(own: Path) -> None:
    own.write_text(STANDARD, encoding="utf-8-sig")
    assert read_scorecard(own) == read_scorecard(find_scorecard("standard"))
    own.write_text('name = "für"', encoding="latin-1")
    with pytest.raises(ScorecardError, match="save it as UTF-8"):
        read_scorecard(own)


def test_a_card_cannot_extend_itself(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / f"{name}.toml").write_text(f'extends = "{other}"\n', encoding="utf-8")
    with pytest.raises(ScorecardError, match="extends itself"):
        read_scorecard(tmp_path / "one.toml")


def test_an_unknown_card_is_reported_with_the_packaged_ones() -> None:
    with pytest.raises(UsageError, match=r"no scorecard 'stadard'.*reported_b_3, standard"):
        find_scorecard("stadard")


def test_a_path_may_be_relative_to_the_project(tmp_path: Path) -> None:
    """Its plainscore.toml may be in the data directory, whatever the current directory is."""
    (tmp_path / "own.toml").write_text(STANDARD, encoding="utf-8")
    with pytest.raises(UsageError, match="no scorecard"):
        find_scorecard("own.toml")
    assert find_scorecard("own.toml", Project(tmp_path).method) == tmp_path / "own.toml"
    with pytest.raises(UsageError, match="the project has none by name"):
        find_scorecard("standard", Project(tmp_path, "none").method)


def test_cards_of_one_run_have_different_names_and_the_same_rules(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="share a name"):
        read_scorecards(("standard", "standard"))
    path = tmp_path / "own.toml"
    text = STANDARD.replace('name = "standard"', 'name = "own"', 1)
    path.write_text(text.replace("at_least = 180", "at_least = 90", 1), encoding="utf-8")
    with pytest.raises(UsageError, match=r"standard and own differ in \[\[not_scored\]\]"):
        read_scorecards(("standard", str(path)))


def test_a_run_needs_a_card() -> None:
    with pytest.raises(UsageError, match="at least one scorecard"):
        read_scorecards(())


def test_the_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(PACKAGED.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_card_is_valid(path: Path) -> None:
    assert [error.message for error in _errors(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_the_schema_sees_a_mistake_where_a_schema_can(mistake: Mistake) -> None:
    assert bool(_errors(mistake.text)) == mistake.in_schema


def test_a_card_that_extends_may_hold_only_what_differs() -> None:
    text = 'extends = "standard"\nname = "own"\n[feature.paid_bills]\nmissing_points = 1'
    assert _errors(text) == []


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
