"""An explanation adds up, and tells what to do."""

from datetime import date

import pytest
from rich.console import Console

from plainscore.show.errors import UnknownPersonError
from plainscore.show.explanation import explain
from plainscore.show.snapshots import Snapshots
from plainscore.show.waterfall import waterfall
from tests.publish.invented import PEOPLE, person_id

OCTOBER = date(2026, 10, 31)


def _shown(snapshots: Snapshots, person: str) -> str:
    console = Console(width=110, record=True, force_terminal=True, color_system="truecolor")
    with console.capture() as captured:
        console.print(waterfall(explain(snapshots, person, OCTOBER)))
    return captured.get()


def test_the_base_and_all_points_are_the_score(snapshots: Snapshots) -> None:
    for key in range(1, PEOPLE, 4):
        explanation = explain(snapshots, person_id(key), OCTOBER)
        points = sum(row.points or 0 for row in explanation.points)
        assert explanation.base + points == explanation.score
        assert len(explanation.points) == 32


def test_reasons_are_ranked_by_points_lost(snapshots: Snapshots) -> None:
    explanation = explain(snapshots, person_id(7), OCTOBER)
    lost = [reason.points_lost for reason in explanation.reasons]
    assert lost == sorted(lost, reverse=True)
    assert [reason.rank for reason in explanation.reasons] == [1, 2, 3, 4]
    assert all(reason.what_to_do for reason in explanation.reasons)


def test_counts_are_whole_numbers_and_shares_are_not(snapshots: Snapshots) -> None:
    values = {
        row.feature: row.value
        for key in range(PEOPLE)
        for row in explain(snapshots, person_id(key), OCTOBER).points
        if row.value is not None
    }
    assert isinstance(values["paid_bills"], int)
    assert isinstance(values["on_time_share"], float)


def test_moves_to_the_next_band_reach_it_exactly_as_what_if_says(snapshots: Snapshots) -> None:
    for key in range(1, PEOPLE, 4):
        explanation = explain(snapshots, person_id(key), OCTOBER)
        gap = explanation.next_band
        assert explanation.score is not None
        if gap is None:
            assert explanation.band == "outstanding"
            continue
        assert explanation.score + gap.points_missing == gap.at_least
        for move in gap.one_feature_moves:
            goal = move.steps[0].goal
            number = float(goal.rpartition(" ")[2])
            value = number if goal.startswith("at least") else number - 1e-9
            told = snapshots.rows(
                "select score_change from what_if(?, ?, ?, ?)",
                (person_id(key), OCTOBER, move.steps[0].feature, value),
            )
            assert told == [(move.score_change,)]
            assert move.score_change >= gap.points_missing


def test_nobody_is_advised_to_choose_friends_or_shop_for_a_score(snapshots: Snapshots) -> None:
    for key in range(1, PEOPLE, 4):
        gap = explain(snapshots, person_id(key), OCTOBER).next_band
        moves = (*gap.one_feature_moves, *gap.two_feature_moves) if gap else ()
        moved = {step.feature for move in moves for step in move.steps}
        assert not moved & {"friend_reliability", "top_tie_share", "category_concentration"}


def test_someone_who_is_not_scored_is_told_why_and_what_to_do(snapshots: Snapshots) -> None:
    explanation = explain(snapshots, person_id(0), OCTOBER)
    assert (explanation.score, explanation.band, explanation.reasons) == (None, None, ())
    assert {row.points for row in explanation.points} == {None}
    shown = _shown(snapshots, person_id(0))
    assert "N5: The account is frozen" in shown
    assert "Have the account unfrozen" in shown


def test_a_person_whom_nobody_knows_is_told_so(snapshots: Snapshots) -> None:
    with pytest.raises(UnknownPersonError, match="knows no person 'nobody'") as caught:
        explain(snapshots, "nobody", OCTOBER)
    assert caught.value.exit_code == 5


def test_the_waterfall_runs_from_the_base_to_the_score(snapshots: Snapshots) -> None:
    person = person_id(5)
    explanation = explain(snapshots, person, OCTOBER)
    plain = Console(width=110, color_system=None)
    with plain.capture() as captured:
        plain.print(waterfall(explanation))
    rows = {row.feature: row.points for row in explanation.points}
    total = explanation.base
    for line in captured.get().splitlines():
        cells = line.replace("█", " ").split()
        if cells and cells[0] in rows:
            total += rows[cells[0]] or 0
            assert int(cells[-1]) == total
    assert total == explanation.score


def test_an_id_with_control_characters_cannot_speak_to_the_terminal(snapshots: Snapshots) -> None:
    shown = _shown(snapshots, person_id(3))
    assert person_id(3) == "a\nb3"
    assert "a\N{REPLACEMENT CHARACTER}b3" in shown
