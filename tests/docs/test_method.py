"""docs/explanation/method.md says what the scorecards say."""

import pytest

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_CARDS
from plainscore.scorecards.reading import read_scorecards
from tests.docs.method_page import METHOD_PAGE, method_tables, refreshed
from tests.docs.pages import page_text


def test_the_tables_of_the_method_are_current() -> None:
    page = METHOD_PAGE.read_text(encoding="utf-8")
    assert refreshed(page) == page, "run: python -m tests.docs.method_page"


def test_every_table_has_its_place_once() -> None:
    page = METHOD_PAGE.read_text(encoding="utf-8")
    for name in method_tables():
        assert page.count(f"<!-- {name}:begin -->") == page.count(f"<!-- {name}:end -->") == 1


def test_a_page_without_the_markers_is_refused() -> None:
    with pytest.raises(UsageError, match="<!-- factors:begin -->"):
        refreshed("# No tables here")


def test_the_figures_in_the_text_are_those_of_the_card() -> None:
    card = read_scorecards(STANDARD_CARDS)[0]
    page = page_text("docs/explanation/method.md")
    assert f"score = {card.base} + the sum of the {len(card.features)} features' points" in page
    assert f"{card.base} to {card.max_score}" in page
    assert f"x 1,000,000 // {card.own_points_max}" in page
    friends = card.friends
    assert f"num = {friends.prior_weight} * clip_v({friends.prior_ppm}) + sum over friends" in page
    assert f"[q_v - {friends.max_distance_ppm:,}, q_v + {friends.max_distance_ppm:,}]" in page
    twice = 2 * card.friend_points_max
    assert f"({twice} * num + 1000000 * den) // (2000000 * den)" in page
