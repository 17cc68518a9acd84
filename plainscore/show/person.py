"""People of a published date on its champion card: explanations, what-ifs, moves.

What is computed of a person is in `plainscore.scorecards.person`; this reads the views for it.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

from plainscore.common.errors import QuestionError, UnknownPersonError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.text import printable
from plainscore.scorecards.person import (
    Advice,
    Card,
    CardBand,
    CardBenefit,
    CardFeature,
    NeighbourMean,
    PersonOnCard,
    Tie,
)
from plainscore.show.reader import Row, Snapshots

MISSING = "missing"
# Snapshots that version 0.1 published lack some of the columns in a pattern.
_FEATURE = """
    columns('^(feature|missing_reason|missing_what_to_do|context)$'),
    factor, unit, direction, max_points, missing_points, least_value, most_value,
    definition, reason, what_to_do,
    feature in (
        select column_name from (describe features) where column_type = 'BIGINT'
    ) as is_counted,
    coalesce((
        select list(row(at_least, points) order by bin_no)
        from bin_card
        where bin_card.feature = feature_card.feature
            and bin_card.scorecard_no = feature_card.scorecard_no
            and bin_card.as_of_date = feature_card.as_of_date
    ), []) as bins"""
_MEAN = "friend_points_max as max_points, own_points_max, prior_weight, prior_ppm, max_distance_ppm"
_RULES = "select not_scored_code, reason, what_to_do from not_scored_rule where as_of_date = ?"
_REASON = (
    "columns('^(rank|code|family|value|is_missing|points|max_points|points_lost|method|"
    "benchmark_points|reason|what_to_do)$')"
)
_BENEFIT = "columns('^(benefit|min_score|context|accepts|is_wall_enforced)$')"
_RULE = "columns('^(scorecard|reason_method|reason_gate|reason_within|without_logs|left_out)$')"
_TIE = "friend_id, tie_days, contact_months, friend_ppm"


def read_advice(method: Method = STANDARD_METHOD) -> dict[str, Advice]:
    """Return feature -> advice; a feature without an entry, or file, has no move."""
    file = method.find("transforms/recourse.toml")
    entries = {} if file is None else tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: Advice(**entry) for name, entry in entries.items()}


def read_card(snapshots: Snapshots, day: date) -> Card:
    """Return the champion card as it was published with a day."""

    def of_champion(view: str, columns: str, order: str = "scorecard_no") -> list[Row]:
        asked = f"from {view} where scorecard_no = 1 and as_of_date = ? order by {order}"
        return snapshots.records(f"select {columns} {asked}", (day,))

    special: dict[str, list[float]] = {}
    for row in of_champion("bin_card", "columns('^(feature|at_least|is_special)$')", "bin_no"):
        if row.get("is_special"):
            special.setdefault(row["feature"], []).append(row["at_least"])
    features = tuple(
        CardFeature(
            **row | {"bins": tuple(row["bins"]), "special": (*special.get(row["feature"], ()),)}
        )
        for row in of_champion("feature_card", _FEATURE, "feature_no")
    )
    [rule_of_mean] = of_champion("card", _MEAN)
    # The neighbour mean is the one feature without bins and points for missing, if there is one.
    means = (one for one in features if one.missing_points is None and not one.bins)
    bands = of_champion("band_card", "band_no, band, at_least, at_most", "band_no")
    benefits = of_champion("benefit_card", _BENEFIT, "min_score, benefit")
    rules, [rule_of_card] = snapshots.records(_RULES, (day,)), of_champion("card", _RULE)
    return Card(
        **of_champion("card", "scorecard, as_of_date, known_on, base")[0],
        factors=tuple(row["factor"] for row in of_champion("factor_card", "factor", "factor_no")),
        features=features,
        bands=tuple(CardBand(**row) for row in bands),
        benefits=tuple(map(_benefit, benefits)),
        rules={rule.pop("not_scored_code"): rule for rule in rules},
        mean=next((NeighbourMean(one.feature, one.factor, **rule_of_mean) for one in means), None),
        advice=read_advice(snapshots.method),
        reason_headings=_reason_headings(rule_of_card),
        without_logs=rule_of_card.get("without_logs"),
        left_out=rule_of_card.get("left_out"),
    )


def _benefit(row: Row) -> CardBenefit:
    """Return a benefit as published; cards of before version 0.3 named no contexts."""
    accepts = row.pop("accepts", None)
    if accepts is None:
        return CardBenefit(row["benefit"], row["min_score"])
    return CardBenefit(**row, accepts=tuple(accepts.split(", ")))


def _reason_headings(card: Row) -> dict[str, str]:
    """Return method -> what the reasons are that it finds; none: what it is to have none."""
    is_mean = card.get("reason_method") in ("average", "passing")
    gate, within = card.get("reason_gate"), card.get("reason_within")
    headings = {
        "none": "No feature is below that average." if is_mean else "No feature lost a point.",
        "maximum": "Where most points were lost",
        "average": "Where points are furthest below the average of everyone scored",
    }
    if gate is not None and within is not None:
        near = f"those who score {gate} to {gate + within}"
        headings["passing"] = f"Where points are furthest below the average of {near}"
    return headings


# --- people --------------------------------------------------------------------------------------


def explain(snapshots: Snapshots, person_id: str, day: date) -> PersonOnCard:
    """Return one person of a published day on its champion card.

    Raises UnknownPersonError where the snapshot of that day has no person of that id.
    """
    found = read_people(snapshots, read_card(snapshots, day), [person_id])
    if not found:
        raise UnknownPersonError(
            f"the snapshot as of {day} knows no person '{printable(person_id)}': "
            "ids are case-sensitive; the view score lists them"
        )
    return found[0]


def read_people(snapshots: Snapshots, card: Card, people: Sequence[str]) -> list[PersonOnCard]:
    """Return people of the card's day, in their order; ids that it does not know are left out.

    Each view is read once.
    """
    marks = ", ".join("?" * len(people)) or "null"

    def of_people(view: str, columns: str, order: str = "person_id") -> dict[str, list[Row]]:
        sql = f"select person_id, {columns} from {view} where as_of_date = ? and person_id in "
        found: dict[str, list[Row]] = {}
        for row in snapshots.records(
            f"{sql} ({marks}) order by {order}", (card.as_of_date, *people)
        ):
            found.setdefault(row.pop("person_id"), []).append(row)
        return found

    names = ", ".join(one.feature for one in card.features)
    codes = of_people("score", "not_scored_code")
    values, points = of_people("features", names), of_people("points", names)
    reasons = of_people("reason", _REASON, "person_id, rank")
    for row in (row for own in reasons.values() for row in own):
        if row["value"] is not None and card.feature(row["code"]).is_counted:
            row["value"] = int(row["value"])
        if row.get("method") is None:  # of version 0.1
            row |= {
                "family": row["code"], "is_missing": row["value"] is None, "method": "maximum",
                "benchmark_points": float(row["max_points"]),
            }  # fmt: skip
    # A method without a neighbour mean publishes no friends.
    order = "person_id, contact_months desc, friend_id"
    ties = of_people("friend", _TIE, order) if card.mean is not None else {}
    return [
        PersonOnCard(
            card=card,
            person_id=person,
            values=values[person][0],
            points=points.get(person, [{}])[0],
            reasons=tuple(reasons.get(person, ())),
            not_scored_code=codes[person][0]["not_scored_code"],
            ties=tuple(Tie(**tie) for tie in ties.get(person, ())),
        )
        for person in people
        if person in codes
    ]


def require_scored(person: PersonOnCard) -> PersonOnCard:
    """Return a scored person. Raises QuestionError, which says why, where they are not scored."""
    rule = person.not_scored
    if rule is None:
        return person
    raise QuestionError(
        f"'{printable(person.person_id)}' is not scored as of {person.card.as_of_date}, whatever "
        f"the features: {rule['reason']} ({rule['code']}). What to do: {rule['what_to_do']}"
    )


# --- what-if -------------------------------------------------------------------------------------


def parse_values(settings: Sequence[str], card: Card) -> dict[str, float | None]:
    """Return feature -> value of settings like ``feature=0.2`` and ``feature=missing``.

    Raises QuestionError where a feature is unknown or given twice, or cannot have such a value.
    """
    names = [one.feature for one in card.features]
    values: dict[str, float | None] = {}
    for setting in settings:
        where = f"--set {printable(setting)}"
        name, equals, text = setting.partition("=")
        if not equals:
            raise QuestionError(f"{where}: write feature=value")
        if name not in names:
            [near] = get_close_matches(name, names, n=1, cutoff=0)
            raise QuestionError(f"{where}: there is no such feature; the nearest is {near}")
        if name in values:
            raise QuestionError(f"{where}: {name} is set twice")
        values[name] = _parse_value(where, text, card.feature(name))
    return values


def _parse_value(where: str, text: str, feature: CardFeature) -> float | None:
    if text == MISSING:
        if feature.missing_points is None:
            raise QuestionError(f"{where}: {feature.feature} is never missing of a scored person")
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise QuestionError(f"{where}: write a number, or {feature.feature}={MISSING}")
    if feature.is_counted and value != int(value):
        raise QuestionError(f"{where}: {feature.feature} is a whole number of {feature.unit}")
    least, most = feature.least_value, feature.most_value
    if (least is not None and value < least) or (most is not None and value > most):
        limits = [f"at least {least:g}"] if least is not None else []
        limits += [f"at most {most:g}"] if most is not None else []
        raise QuestionError(f"{where}: {feature.feature} is {' and '.join(limits)}")
    return value


def what_if(person: PersonOnCard, values: Mapping[str, float | None]) -> dict[str, Any]:
    """Return what a scored person's score would be with other values, all else equal, for JSON.

    ``score_then - score_now`` is the sum over ``features``, to which the neighbour mean belongs
    where it follows (``value_then`` is None then). ``opens``, ``closes``: benefits.
    """
    then = person.with_(**values)
    assert person.score is not None
    assert then.score is not None
    moved = []
    for one in person.card.features:
        name = one.feature
        if name in values or then.points[name] != person.points[name]:
            value = person.values[name]
            moved.append({
                "factor": one.factor,
                "feature": name,
                "value_now": None if value is None else float(value),
                "value_then": values.get(name),
                "points_now": person.points[name],
                "points_then": then.points[name],
            })  # fmt: skip
    moved.sort(key=lambda row: row["feature"] not in values)  # what follows comes last
    opened = [{one["benefit"]: one["is_open"] for one in p.openings()} for p in (person, then)]
    benefits = [one.benefit for one in person.card.benefits]
    return {
        **person.headline(),
        "score_now": person.score,
        "score_then": then.score,
        "band_now": person.band,
        "band_then": then.band,
        "features": moved,
        "opens": [name for name in benefits if opened[1][name] and not opened[0][name]],
        "closes": [name for name in benefits if opened[0][name] and not opened[1][name]],
    }


def recourse(person: PersonOnCard) -> dict[str, Any]:
    """Return the next band and the next gate of a scored person, and the ways there, for JSON.

    ``next_band`` and ``at_least`` are None where there is no higher band, ``next_gate`` where
    every benefit is open.
    """
    upward = person.next_band() or {}
    return {
        **person.headline(),
        "score": person.score,
        "band": person.band,
        "next_band": upward.get("band"),
        "at_least": upward.get("at_least"),
        "ways": upward.get("ways", []),
        "next_gate": person.next_gate(),
    }
