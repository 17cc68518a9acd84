"""Two scorecards side by side: everyone moves as their two scores say."""

import json
from collections import Counter
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import NothingPublishedError, QuestionError
from plainscore.show.changes import compare_scorecards
from plainscore.show.reader import Snapshots

DAY = date(2026, 10, 31)
BOTH = (
    "from score_all as one inner join score_all as other using (person_id, known_on, run) "
    "where one.as_of_date = ? and other.as_of_date = one.as_of_date and one.scorecard = 'standard' "
    "and other.scorecard = 'reported_b' and one.score is not null and run = '0002'"
)


@pytest.fixture
def forth(snapshots: Snapshots) -> dict[str, Any]:
    return compare_scorecards(snapshots, DAY, "standard", "reported_b")


def test_bands_and_benefits_of_everyone_are_those_of_their_two_scores(
    snapshots: Snapshots, forth: dict[str, Any]
) -> None:
    moves = [one for one in forth["bands"] if one["attribute"] == "everyone"]
    found = {(one["band_from"], one["band_to"]): one["people"] for one in moves}
    counted = snapshots.rows(f"select one.band, other.band, count(*) {BOTH} group by all", (DAY,))
    assert found == {(one, other): people for one, other, people in counted}
    assert len(found) > 2
    for move in (one for one in forth["benefits"] if one["attribute"] == "everyone"):
        [(gate,)] = snapshots.rows(
            "select distinct min_score from benefit_card where benefit = ? and as_of_date = ?",
            (move["benefit"], DAY),
        )
        passed = f"select count(*) {BOTH} and one.score < {gate} and other.score >= {gate}"
        fallen = f"select count(*) {BOTH} and one.score >= {gate} and other.score < {gate}"
        assert snapshots.rows(passed, (DAY,)) == [(move["gained_count"],)], move["benefit"]
        assert snapshots.rows(fallen, (DAY,)) == [(move["lost_count"],)], move["benefit"]


def test_the_other_way_round_ups_are_downs_and_gains_are_losses(
    snapshots: Snapshots, forth: dict[str, Any]
) -> None:
    back = compare_scorecards(snapshots, DAY, "reported_b", "standard")
    moves = itemgetter("attribute", "group_name", "band_from", "band_to", "people")
    turned = itemgetter("attribute", "group_name", "band_to", "band_from", "people")
    assert set(map(moves, forth["bands"])) == set(map(turned, back["bands"]))
    assert [itemgetter("gained_count", "lost_count")(one) for one in forth["benefits"]] == [
        itemgetter("lost_count", "gained_count")(one) for one in back["benefits"]
    ]


def test_the_groups_of_an_attribute_are_everyone(forth: dict[str, Any]) -> None:
    people: Counter[str] = Counter()
    for move in forth["bands"]:
        people[move["attribute"]] += move["people"]
    assert set(people) == {"everyone", "region", "gender", "age_band"}
    assert len(set(people.values())) == 1


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        (("standard", "mine"), "no scorecard 'mine', only standard, reported_b"),
        (("standard", "standard"), "name two scorecards, one of them the champion"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    snapshots: Snapshots, cards: tuple[str, str], said: str
) -> None:
    with pytest.raises(QuestionError, match=said):
        compare_scorecards(snapshots, DAY, *cards)
    with pytest.raises(NothingPublishedError, match="publishes it again"):
        snapshots.rows("from a_view_of_later_code")


def test_the_command_shows_it_as_tables_or_json(
    autumn: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", "--scorecards", "standard", "reported_b", "--data", str(autumn)]
    assert run_command_line(words) == 0
    assert "Who changes band, by group" in capsys.readouterr().out
    assert run_command_line([*words, "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["first"], said["second"]) == ("standard", "reported_b")
    assert run_command_line([*words, "--from", "2026-09-30"]) == 2
