"""Published people on their card: explanations add up, what-ifs are exact, ways lead there."""

import json
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from plainscore.cli.app import run_command_line
from plainscore.common.errors import QuestionError, UnknownPersonError
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.person import Card, PersonOnCard
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.person import (
    explain,
    parse_values,
    read_advice,
    read_card,
    read_people,
    recourse,
    what_if,
)
from plainscore.show.reader import Snapshots
from plainscore.show.terminal import shown_value, waterfall
from tests.oracle.score import CARD
from tests.publish.invented import OCTOBER_LATER, PEOPLE, engine, person_id

DAY = date(2026, 10, 31)
WHO = 7
SETTINGS = ("utilisation=0.05", "savings_months=12", "on_time_share=missing", "two_way_months=60")
PURCHASES = frozenset(
    {"active_months", "spend_variation", "category_concentration", "refund_share", "chargebacks",
     "repeat_merchant_share", "repeat_payee_share", "own_name_share", "services_fulfilled",
     "recent_spend_months", "spent_monthly", "spend_unevenness", "own_name_amount_share",
     "service_months"}
)  # fmt: skip


@pytest.fixture
def card(snapshots: Snapshots) -> Card:
    return read_card(snapshots, DAY)


@pytest.fixture
def people(snapshots: Snapshots, card: Card) -> list[PersonOnCard]:
    """Every second person who is scored."""
    return read_people(snapshots, card, [person_id(key) for key in range(1, PEOPLE, 2)])


@pytest.fixture
def person(snapshots: Snapshots) -> PersonOnCard:
    return explain(snapshots, person_id(WHO), DAY)


# --- explanations --------------------------------------------------------------------------------


def test_the_base_and_what_every_value_earns_are_the_published_score(
    snapshots: Snapshots, card: Card, people: list[PersonOnCard]
) -> None:
    rows = snapshots.records("from score where as_of_date = ?", (DAY,))
    published = {row["person_id"]: row for row in rows}
    for one in people:
        said, score = one.as_json(), published[one.person_id]
        assert said["base"] + sum(row["points"] for row in said["points"]) == score["score"]
        assert (said["score"], said["band"]) == (score["score"], score["band"])
        assert len(said["points"]) == 32
        earned = {name: card.feature(name).points(value) for name, value in one.values.items()}
        assert earned == one.points
        assert sum(term["contribution"] for term in one.terms()) == pytest.approx(
            one.values["friend_reliability"], abs=1e-9
        )
    for one in people[::5]:
        assert explain(snapshots, one.person_id, DAY) == one
    values = [one.values for one in people if None not in one.values.values()]
    assert all(isinstance(one["paid_bills"], int) for one in values)
    assert all(isinstance(one["on_time_share"], float) for one in values)


def test_the_published_reasons_are_the_greatest_losses_one_of_each_family(
    people: list[PersonOnCard],
) -> None:
    family_of = {row.feature: row.family for row in CARD}
    for one in people:
        lost = [(row["max_points"] - row["points"], row) for row in one.point_rows()]
        lost.sort(key=lambda pair: -pair[0])  # ties in the order of the card
        first_of = {family_of[row["feature"]]: row for _, row in reversed(lost)}
        lost = [(points, row) for points, row in lost if row in first_of.values()]
        assert [(row["rank"], row["points_lost"], row["code"], row["value"], row["points"])
                for row in one.reasons] == [
            (rank, points, row["feature"], row["value"], row["points"])
            for rank, (points, row) in enumerate(lost[:4], start=1)
        ]  # fmt: skip
        assert all(row["what_to_do"] for row in one.reasons)


def _shown(person: PersonOnCard, color: bool = False, width: int = 110) -> str:
    console = Console(
        width=width, force_terminal=color or None, color_system="truecolor" if color else None
    )
    with console.capture() as captured:
        console.print(*waterfall(person), sep="\n")
    return captured.get()


def test_the_waterfall_runs_from_the_base_to_the_score(person: PersonOnCard) -> None:
    total = person.card.base
    for line in _shown(person).splitlines():
        cells = line.replace("█", " ").split()
        if cells and cells[0] in person.points and cells[-1].isdigit():
            total += person.points[cells[0]]
            assert int(cells[-1]) == total
    assert total == person.score


@pytest.mark.parametrize("width", [50, 60, 80, 110])
def test_no_number_is_cut_on_a_narrow_terminal(person: PersonOnCard, width: int) -> None:
    """Bars give way first, then units, then names are folded."""
    shown = _shown(person, width=width)
    assert "…" not in shown
    last = next(line for line in shown.splitlines() if line.startswith("score "))
    assert last.split() == ["score", str(person.score)]
    assert ("█" in shown) == (width > 60)


def test_a_person_who_is_not_scored_is_explained(snapshots: Snapshots) -> None:
    frozen = explain(snapshots, person_id(0), DAY)
    answered = frozen.as_json()
    assert (answered["score"], answered["band"], answered["reasons"]) == (None, None, [])
    assert {row["points"] for row in answered["points"]} == {None}
    assert "N5: The account is frozen" in _shown(frozen)
    assert "Have the account unfrozen" in _shown(frozen)


def test_an_unknown_person_ends_with_5_and_no_id_can_move_the_cursor(snapshots: Snapshots) -> None:
    with pytest.raises(UnknownPersonError, match="knows no person 'noone'") as caught:
        explain(snapshots, "noone", DAY)
    assert caught.value.exit_code == 5
    assert person_id(3) == "a\nb3"
    shown = _shown(explain(snapshots, person_id(3), DAY), color=True)
    assert "a\N{REPLACEMENT CHARACTER}b3" in shown


# --- what-if -------------------------------------------------------------------------------------


def test_several_values_at_once_give_what_the_transforms_give(person: PersonOnCard) -> None:
    then = what_if(person, parse_values(SETTINGS, person.card))
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
    assert (then["score_then"], then["band_then"]) == row
    assert then["score_then"] != then["score_now"]
    change = sum(one["points_then"] - one["points_now"] for one in then["features"])
    assert then["score_now"] + change == then["score_then"]


def test_a_value_of_every_feature_is_worth_what_the_macro_says(
    snapshots: Snapshots, person: PersonOnCard
) -> None:
    for place, one in enumerate(person.card.features):
        value = (None, 0.0, 1.0)[place % 3 if one.missing_points is not None else 2]
        then = person.with_(**{one.feature: value})
        asked = (person.person_id, DAY, one.feature, value)
        rows = snapshots.rows("select score_then, band_then from what_if(?, ?, ?, ?)", asked)
        assert [(then.score, then.band)] == rows, one.feature


def test_benefits_open_and_close_with_the_score(snapshots: Snapshots, person: PersonOnCard) -> None:
    best = {one.feature: one.most_value for one in person.card.features if one.most_value == 1}
    worst = {one.feature: None for one in person.card.features if one.missing_points is not None}
    for then in (what_if(person, best), what_if(person, worst)):
        gates = snapshots.rows(
            "select benefit from benefit_card where scorecard_no = 1 and as_of_date = ? "
            "and min_score > ? and min_score <= ?",
            (DAY, *sorted((then["score_now"], then["score_then"]))),
        )
        moved = then["opens"] if then["score_then"] > then["score_now"] else then["closes"]
        assert set(moved) == {name for (name,) in gates}


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (["utilisation"], "write feature=value"),
        (["utilisatoin=1"], "the nearest is utilisation"),
        (["utilisation=much"], "write a number, or utilisation=missing"),
        (["utilisation=nan"], "write a number"),
        (["utilisation=3"], "utilisation is at least 0 and at most 2"),
        (["paid_bills=1.5"], "a whole number of bills"),
        (["friend_reliability=missing"], "never missing of a scored person"),
        (["paid_bills=1", "paid_bills=2"], "set twice"),
    ],
)
def test_an_impossible_value_is_refused(card: Card, settings: list[str], error: str) -> None:
    with pytest.raises(QuestionError, match=error):
        parse_values(settings, card)


# --- ways to the next band -----------------------------------------------------------------------


def test_no_advice_is_about_friends_or_purchases() -> None:
    packaged = [read_scorecard(find_scorecard(name)) for name in ("standard", "standard_3")]
    factors = {one.name: one.factor for card in packaged for one in card.features}
    advised = read_advice()
    assert set(advised) <= set(factors)
    assert not PURCHASES & set(advised)
    assert "social_connections" not in {factors[name] for name in advised}


def test_every_way_leads_to_the_next_band_and_a_longer_one_takes_fewer_acts(
    people: list[PersonOnCard],
) -> None:
    assert any(upward["ways"] for one in people if (upward := one.next_band()))
    for one in people:
        upward = one.next_band()
        assert one.score is not None
        assert (upward is None) == (one.band == "outstanding")
        if upward is None:
            continue
        assert one.score + upward["points_missing"] == upward["at_least"]
        for way in upward["ways"]:
            steps = (*way["acts"], *way["waiting"])
            points = {
                step["feature"]: one.points[step["feature"]] + step["points_gained"]
                for step in steps
            }
            assert one.score_with(points) == way["score_then"] >= upward["at_least"]
            assert all(step["days"] <= way["days"] for step in steps)
        order = [(way["days"], -len(way["acts"])) for way in upward["ways"]]
        assert order == sorted(order)
        assert len({acts for _, acts in order}) == len(order)


def test_the_next_gate_is_the_nearest_closed_benefit_and_its_ways_open_it(
    people: list[PersonOnCard],
) -> None:
    gates = [(one, gate) for one in people if (gate := one.next_gate())]
    assert len(gates) > 5
    for one, gate in gates:
        closed = [row for row in one.openings() if not row["is_open"]]
        assert gate["points_missing"] == min(row["points_short"] for row in closed)
        benefit = next(b for b in one.card.benefits if b.benefit == gate["benefit"])
        for way in gate["ways"]:
            steps = (*way["acts"], *way["waiting"])
            points = {s["feature"]: one.points[s["feature"]] + s["points_gained"] for s in steps}
            assert one.score_with(points, benefit.deciding) >= gate["at_least"]
    assert all(row["is_open"] for one in people if not one.next_gate() for row in one.openings())


def test_a_goal_that_is_reached_is_worth_what_the_macro_says(
    snapshots: Snapshots, people: list[PersonOnCard]
) -> None:
    checked: set[tuple[str, str]] = set()
    for one in people:
        for way in (one.next_band() or {"ways": []})["ways"]:
            for step in (*way["acts"], *way["waiting"]):
                name, goal = step["feature"], step["goal"]
                if (name, goal) in checked:
                    continue
                checked.add((name, goal))
                number = float(goal.rpartition(" ")[2])
                value = number - 1e-9 if goal.startswith("below") else number
                then = one.with_(**{name: value})
                assert then.points[name] - one.points[name] == step["points_gained"]
                asked = (one.person_id, DAY, name, value)
                answered = snapshots.rows("select score_then from what_if(?, ?, ?, ?)", asked)
                assert answered == [(then.score,)]
    assert len(checked) > 5


# --- the commands --------------------------------------------------------------------------------


def test_the_command_answers_in_json_where_someone_is_scored(
    autumn: Path, person: PersonOnCard, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["what-if", person_id(0), "--data", str(autumn)]) == 2
    assert "(N5). What to do: " in capsys.readouterr().err
    words = ["what-if", person_id(WHO), "--data", str(autumn), "--format", "json"]
    sets = [word for setting in SETTINGS for word in ("--set", setting)]
    assert run_command_line([*words, *sets]) == 0
    expected = what_if(person, parse_values(SETTINGS, person.card))
    assert json.loads(capsys.readouterr().out) == expected
    assert run_command_line(words) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(recourse(person)))


def test_a_code_is_shown_as_what_it_stands_for(
    autumn: Path, people: list[PersonOnCard], capsys: pytest.CaptureFixture[str]
) -> None:
    late = next(one for one in people if one.values["months_since_late"] not in (None, 999))
    setting = ["--set", "months_since_late=999", "--data", str(autumn)]
    assert run_command_line(["what-if", late.person_id, *setting]) == 0
    shown = capsys.readouterr().out
    assert "never" in shown
    assert "999" not in shown
    assert run_command_line(["what-if", late.person_id, *setting, "--format", "json"]) == 0
    changed = json.loads(capsys.readouterr().out)["features"]
    assert [row["value_then"] for row in changed if row["feature"] == "months_since_late"] == [999]
    definition = late.card.feature("months_since_late").definition
    assert shown_value(999, definition) == "never"
    assert shown_value(998, definition) == "998"
