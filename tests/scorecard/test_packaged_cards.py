"""The packaged cards are what features.csv and the fine print say."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from plainscore.runs.pipeline import cards_by_hash
from plainscore.scorecards.card import Feature, Scorecard
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.compile import decay_weights
from plainscore.scorecards.reading import FORMER_HASHES, read_scorecard
from plainscore.settings import Settings
from tests.oracle.score import CARD, FEATURES, CardRow
from tests.transforms.worked_example import house

HARM_SENSITIVE = {
    "co_renting_badge", "delivery_jobs", "domestic_helper_booking", "hiring_fast_track",
    "dating_badge",
}  # fmt: skip
IN_THE_PRESS = {
    "hotel_without_deposit", "buy_now_pay_later", "small_loan", "power_bank_without_deposit",
    "car_rental_without_deposit", "bike_without_deposit", "singapore_visa", "luxembourg_visa",
    "japan_visa", "canada_visa",
}  # fmt: skip
BENEFITS = {
    550: ["co_renting_badge"],
    600: ["hotel_without_deposit", "buy_now_pay_later", "small_loan", "power_bank_without_deposit"],
    620: ["delivery_jobs"],
    650: ["car_rental_without_deposit", "bike_without_deposit", "fast_ticket_refund",
          "domestic_helper_booking"],
    680: ["better_exchange_rate", "hiring_fast_track"],
    700: ["singapore_visa", "luxembourg_visa", "dating_badge"],
    750: ["japan_visa", "canada_visa"],
}  # fmt: skip
CHALLENGED = [("standard", "reported_b"), ("standard_3", "reported_b_3")]
RESCALED: Mapping[str, tuple[int, int]] = {
    "purchase_behaviour": (120, 150),
    "performance_reliability": (150, 120),
}


@cache
def card(name: str) -> Scorecard:
    return read_scorecard(find_scorecard(name))


@pytest.mark.parametrize(
    ("line", "feature"),
    list(zip(CARD, card("standard").features, strict=True)),
    ids=FEATURES,
)
def test_a_feature_of_the_standard_card_is_its_line_of_features_csv(
    line: CardRow, feature: Feature
) -> None:
    assert feature.name == line.feature
    published = [(Decimal(str(at_least)), points) for at_least, points in line.bins]
    assert [(step.at_least, step.points) for step in feature.bins] == published
    same = ("factor", "direction", "max_points", "missing_points", "reason", "what_to_do")
    assert [getattr(feature, name) for name in same] == [getattr(line, name) for name in same]


@pytest.mark.parametrize("line", CARD, ids=FEATURES)
def test_the_glossary_defines_a_feature_as_features_csv_does(line: CardRow) -> None:
    declared = house().glossary[line.feature]
    # The csv was written beside the pages that docs/method.md now holds.
    definition = line.definition.replace(
        "METHOD.md, Friends; FINEPRINT.md", "docs/method.md, Friends"
    )
    assert declared["doc"] == definition
    assert declared["unit"] == ("share" if line.feature == "friend_reliability" else line.unit)


def test_the_standard_card_goes_from_350_to_950() -> None:
    assert (card("standard").base, card("standard").max_score) == (350, 950)
    assert dict(card("standard").factor_caps) == {
        "credit_history": 210, "purchase_behaviour": 150, "performance_reliability": 120,
        "personal_information": 90, "social_connections": 30,
    }  # fmt: skip


def test_bands_begin_at_350_550_600_650_700() -> None:
    bands = [(band.name, band.at_least, band.at_most) for band in card("standard").bands]
    assert bands == [
        ("poor", 350, 549), ("fair", 550, 599), ("good", 600, 649), ("excellent", 650, 699),
        ("outstanding", 700, 950),
    ]  # fmt: skip


def test_rules_n1_to_n5_stand_in_their_order() -> None:
    rules = [(r.code, r.measure, r.test, r.value) for r in card("standard").not_scored]
    assert rules == [
        ("N1", "account_days", "at_least", 180),
        ("N2", "paid_bill_count", "at_least", 3),
        ("N3", "days_since_payment_event", "below", 180),
        ("N4", "is_national_id_verified", "equals", True),
        ("N5", "is_frozen", "equals", False),
    ]


def test_friends_have_a_prior_of_a_half_that_weighs_12_and_a_bound_of_15_percent() -> None:
    friends = card("standard").friends
    assert (friends.prior_ppm, friends.prior_weight) == (500_000, 12)
    assert friends.max_distance_ppm == 150_000
    assert card("standard").own_points_max == 570
    assert card("standard").friend_points_max == 16


def test_benefits_open_at_their_scores() -> None:
    opened = [(benefit.min_score, benefit.name) for benefit in card("standard").benefits]
    assert opened == [(score, name) for score, names in BENEFITS.items() for name in names]


def test_benefits_say_whether_the_press_documented_them() -> None:
    documented = {b.name for b in card("standard").benefits if "press" in b.source}
    assert documented == IN_THE_PRESS


def test_hiring_dating_and_housing_are_marked_harm_sensitive() -> None:
    marked = {b.name for b in card("standard").benefits if b.is_harm_sensitive}
    assert marked == HARM_SENSITIVE


@pytest.mark.parametrize(("champion", "other"), CHALLENGED)
def test_the_challenger_differs_from_its_card_in_two_factors_only(
    champion: str, other: str
) -> None:
    standard, challenger = card(champion), card(other)
    untouched = [f for f in standard.features if f.factor not in RESCALED]
    assert [f for f in challenger.features if f.factor not in RESCALED] == untouched
    same = replace(
        challenger, name=standard.name, version=standard.version, title=standard.title,
        features=standard.features, factor_caps=standard.factor_caps,
    )  # fmt: skip
    assert same == standard
    assert dict(challenger.factor_caps) == dict(standard.factor_caps) | {
        "purchase_behaviour": 120, "performance_reliability": 150,
    }  # fmt: skip


@pytest.mark.parametrize(("champion", "other"), CHALLENGED)
@pytest.mark.parametrize("factor", RESCALED)
def test_points_of_the_challenger_are_rescaled_half_up_and_only_largest_bins_adjusted(
    factor: str, champion: str, other: str
) -> None:
    cap, standard_cap = RESCALED[factor]

    def half_up(points: int) -> int:
        return (2 * points * cap + standard_cap) // (2 * standard_cap)

    standards = list(card(champion).features_of(factor))
    adjusted = 0
    for standard, rescaled in zip(standards, card(other).features_of(factor), strict=True):
        assert rescaled.missing_points == half_up(standard.missing_points)
        assert [b.at_least for b in rescaled.bins] == [b.at_least for b in standard.bins]
        wanted = [half_up(step.points) for step in standard.bins]
        made = [step.points for step in rescaled.bins]
        largest = wanted.index(max(wanted))
        assert abs(made[largest] - wanted[largest]) <= 1
        adjusted += made[largest] - wanted[largest]
        made[largest] = wanted[largest]
        assert made == wanted
    assert sum(half_up(feature.max_points) for feature in standards) + adjusted == cap
    assert abs(adjusted) <= 2


def test_standard_2_differs_from_the_standard_card_in_points_of_bins_and_its_wall() -> None:
    standard, proposed = card("standard"), card("standard_2")
    for was, now in zip(standard.features, proposed.features, strict=True):
        edges = [step.at_least for step in was.bins]
        assert [step.at_least for step in now.bins] == edges
        assert now.max_points == was.max_points
        kept = replace(now, bins=was.bins, missing_points=was.missing_points)
        assert kept == was
    named = replace(
        proposed, name=standard.name, version=standard.version, title=standard.title,
        features=standard.features, wall="report",
    )  # fmt: skip
    assert proposed.wall == "enforce"
    assert named == standard


def test_standard_3_keeps_the_weights_of_the_factors_and_the_social_features() -> None:
    standard, by_money = card("standard"), card("standard_3")
    assert (by_money.version, by_money.factor_caps) == ("3.0.0", standard.factor_caps)
    assert [one.name for one in by_money.features if one.factor == by_money.late_factor] == [
        one.name for one in standard.features if one.factor == standard.late_factor
    ]
    assert by_money.late_feature == standard.late_feature
    assert [rule.measure for rule in by_money.not_scored if rule.code == "N2"] == ["paid_months"]


def test_the_card_by_money_and_by_month_is_the_default_and_those_before_it_stay() -> None:
    assert Settings().scorecards == ("standard_3", "reported_b_3")
    versions = [card(name).version for name in ("standard", "standard_2", "standard_3")]
    assert versions == ["1.0.0", "2.0.0", "3.0.0"]


@pytest.mark.parametrize(("name", "base"), [("everyone", "standard"), ("everyone_3", "standard_3")])
def test_the_card_for_everyone_has_the_points_of_its_base_and_no_rules(
    name: str, base: str
) -> None:
    everyone, ruled = card(name), card(base)
    assert everyone.features == ruled.features
    assert (everyone.absent_logs, everyone.not_scored) == ("rescale", ())


def test_a_snapshot_of_an_earlier_version_finds_its_cards_with_todays_words() -> None:
    names = ["standard", "reported_b", "standard_2"]
    assert list(FORMER_HASHES.values()) == names
    found = cards_by_hash([*FORMER_HASHES, card("standard").hash], Settings())
    assert [read_scorecard(Path(one)) for one in found] == [
        card(name) for name in [*names, "standard"]
    ]


def test_decay_weights_halve_every_180_days_and_are_rounded_half_up() -> None:
    weights = {int(str(age)): int(str(weight)) for age, weight in decay_weights()}
    assert list(weights) == list(range(1825))
    assert [weights[age] for age in (0, 180, 360, 720, 1260)] == [
        1_000_000, 500_000, 250_000, 62_500, 7_813,
    ]  # fmt: skip
    for age, weight in weights.items():
        # weight - 1/2 <= 1e6 * 0.5^(age / 180) < weight + 1/2, exactly: twice, to the power of 180.
        assert (2 * weight - 1) ** 180 * 2**age <= 2_000_000**180 < (2 * weight + 1) ** 180 * 2**age
