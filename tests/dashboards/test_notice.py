"""A notice to a person: true words, exact numbers with other data, and where the data came from."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.cli.output import filled
from plainscore.common.errors import QuestionError
from plainscore.erasure.search import DeliveredEvents
from plainscore.scorecards.person import CardFeature, PersonOnCard
from plainscore.show.person import explain, read_card, read_people
from plainscore.show.reader import Snapshots
from plainscore.show.terminal import TEMPLATE, notice, page_values
from tests.oracle.score import CARD
from tests.publish.invented import PEOPLE, person_id

DAY = date(2026, 10, 31)
MISSING = {row.missing_reason for row in CARD}


@pytest.fixture
def everyone(snapshots: Snapshots) -> list[PersonOnCard]:
    ids = [person_id(key) for key in range(PEOPLE)]
    return read_people(snapshots, read_card(snapshots, DAY), ids)


def page(person: PersonOnCard, benefit: str | None = None) -> str:
    events = [DeliveredEvents("payment", "bank", 1234, DAY, DAY)]
    return filled(TEMPLATE, **page_values(notice(person, benefit, events)))


def value_within(words: str, feature: CardFeature) -> float:
    """Return a value of a range in words."""
    edges = [float(one) for one in re.findall(r"-?[\d.]+(?:e[+-]\d+)?", words)]
    return edges[0] - 1 if words.startswith("below") else edges[0]


def test_scores_with_other_data_are_those_of_the_card(everyone: list[PersonOnCard]) -> None:
    seen = set()
    for one in (person for person in everyone if person.score is not None):
        for other in notice(one, None)["other_data"]:
            feature = one.card.feature(other["feature"])
            earned = {points for _, points in feature.bins} - {one.points[feature.feature]}
            assert {row["points"] for row in other["results"]} == earned
            for row in other["results"]:
                value = value_within(row["values"], feature)
                assert one.with_(**{feature.feature: value}).score == row["score_then"], row
                seen.add(feature.feature)
    assert len(seen) > 5


def test_a_reason_without_a_value_is_on_the_list_of_what_is_not_on_record(
    everyone: list[PersonOnCard],
) -> None:
    count = 0
    for one in everyone:
        found = notice(one, None)
        sentences = {row["reason"]: row["features"] for row in found["not_on_record"]}
        assert sentences.keys() <= MISSING
        lacking = {f.feature for f in one.card.features if f.bins and one.values[f.feature] is None}
        assert {name for names in sentences.values() for name in names} == lacking
        for row in found["reasons"]:
            assert (row["reason"] in MISSING) == row["is_missing"] == (row["code"] in lacking)
            count += row["is_missing"]
    assert count


def test_untrue_words_of_earlier_versions_are_not_repeated(everyone: list[PersonOnCard]) -> None:
    one = next(person for person in everyone if any(row["is_missing"] for row in person.reasons))
    plain = tuple(replace(feature, missing_reason=None) for feature in one.card.features)
    late = tuple({**row, "reason": "Paid late", "what_to_do": "Pay"} for row in one.reasons)
    old = replace(one, card=replace(one.card, features=plain), reasons=late)
    for row in notice(old, None)["reasons"]:
        nothing = f"No value of {row['code'].replace('_', ' ')} is on record"
        assert row["reason"] == (nothing if row["is_missing"] else "Paid late")


def test_what_was_asked_for_is_open_or_so_many_points_away(everyone: list[PersonOnCard]) -> None:
    gates = {one.benefit: one.min_score for one in everyone[0].card.benefits}
    states = set()
    for one in everyone:
        for benefit, gate in gates.items():
            found = notice(one, benefit)
            is_open = one.score is not None and one.score >= gate
            assert found["asked"]["is_open"] == is_open
            short = None if one.score is None else max(0, gate - one.score)
            assert found["asked"]["points_short"] == short
            assert all(way["score_then"] >= gate for way in found["ways"])
            assert not (is_open and found["ways"])
            states.add((is_open, short is None))
    assert states == {(True, False), (False, False), (False, True)}


def test_an_unknown_benefit_is_refused(everyone: list[PersonOnCard]) -> None:
    with pytest.raises(QuestionError, match="the nearest is japan_visa"):
        notice(everyone[0], "japan_vista")


def test_the_page_reads_as_its_person_would_read_it(everyone: list[PersonOnCard]) -> None:
    one = max((p for p in everyone if p.score is not None), key=lambda p: len(p.reasons))
    text = page(one, "japan_visa")
    assert f"Score {one.score}, band {one.band}" in text
    assert "Asked for: japan visa, which opens from 750." in text
    for row in one.reasons:
        assert f"{row['rank']}. {row['reason']}." in text
    assert "payment, delivered by bank: 1,234 events, arrived 2026-10-31 to 2026-10-31" in text
    assert max(map(len, text.splitlines())) < 250
    assert "None" not in text
    assert "missing" not in text.replace("points are missing", "")


def test_who_is_not_scored_reads_why(everyone: list[PersonOnCard]) -> None:
    one = next(person for person in everyone if person.score is None)
    rule = one.not_scored
    assert rule is not None
    text = page(one, "japan_visa")
    assert f"No score: {rule['reason']} ({rule['code']})." in text
    assert "It is not open without a score." in text
    assert "points are missing" not in text
    assert "How other data" not in text


def test_without_events_here_the_page_says_so(
    autumn: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["explain", "p5", "--notice", "--data", str(autumn)]) == 0
    assert "No event of the person's own is in the event store." in capsys.readouterr().out


def test_for_programs_a_notice_is_json(
    autumn: Path, snapshots: Snapshots, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", "p5", "--notice", "--benefit", "japan_visa", "--format", "json"]
    assert run_command_line([*words, "--data", str(autumn)]) == 0
    wanted = notice(explain(snapshots, "p5", DAY), "japan_visa")
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(wanted))


def test_a_benefit_belongs_to_a_notice(autumn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["explain", "p5", "--benefit", "x", "--data", str(autumn)]) == 2
    assert "add --notice" in capsys.readouterr().err
