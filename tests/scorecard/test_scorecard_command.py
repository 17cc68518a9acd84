"""`plainscore scorecard` shows a card, the SQL that runs, or what is wrong."""

import json
from pathlib import Path

import pytest

from plainscore.cli.study import scorecard
from plainscore.common.errors import UsageError
from tests.scorecard.mistakes import STANDARD
from tests.transforms.worked_example import house


def test_without_a_name_the_cards_of_the_settings_are_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert scorecard(data=tmp_path, output_format="json") is None
    assert [card["name"] for card in json.loads(capsys.readouterr().out)] == [
        "standard_3", "reported_b_3",
    ]  # fmt: skip


def test_the_sql_printed_is_the_sql_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    scorecard("standard", "reported_b", sql=True)
    printed = capsys.readouterr().out
    for name in ("features.scoring_status", "scores.own_points", "scores.points", "scores.reason"):
        assert f"{house()[name].sql};\n" in printed


def test_a_card_that_is_fit_is_said_to_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_text('extends = "standard"\nname = "own"\n', encoding="utf-8")
    assert scorecard(str(path), check=True) is None
    assert capsys.readouterr().out == ("own 1.0.0 can run: 32 features, 350 to 950 points\n")


def test_a_card_that_is_not_fit_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(STANDARD.replace("max_points = 210", "max_points = 200", 1), encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.toml:\d+: factor\.credit_history\.max_points:"):
        scorecard(str(path), check=True)


def test_a_card_with_a_feature_that_no_table_has_is_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    renamed = STANDARD.replace("[feature.paid_bills", "[feature.shoe_size")
    path.write_text(renamed, encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.toml:\d+: feature\.shoe_size:"):
        scorecard(str(path), check=True)


def test_the_schema_is_printed_for_editors(capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard(schema=True) is None
    printed = json.loads(capsys.readouterr().out)
    assert "utilisation" in printed["else"]["properties"]["feature"]["propertyNames"]["enum"]
