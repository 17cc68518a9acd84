"""Rows of the schema ``reference``: what the scorecards say, as small tables to join."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache

from plainscore.contracts.contract import Column
from plainscore.scorecards.card import Feature, Scorecard

Row = tuple[str | int | float | bool | None, ...]
HALF_LIFE_DAYS = 180
DECAY_DAYS = 1825
MONTHS_OF_A_YEAR = 12
CROWDS = (1, 5, 20, 60)
RING_MONTHS = (1, 3, 6, 12)
FRIENDS_IN_A_RING = 9
SOLD = (1, 20)
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


def reference_rows(
    cards: Sequence[Scorecard], column_of: Callable[[str], Column]
) -> Mapping[str, Sequence[Row]]:
    """Return table name -> rows, columns in the order of the table's contract.

    ``column_of``: feature -> the column that it is, see `Catalog.feature_column`.
    """
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
                column_of(feature.name).minimum, column_of(feature.name).maximum,
                column_of(feature.name).unit, column_of(feature.name).doc,
                feature.reason, feature.what_to_do, feature.missing_reason,
                feature.missing_what_to_do, feature.family, feature.context,
            )
            for card in cards
            for no, feature in enumerate(card.features, start=1)
        ],
        "reference.reason_words": [
            (
                card.name, feature.name, no, _edge(words.at_least), _edge(words.below),
                words.reason, words.what_to_do,
            )
            for card in cards
            for feature in card.features
            for no, words in enumerate(feature.words, start=1)
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
                benefit.is_harm_sensitive, benefit.context, ", ".join(benefit.accepts),
                card.is_walled(benefit), card.is_wall_enforced(benefit),
            )
            for card in cards
            for no, benefit in enumerate(card.benefits, start=1)
        ],
        "reference.context_set": [
            (card.name, ", ".join(accepts), most_points(card, accepts), card.max_score - card.base)
            for card in cards
            for accepts in dict.fromkeys(b.accepts for b in card.benefits if card.is_walled(b))
        ],
        "reference.points_to_odds": [
            (card.name, odds.at_score, float(odds.odds), float(odds.points_to_double))
            for card in cards
            if (odds := card.points_to_odds)
        ],
        "reference.not_scored_rule": [
            (no, rule.code, rule.reason, rule.what_to_do)
            for no, rule in enumerate(cards[0].not_scored, start=1)
        ],
    }  # fmt: skip


@cache
def decay_weights() -> tuple[Row, ...]:
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
    return tuple(rows)


def injected_attacks() -> list[tuple[int, str, int, int]]:
    """Return (attack_no, attack, friend_count, contact_months) of each attack and size.

    They are what the gaming audit tries on every snapshot (docs/audits/gaming.md):

    fake_friends     accounts without a record of their own become friends
    bought_friends   people with a full record, the best there can be, sell their friendship
    ring             low scorers all befriend each other
    sold_friendship  the other end of a bought tie: a good record befriends low scorers
    """
    bought = [
        (attack, friends, MONTHS_OF_A_YEAR)
        for attack in ("fake_friends", "bought_friends")
        for friends in CROWDS
    ]
    ring = [("ring", FRIENDS_IN_A_RING, months) for months in RING_MONTHS]
    sold = [("sold_friendship", friends, MONTHS_OF_A_YEAR) for friends in SOLD]
    return [(no, *size) for no, size in enumerate([*bought, *ring, *sold], start=1)]


def most_points(card: Scorecard, contexts: Iterable[str]) -> int:
    """Return the most points that the features of some contexts give together."""
    return sum(feature.max_points for feature in card.features_in(contexts))


def _card(scorecard_no: int, card: Scorecard) -> Row:
    return (
        card.name, scorecard_no, card.version, card.hash, card.base, card.own_points_max,
        card.friends.prior_weight, card.friends.prior_ppm, card.friends.max_distance_ppm,
        card.friend_points_max, card.reasons.method, card.reasons.gate, card.reasons.within,
        card.reasons.count, ", ".join(card.without_logs) or None, ", ".join(card.left_out) or None,
        card.reasons.one_per_family, card.wall,
    )  # fmt: skip


def _edge(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _bins(feature: Feature) -> list[Row]:
    edges = [float(one.at_least) for one in feature.bins]
    parts = zip(edges, [*edges[1:], None], feature.bins, strict=False)
    return [
        (no, edge, end, one.is_special, one.points)
        for no, (edge, end, one) in enumerate(parts, start=1)
    ]
