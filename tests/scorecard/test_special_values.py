"""Codes of a feature have points and words of their own, and no other value has."""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.cli.app import run_command_line
from plainscore.common.errors import UsageError
from plainscore.scorecards.card import (
    FINEST,
    WHOLE,
    Bin,
    Words,
    with_special_bins,
    with_special_words,
)
from plainscore.scorecards.compile import points_case
from plainscore.scorecards.reading import find_scorecard, read_scorecard
from tests.made_once import copy_ingested_sample
from tests.quick_runs import quick_runs

CARD = """
name = "coded"
version = "1.0.0"
title = "The standard card with codes"
extends = "standard"

[[feature.months_since_late.special]]
value = 999
points = 7
reason = "No bill was ever late, which this card does not reward"
what_to_do = "Nothing"

[[feature.months_since_late.special]]
value = -1
points = 3
reason = "No file was found"
"""


def _earned(bins: Sequence[Bin], value: Decimal) -> int:
    place = bisect_right([one.at_least for one in bins], value)
    return bins[max(place - 1, 0)].points


WIDTHS = st.sampled_from([WHOLE, FINEST])
VALUES = st.integers(-6, 12)


@given(
    edges=st.lists(VALUES, min_size=1, max_size=5, unique=True).map(sorted),
    special=st.dictionaries(VALUES, st.integers(0, 9), max_size=4),
    asked=VALUES,
    width=WIDTHS,
)
def test_a_special_value_has_its_points_and_no_other_value_has(
    edges: list[int], special: Mapping[int, int], asked: int, width: Decimal
) -> None:
    plain = [Bin(Decimal(edge), 10 + place) for place, edge in enumerate(edges)]
    coded = [(Decimal(value), points) for value, points in special.items()]
    bins = with_special_bins(plain, coded, width)
    assert [one.at_least for one in bins] == sorted({one.at_least for one in bins})
    assert {int(one.at_least): one.points for one in bins if one.is_special} == special
    nearby = [Decimal(asked), Decimal(asked) + width, Decimal(asked) - width]
    for value in nearby:
        assert _earned(bins, value) == dict(coded).get(value, _earned(plain, value))


@given(
    low=VALUES, size=st.integers(1, 9), special=st.sets(VALUES, max_size=3), asked=VALUES,
    width=WIDTHS,
)  # fmt: skip
def test_a_special_value_has_its_words_and_ranges_keep_theirs_around_it(
    low: int, size: int, special: set[int], asked: int, width: Decimal
) -> None:
    ranges = [
        Words(None, Decimal(low), "below", ""),
        Words(Decimal(low), Decimal(low + size), "within", ""),
    ]
    coded = [(Decimal(value), f"code {value}", "") for value in special]
    words = with_special_words(ranges, coded, width)
    found = [
        one.reason
        for one in words
        if (one.at_least is None or one.at_least <= asked)
        and (one.below is None or asked < one.below)
    ]
    before = ["below"] if asked < low else ["within"] if asked < low + size else []
    assert found == ([f"code {asked}"] if asked in special else before)


@pytest.fixture
def card_file(tmp_path: Path) -> Path:
    path = tmp_path / "coded.toml"
    path.write_text(CARD, encoding="utf-8")
    return path


def test_sql_gives_a_code_its_points(card_file: Path) -> None:
    feature = read_scorecard(card_file).feature("months_since_late")
    standard = read_scorecard(find_scorecard("standard")).feature("months_since_late")
    assert feature is not None
    assert standard is not None
    values = [-2, -1, 0, 5, 998, 999, 1000, None]
    earned = {}
    for one in (feature, standard):
        sql = f"select list({points_case(one)} order by place) from asked"
        with duckdb.connect() as con:
            con.execute("create table asked (place integer, months_since_late bigint)")
            con.executemany("insert into asked values (?, ?)", list(enumerate(values)))
            [(found,)] = con.execute(sql).fetchall()
        earned[one is feature] = dict(zip(values, found, strict=True))
    assert earned[True] == {**earned[False], -1: 3, 999: 7}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value = -1", "value = 999", "999 is named twice"),
        ("value = -1", "value = -1.5", "must be a whole number"),
        ("points = 7", "points = 700", "pass the feature's most"),
        ("months_since_late", "friend_reliability", "has no meaning beside rule"),
    ],
)
def test_a_code_that_cannot_be_is_refused(
    card_file: Path, old: str, new: str, message: str
) -> None:
    card_file.write_text(CARD.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_scorecard(card_file)


def test_a_person_with_a_code_has_its_points_and_its_words(
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    card_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tmp_path / "data"
    copy_ingested_sample(tmp_path_factory, data)
    run = ["run", "--as-of", "2026-10-31", "--data", str(data), "--no-prefect"]
    with quick_runs():
        assert run_command_line([*run, "--scorecard", str(card_file)]) == 0
    with duckdb.connect(str(data / "plainscore.duckdb"), read_only=True) as con:
        people = con.sql(
            "select person_id, points.months_since_late, reason.reason from points "
            "join features using (person_id) join reason using (person_id) "
            "where features.months_since_late = 999 and code = 'months_since_late' order by all"
        ).fetchall()
        [(after, score)] = con.execute(
            "select score_change, score_then from what_if(?, '2026-10-31', ?, 5)",
            [people[0][0], "months_since_late"],
        ).fetchall()
    assert {(points, reason) for _, points, reason in people} == {
        (7, "No bill was ever late, which this card does not reward")
    }
    capsys.readouterr()
    asked = [people[0][0], "--data", str(data), "--format", "json"]
    assert run_command_line(["what-if", *asked, "--set", "months_since_late=5"]) == 0
    assert json.loads(capsys.readouterr().out)["score_then"] == score
    assert after != 0
    assert run_command_line(["what-if", *asked]) == 0
    acts = [act for way in json.loads(capsys.readouterr().out)["ways"] for act in way["waiting"]]
    assert not [act for act in acts if "999" in act["goal"]]
