"""Another value, another score: exactly the one that the pipeline would give."""

import json
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.show.errors import QuestionError
from plainscore.show.record import Record, read_record
from plainscore.show.snapshots import Snapshots
from plainscore.show.what_if import read_values, what_if
from tests.publish.invented import OCTOBER_LATER, engine, person_id

DAY = date(2026, 10, 31)
WHO = 7
SETTINGS = ("utilisation=0.05", "savings_months=12", "on_time_share=missing", "two_way_months=60")


@pytest.fixture
def record(snapshots: Snapshots) -> Record:
    return read_record(snapshots, person_id(WHO), DAY)


def test_several_values_at_once_give_what_the_transforms_give(
    snapshots: Snapshots, record: Record
) -> None:
    told = what_if(snapshots, record, read_values(SETTINGS, record))
    update = f"update {{}} set {{}} where person_key = {WHO}"
    edits = {
        "features.performance_reliability": "utilisation = 0.05",
        "features.household": "savings_months = 12",
        "features.credit_history": "on_time_share = null",
        "features.social_connections": "two_way_months = 60",
    }
    edited = {table: update.format(table, change) for table, change in edits.items()}
    made = engine(OCTOBER_LATER, seed=3, edits=edited)
    row = made.con.execute(
        "select score, band from scores.score where scorecard = 'standard' and person_key = ?",
        [WHO],
    ).fetchone()
    made.close()
    assert (told.score_then, told.band_then) == row
    assert told.score_then != told.score_now


def test_every_single_value_is_worth_what_the_macro_says(
    snapshots: Snapshots, record: Record
) -> None:
    for name, feature in record.features.items():
        for value in (None, 0.0, 1.0, feature.value):
            if value is None and feature.missing_points is None:
                continue
            told = what_if(snapshots, record, {name: value})
            asked = (record.person_id, DAY, name, value)
            rows = snapshots.rows("select score_then, band_then from what_if(?, ?, ?, ?)", asked)
            assert [(told.score_then, told.band_then)] == rows, name


def test_the_changed_features_sum_to_the_change(snapshots: Snapshots, record: Record) -> None:
    told = what_if(snapshots, record, read_values(SETTINGS, record))
    change = sum(one.points_then - one.points_now for one in told.features)
    assert told.score_now + change == told.score_then


def test_benefits_open_and_close_with_the_score(snapshots: Snapshots, record: Record) -> None:
    best = {name: one.most_value for name, one in record.features.items() if one.most_value == 1}
    for told in (what_if(snapshots, record, best), what_if(snapshots, record, {})):
        gates = snapshots.rows(
            "select benefit from benefit_card where scorecard_no = 1 and as_of_date = ? "
            "and min_score > ? and min_score <= ?",
            (DAY, *sorted((told.score_now, told.score_then))),
        )
        moved = told.opens if told.score_then > told.score_now else told.closes
        assert set(moved) == {name for (name,) in gates}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("utilisation", "write feature=value"),
        ("utilisatoin=1", "the nearest is utilisation"),
        ("utilisation=much", "write a number, or utilisation=missing"),
        ("utilisation=nan", "write a number"),
        ("utilisation=3", "utilisation is at least 0 and at most 2"),
        ("paid_bills=1.5", "a whole number of bills"),
        ("friend_reliability=missing", "never missing of who is scored"),
    ],
)
def test_what_cannot_be_meant_is_refused(record: Record, setting: str, told: str) -> None:
    with pytest.raises(QuestionError, match=told):
        read_values([setting], record)


def test_a_feature_set_twice_is_refused(record: Record) -> None:
    with pytest.raises(QuestionError, match="set twice"):
        read_values(["paid_bills=1", "paid_bills=2"], record)


def test_who_is_not_scored_is_told_which_rule_stands_in_the_way(
    autumn: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["what-if", person_id(0), "--data", str(autumn)]) == 2
    assert "(N5). What to do: " in capsys.readouterr().err


def test_the_command_answers_in_json(autumn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["what-if", person_id(WHO), "--data", str(autumn), "--format", "json"]
    sets = [word for setting in SETTINGS for word in ("--set", setting)]
    assert run_command_line([*words, *sets]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["score_then"] == told["score_now"] + sum(
        one["points_then"] - one["points_now"] for one in told["features"]
    )
    assert run_command_line(words) == 0
    assert {"next_band", "at_least", "ways"} <= set(json.loads(capsys.readouterr().out))
