"""`plainscore synthesise` says what it made, in three formats, and refuses with a reason."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.setup import synthesise
from plainscore.synthetic.world import WorldError

_DAYS = {"from_": date(2025, 1, 1), "to": date(2025, 1, 31)}


def test_the_table_names_rows_and_targets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synthesise(people=120, data=tmp_path, **_DAYS) is None
    printed = capsys.readouterr().out
    assert "made" in printed
    assert "clustering" in printed
    assert "not in this window" in printed
    synthesise(people=120, data=tmp_path, **_DAYS)
    assert "nothing to do" in capsys.readouterr().out


def test_json_and_csv_carry_the_same_targets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    synthesise(people=120, data=tmp_path, output_format="json", **_DAYS)
    as_json = json.loads(capsys.readouterr().out)
    synthesise(people=120, data=tmp_path, output_format="csv", **_DAYS)
    as_csv = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert as_json["is_new"] is True
    assert set(as_json["rows"]) == {"profile", "purchase", "payment", "service", "friendship"}
    assert [row["name"] for row in as_csv] == [row["name"] for row in as_json["targets"]]


def test_another_world_in_the_folder_is_refused(tmp_path: Path) -> None:
    synthesise(people=120, data=tmp_path, output_format="csv", **_DAYS)
    with pytest.raises(WorldError, match="differs in: people"):
        synthesise(people=121, data=tmp_path, output_format="csv", **_DAYS)
