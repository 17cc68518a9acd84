"""`plainscore gaming` on the published sample: tried, planted and searched for."""

import csv
import json
from pathlib import Path

import pytest

from plainscore.analysis import prices
from plainscore.cli.study import gaming
from plainscore.common.errors import InputRefused, UsageError
from plainscore.runs.run import SnapshotOutcome

Published = tuple[Path, SnapshotOutcome]


def test_what_was_tried_is_printed_for_people_and_for_programs(
    published_once: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    data, _ = published_once
    gaming(data=data, output_format="json")
    rows = json.loads(capsys.readouterr().out)
    assert {row["scorecard"] for row in rows} == {"standard_3", "reported_b_3"}
    assert all(row["most_distance_ppm"] <= row["distance_bound_ppm"] for row in rows)
    fakes = [row for row in rows if row["attack"] == "fake_friends"]
    assert [row["friend_points_gained"] for row in fakes] == [0] * 8
    gaming(data=data)
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["scorecard", "attack", "friends", "months"]
    assert len(lines) == len(rows)


def test_planted_attackers_are_measured_and_noone_else_moves(
    published_once: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    data, _ = published_once
    gaming(data=data, truth=data / "landing" / "_truth", output_format="json")
    rows = json.loads(capsys.readouterr().out)
    assert {row["kind"] for row in rows} >= {"ring", "score_group", "no attack"}
    for row in rows:
        if row["kind"] == "no attack":
            moved = (row["social_points_gained"], row["most_social_points_gained"])
            assert (*moved, row["loser_count"]) == (0, 0, 0)
        if row["role"] == "fake":
            assert row["scored_count"] == 0


def test_the_price_list_names_goals_and_what_each_act_gains(
    published_once: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No further than single actions are searched here: tests/studies/test_prices.py searches."""
    data, _ = published_once
    search = prices.search
    monkeypatch.setattr(prices, "search", lambda *play, **_: search(*play, is_single=True))
    gaming(data=data, card=("standard",), single_actions=True, days=(8,), output_format="csv")
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("scorecard,person_id,days,goal,score_before,score_after,points_gained")
    rows = list(csv.DictReader([head, *lines]))
    assert {(row["scorecard"], row["goal"], row["days"]) for row in rows} == {
        ("standard", "alone", "8")
    }
    assert len({row["person_id"] for row in rows}) == 5
    gaming(data=data, card=("standard", "standard_3"), person=("fresh identity",), days=(181,))
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["goal", "scorecard", "181", "days"]
    assert lines[0].startswith("fresh identity: most below 100.00")
    assert {"standard", "standard_3"} <= set(" ".join(lines).split())


def test_what_cannot_be_told_is_refused(published_once: Published, tmp_path: Path) -> None:
    data, _ = published_once
    with pytest.raises(InputRefused, match=r"has no attack.parquet and no attack_tie.parquet"):
        gaming(data=data, truth=tmp_path)
    with pytest.raises(UsageError, match="one at a time"):
        gaming(data=data, truth=tmp_path, card=("standard",))
    with pytest.raises(UsageError, match="noone is not scored as of 2026-10-31"):
        gaming(data=data, card=("standard",), person=("noone",))
