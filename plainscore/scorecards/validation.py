"""Laws that hold across a scorecard: it must add up before anyone is scored with it."""

from plainscore.scorecards.card import FACTORS, NEIGHBOUR_MEAN, SOCIAL_FACTOR, Scorecard
from plainscore.scorecards.fields import Fields

ELIGIBILITY_MEASURES = {
    "account_days": int,
    "paid_bill_count": int,
    "days_since_payment_event": int,
    "is_national_id_verified": bool,
    "is_frozen": bool,
}


def validate(card: Scorecard, fields: Fields) -> None:
    """Raise ScorecardError where the card's parts do not fit each other."""
    _factors_are_the_five(card, fields)
    _features_fill_their_factors(card, fields)
    _points_follow_direction(card, fields)
    _bands_cover_all_scores(card, fields)
    _rules_name_known_measures(card, fields)
    _names_are_unique(card, fields)


def _factors_are_the_five(card: Scorecard, fields: Fields) -> None:
    if tuple(name for name, _ in card.factor_caps) != FACTORS:
        raise fields.error("factor", f"lists exactly, in this order, {', '.join(FACTORS)}")


def _features_fill_their_factors(card: Scorecard, fields: Fields) -> None:
    for name, feature in zip(card.features, dict(fields.tables("feature")).values(), strict=True):
        if name.factor not in FACTORS:
            raise feature.error("factor", f"is one of {', '.join(FACTORS)}, not '{name.factor}'")
    factors = dict(fields.tables("factor"))
    for factor, cap in card.factor_caps:
        filled = sum(feature.max_points for feature in card.features_of(factor))
        if filled != cap:
            raise factors[factor].error(
                "max_points", f"is {cap}, but the most points of its features sum to {filled}"
            )
    social = [f.name for f in card.features if not f.bins]
    if social != [NEIGHBOUR_MEAN] or NEIGHBOUR_MEAN not in {
        feature.name for feature in card.features_of(SOCIAL_FACTOR)
    }:
        raise fields.error(
            "feature", f"{NEIGHBOUR_MEAN} alone has a rule, and stands in {SOCIAL_FACTOR}"
        )


def _points_follow_direction(card: Scorecard, fields: Fields) -> None:
    tables = dict(fields.tables("feature"))
    for feature in card.features:
        points = [step.points for step in feature.bins]
        if points != sorted(points, reverse=feature.direction == "down"):
            raise tables[feature.name].error("bins", f"points do not go {feature.direction}")
        if feature.missing_points > feature.max_points:
            raise tables[feature.name].error(
                "missing_points", f"pass the feature's most, {feature.max_points}"
            )


def _bands_cover_all_scores(card: Scorecard, fields: Fields) -> None:
    edges = [band.at_least for band in card.bands]
    if not edges or edges != sorted(set(edges)):
        raise fields.error("band", "lists the bands from the lowest to the highest")
    if edges[0] != card.base or edges[-1] > card.max_score:
        raise fields.error("band", f"starts at the base, {card.base}, and ends by {card.max_score}")


def _rules_name_known_measures(card: Scorecard, fields: Fields) -> None:
    for rule, declared in zip(card.not_scored, fields.array("not_scored"), strict=True):
        kind = ELIGIBILITY_MEASURES.get(rule.measure)
        if kind is None:
            known = ", ".join(ELIGIBILITY_MEASURES)
            raise declared.error("measure", f"is one of {known}, not '{rule.measure}'")
        if (kind is bool) != (rule.test == "equals"):
            raise declared.error(rule.test, f"does not fit {rule.measure}")


def _names_are_unique(card: Scorecard, fields: Fields) -> None:
    for key, names in (
        ("benefit", [benefit.name for benefit in card.benefits]),
        ("not_scored", [rule.code for rule in card.not_scored]),
        ("band", [band.name for band in card.bands]),
    ):
        if len(set(names)) < len(names):
            raise fields.error(key, "names one twice")
