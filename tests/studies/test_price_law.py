"""What standard_3 lets no one buy: the price list is played on the sample, and holds the law."""

import shutil
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from plainscore.analysis.gaming import built_scores
from plainscore.analysis.prices import FRESH, choose_people, price_list
from plainscore.analysis.scenarios import open_people
from plainscore.contracts import SnapshotDates
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import read_settings
from tests.flows.conftest import SAMPLE

DAY = date(2026, 10, 31)
CARD = "standard_3"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """The scores of the sample by the card that makes points cost what they are worth."""
    data = tmp_path_factory.mktemp("prices")
    shutil.copytree(SAMPLE / "landing", data / "landing")
    settings = read_settings(data, scorecards=(CARD,))
    open_people(data, None, None, settings)
    with built_scores(data, SnapshotDates(DAY, DAY), settings) as engine:
        yield engine


def _people(sample: DuckDBEngine) -> list[str]:
    keys = choose_people(sample)
    sql = "select person_key, person_id from events.person where list_contains(?, person_key)"
    ids = dict(sample.con.execute(sql, [keys]).fetchall())
    return [ids[key] for key in keys]


@pytest.fixture(scope="module")
def rows(sample: DuckDBEngine) -> list[dict[str, Any]]:
    lowest, _, middle, *_ = _people(sample)
    played = [lowest, middle, FRESH]
    return price_list(sample, read_scorecards((CARD,)), played, (89, 179, 181))


def test_a_hundred_points_take_180_days_and_1000_moved(rows: list[dict[str, Any]]) -> None:
    dear = [row for row in rows if (row["points_gained"] or 0) >= 100]
    for row in dear:
        if row["goal"] != "own bills paid":
            assert row["days"] >= 180, row
            assert row["cents"] >= 1_000_00, row


def test_below_90_days_and_100_moved_no_one_gains_more_than_20(rows: list[dict[str, Any]]) -> None:
    cheap = [row for row in rows if row["days"] < 90 and row["goal"] == "most below 100.00"]
    assert len(cheap) == 2
    for row in cheap:
        assert row["cents"] < 100_00
        assert 0 <= row["points_gained"] <= 20, row


def test_a_fresh_identity_below_1000_in_181_days_is_fair_at_most(
    rows: list[dict[str, Any]],
) -> None:
    [fresh] = [
        row for row in rows if row["person_id"] == FRESH and row["goal"] == "most below 1,000.00"
    ]
    assert (fresh["days"], fresh["score_before"]) == (181, None)
    assert fresh["cents"] < 1_000_00
    assert fresh["band"] in ("poor", "fair"), fresh


def test_no_one_is_scored_before_the_account_is_old_enough(rows: list[dict[str, Any]]) -> None:
    assert {row["days"] for row in rows if row["person_id"] == FRESH} == {181}
