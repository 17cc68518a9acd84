"""`plainscore synthesise` says what it made, in three formats."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from plainscore.cli.setup import synthesise
from plainscore.synthetic.world import WorldError
from tests.synthetic.conftest import LOG_NAMES


def test_the_same_figures_are_printed_in_three_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(output_format: Literal["table", "json", "csv"], people: int = 120) -> str:
        first, last = date(2025, 1, 1), date(2025, 1, 31)
        synthesise(people=people, data=tmp_path, from_=first, to=last, output_format=output_format)
        return capsys.readouterr().out

    table = printed("table")
    assert all(words in table for words in (" made", "clustering", "not in this window"))
    assert "nothing to do" in printed("table")
    as_json = json.loads(printed("json"))
    assert as_json["is_new"] is False
    assert set(as_json["rows"]) == set(LOG_NAMES)
    as_csv = list(csv.DictReader(io.StringIO(printed("csv"))))
    assert [row["name"] for row in as_csv] == [row["name"] for row in as_json["targets"]]
    with pytest.raises(WorldError, match="differs in: people"):
        printed("csv", people=121)
