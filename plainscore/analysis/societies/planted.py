"""What planted attackers gain in every society, from what they gain on the cards."""

from collections.abc import Sequence
from typing import Any

from plainscore.analysis.planted import PlantedPart
from plainscore.scorecards.card import Scorecard

NO_ATTACK = "no attack"


def gains_by_society(
    parts: Sequence[PlantedPart], cards: Sequence[Scorecard]
) -> list[dict[str, Any]]:
    """Return a row per society and part played in an attack: points gained by all together.

    The naive rule stands in the place of the first card's neighbour mean, so its gain takes the
    place of that one's. Without a social factor a tie cannot gain anything: 0 by construction.
    """
    names = {card.name for card in cards}
    rows = []
    for part in parts:
        if part.scorecard not in names or part.kind == NO_ATTACK:
            continue
        gains = {part.scorecard: part.social_points_gained}
        if part.scorecard == cards[0].name:
            others = part.social_points_gained - part.friend_points_gained
            gains |= {"naive": others + part.naive_points_gained, "no_social": 0}
        rows += [
            {
                "society": society,
                "kind": part.kind,
                "role": part.role,
                "people": part.people,
                "scored": part.scored_count,
                "points_gained": gained,
            }
            for society, gained in gains.items()
        ]
    return rows
