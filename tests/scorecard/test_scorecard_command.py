"""`plainscore scorecard` shows a card, the SQL that runs, or what is wrong."""

import csv
import io
import json
from pathlib import Path

import pytest

from plainscore.cli.study import scorecard
from plainscore.common.errors import UsageError
from tests.oracle.score import CARD, FEATURES
from tests.scorecard.mistakes import STANDARD
from tests.transforms.worked_example import house


def test_the_table_shows_every_feature_band_rule_and_benefit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert scorecard("standard") is None
    printed = capsys.readouterr().out
    for shown in (*FEATURES, "350 to 950 points", "outstanding from 700", "N3", "japan_visa"):
        assert shown in printed


def test_without_a_name_the_cards_of_the_settings_are_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert scorecard(data=tmp_path, output_format="json") is None
    assert [card["name"] for card in json.loads(capsys.readouterr().out)] == [
        "standard_3", "reported_b_3",
    ]  # fmt: skip


def test_json_has_every_number_of_the_card(capsys: pytest.CaptureFixture[str]) -> None:
    scorecard("standard", output_format="json")
    (card,) = json.loads(capsys.readouterr().out)
    assert card["base"] == 350
    assert card["factor_caps"]["social_connections"] == 30
    assert card["features"][0]["bins"][1] == {
        "at_least": 0.7,
        "points": 15,
        "is_special": False,
    }
    assert len(card["hash"]) == 64


def test_csv_has_one_line_per_bin_and_missing_value(capsys: pytest.CaptureFixture[str]) -> None:
    scorecard("standard", output_format="csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    binned = [row for row in CARD if row.bins]
    assert len(rows) == sum(len(row.bins) + 1 for row in binned)
    of_first = [(row["at_least"], row["points"]) for row in rows if row["feature_no"] == "1"]
    assert of_first[:3] == [("", "20"), ("0.0", "0"), ("0.7", "15")]


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


def test_an_unknown_card_is_reported() -> None:
    with pytest.raises(UsageError, match="no scorecard 'noone'"):
        scorecard("noone")
