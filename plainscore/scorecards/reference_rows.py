"""Rows of the schema ``reference``: what the scorecards say, as small tables to join."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from plainscore.contracts.contract import Glossary
from plainscore.scorecards.card import Feature, Scorecard
from plainscore.scorecards.injected_attacks import injected_attacks

Row = tuple[str | int | float | bool | None, ...]
HALF_LIFE_DAYS = 180
DECAY_DAYS = 1825
AGE_BANDS: tuple[tuple[str, int, int], ...] = (
    ("0 to 17", 0, 17),
    ("18 to 24", 18, 24),
    ("25 to 34", 25, 34),
    ("35 to 44", 35, 44),
    ("45 to 54", 45, 54),
    ("55 to 64", 55, 64),
    ("65 or more", 65, 120),
)
"""Band, lowest and highest age: the ten-year bands in which labour statistics are reported."""


def reference_rows(cards: Sequence[Scorecard], glossary: Glossary) -> Mapping[str, list[Row]]:
    """Return table name -> rows, columns in the order of the table's contract."""
    return {
        "reference.age_band": list(AGE_BANDS),
        "reference.decay_weight": decay_weights(),
        "reference.attack": list(injected_attacks()),
        "reference.card": [_card(no, card) for no, card in enumerate(cards, start=1)],
        "reference.factor": [
            (card.name, no, factor, cap)
            for card in cards
            for no, (factor, cap) in enumerate(card.factor_caps, start=1)
        ],
        "reference.feature": [
            (
                card.name, no, feature.name, feature.factor, feature.direction,
                feature.max_points, feature.missing_points if feature.bins else None,
                glossary[feature.name].get("min"), glossary[feature.name].get("max"),
                glossary[feature.name]["unit"], glossary[feature.name]["doc"],
                feature.reason, feature.what_to_do,
            )
            for card in cards
            for no, feature in enumerate(card.features, start=1)
        ],
        "reference.bin": [
            (card.name, feature.name, *bin_row)
            for card in cards
            for feature in card.features
            for bin_row in _bins(feature)
        ],
        "reference.band": [
            (card.name, no, band.name, band.at_least, band.at_most)
            for card in cards
            for no, band in enumerate(card.bands, start=1)
        ],
        "reference.benefit": [
            (
                card.name, no, benefit.name, benefit.min_score, benefit.source, benefit.note,
                benefit.is_harm_sensitive,
            )
            for card in cards
            for no, benefit in enumerate(card.benefits, start=1)
        ],
        "reference.not_scored_rule": [
            (no, rule.code, rule.reason, rule.what_to_do)
            for no, rule in enumerate(cards[0].not_scored, start=1)
        ],
    }  # fmt: skip


def decay_weights() -> list[Row]:
    """Return (age_days, weight): 1e6 * 0.5^(age / 180), rounded half up, exact to the integer.

    Fifty decimal digits decide every rounding alike on any machine; floats need not. Whole halvings
    are exact, so that a weight that ends in a half is rounded up.
    """
    exact = Context(prec=50)
    within_half_life = [
        exact.power(Decimal("0.5"), exact.divide(Decimal(age), Decimal(HALF_LIFE_DAYS)))
        for age in range(HALF_LIFE_DAYS)
    ]
    rows: list[Row] = []
    for age in range(DECAY_DAYS):
        halvings, rest = divmod(age, HALF_LIFE_DAYS)
        weight = exact.divide(1_000_000 * within_half_life[rest], Decimal(2**halvings))
        rows.append((age, int(weight.quantize(Decimal(1), ROUND_HALF_UP))))
    return rows


def _card(scorecard_no: int, card: Scorecard) -> Row:
    return (
        card.name, scorecard_no, card.version, card.hash, card.base, card.own_points_max,
        card.friends.prior_weight, card.friends.prior_ppm, card.friends.max_distance_ppm,
        card.friend_points_max,
    )  # fmt: skip


def _bins(feature: Feature) -> list[Row]:
    edges = [float(lower.at_least) for lower in feature.bins]
    ends = [*edges[1:], None]
    return [
        (no, edge, end, lower.points)
        for no, (lower, edge, end) in enumerate(
            zip(feature.bins, edges, ends, strict=False), start=1
        )
    ]
