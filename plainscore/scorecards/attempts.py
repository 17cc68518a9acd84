"""Compile the points that people would have after an attack, by the bins of each card."""

from collections.abc import Callable, Sequence

from plainscore.contracts.contract import Glossary, Table, parse_contract
from plainscore.scorecards.card import NEIGHBOUR_MEAN, SOCIAL_FACTOR, Feature, Scorecard

_COLUMNS = {
    "scorecard": {},
    "attack_no": {},
    "person_key": {},
    "friend_points": {
        "type": "BIGINT",
        "unit": "points",
        "min": 0,
        "doc": "Points of friend_reliability after the attack.",
    },
    "social_points": {
        "type": "BIGINT",
        "unit": "points",
        "min": 0,
        "doc": "Points of the social factor after the attack.",
    },
}


def attempt_points(
    cards: Sequence[Scorecard], points_case: Callable[[Feature, int], str], glossary: Glossary
) -> Table:
    """Return audits.attempt_points; ``points_case`` writes the CASE of a feature's points."""
    binned = "\n    union all\n".join(_binned(card, points_case) for card in cards)
    names = [feature.name for feature in _binned_features(cards[0])]
    sql = f"""with

binned as (
{binned}
)

select
    scorecard,
    attack_no,
    person_key,
    friend_points,
    {" + ".join(["friend_points", *names])} as social_points
from binned"""
    head = {
        "title": "Social points as an attack would leave them",
        "grain": "one row per scorecard, attack and attacker",
        "key": ["scorecard", "attack_no", "person_key"],
        "columns": _COLUMNS,
    }
    return parse_contract("audits.attempt_points", head, glossary, sql)


def _binned(card: Scorecard, points_case: Callable[[Feature, int], str]) -> str:
    points = ",\n".join(f"        {points_case(feature, 8)}" for feature in _binned_features(card))
    most = card.friend_points_max
    return f"""    select
        scorecard,
        attack_no,
        person_key,
        (2 * {most} * numerator + 1000000 * denominator)
        // (2000000 * denominator) as friend_points,
{points}
    from audits.attempt
    where scorecard = '{card.name}'"""


def _binned_features(card: Scorecard) -> list[Feature]:
    return [f for f in card.features_of(SOCIAL_FACTOR) if f.name != NEIGHBOUR_MEAN]
