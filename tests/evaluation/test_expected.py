"""What a card says of its odds is published by score, and held against what became of people."""

import math
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.show.reader import open_snapshots
from tests.evaluation.conftest import DAY, SAMPLE
from tests.quick_runs import quick_runs

CARD = """
name = "with_odds"
version = "1"
title = "The standard card, and odds for it"
extends = "standard"
[points_to_odds]
at_score = 700
odds = 19
points_to_double = 40.5
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("expected")
    (folder / "landing").symlink_to(SAMPLE, target_is_directory=True)
    (folder / "card.toml").write_text(CARD)
    words = ["--plain", "--as-of", str(DAY), "--data", str(folder)]
    cards = ["--scorecard", str(folder / "card.toml"), "--scorecard", "standard"]
    with quick_runs():
        assert run_command_line(["run", *words, *cards]) == 0
    assert run_command_line(["evaluate", "--data", str(folder)]) == 0
    return folder


def test_the_expected_share_of_everyone_follows_from_their_score(data: Path) -> None:
    with open_snapshots(data) as snapshots:
        rows = snapshots.rows("select person_id, score, expected_ppm from expected order by 1")
        scores = snapshots.rows(
            "select person_id, score from score where score is not null order by 1"
        )
    assert [row[:2] for row in rows] == scores
    for _, score, ppm in rows:
        assert ppm == math.floor(1e6 / (1 + 19 * 2 ** ((score - 700) / 40.5)) + 0.5)


def test_expected_and_observed_shares_of_a_band_stand_beside_each_other(data: Path) -> None:
    with open_snapshots(data) as snapshots:
        found = snapshots.rows(
            "select band_no, expected_share, is_as_expected, "
            "expected_share between bad_share_low and bad_share_high "
            "from calibration where scorecard = 'with_odds' order by band_no"
        )
        means = snapshots.rows(
            "select band_no, avg(expected_ppm) / 1e6 from expected inner join outcome "
            "using (person_id, as_of_date) inner join score using (person_id, as_of_date) "
            "group by band_no order by band_no"
        )
        other = snapshots.rows(
            "select distinct expected_share, is_as_expected from calibration "
            "where scorecard = 'standard'"
        )
    assert [(band, pytest.approx(share)) for band, share, *_ in found] == means
    assert all(verdict == is_within for *_, verdict, is_within in found)
    assert other == [(None, None)]
