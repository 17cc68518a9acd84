"""People of a published date on its champion card: explanations, what-ifs, moves.

What is computed of a person is in `plainscore.scorecards.person`; this reads the views for it.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
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
    CardFeature,
    NeighbourMean,
    PersonOnCard,
    Tie,
)
from plainscore.show.reader import Row, Snapshots

MISSING = "missing"

_CARD_FEATURE = (
    "feature", "factor", "unit", "direction", "max_points", "missing_points", "least_value",
    "most_value", "definition", "reason", "what_to_do",
)  # fmt: skip
_REASON = (
    "rank", "code", "value", "points", "max_points", "points_lost", "reason", "what_to_do",
)  # fmt: skip
_TIE = ("friend_id", "tie_days", "contact_months", "friend_ppm")


def read_advice(method: Method = STANDARD_METHOD) -> dict[str, Advice]:
    """Return feature -> advice; a feature without an entry, or file, has no move."""
    file = method.find("transforms/recourse.toml")
    entries = {} if file is None else tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: Advice(**entry) for name, entry in entries.items()}


def _some(row: Row, names: Sequence[str]) -> Row:
    return {name: row[name] for name in names}


def read_card(snapshots: Snapshots, day: date) -> Card:
    """Return the champion card as it was published with a day."""

    def of_champion(view: str, order: str) -> list[Row]:
        return snapshots.records(
            f"from {view} where scorecard_no = 1 and as_of_date = ? order by {order}", (day,)
        )

    [card] = of_champion("card", "scorecard_no")
    bins: dict[str, list[tuple[float, int]]] = {}
    for row in of_champion("bin_card", "feature_no, bin_no"):
        bins.setdefault(row["feature"], []).append((row["at_least"], row["points"]))
    counted = {
        row["column_name"]
        for row in snapshots.records("describe features")
        if row["column_type"] == "BIGINT"
    }
    features = tuple(
        CardFeature(
            **_some(row, _CARD_FEATURE),
            is_counted=row["feature"] in counted,
            bins=tuple(bins.get(row["feature"], ())),
        )
        for row in of_champion("feature_card", "feature_no")
    )
    rules = snapshots.records(
        "select not_scored_code, reason, what_to_do from not_scored_rule where as_of_date = ?",
        (day,),
    )
    return Card(
        scorecard=card["scorecard"],
        as_of_date=day,
        known_on=card["known_on"],
        base=card["base"],
        factors=tuple(row["factor"] for row in of_champion("factor_card", "factor_no")),
        features=features,
        bands=tuple(
            CardBand(**_some(row, ("band_no", "band", "at_least", "at_most")))
            for row in of_champion("band_card", "band_no")
        ),
        benefits=tuple(
            (row["benefit"], row["min_score"])
            for row in of_champion("benefit_card", "min_score, benefit")
        ),
        rules={rule.pop("not_scored_code"): rule for rule in rules},
        mean=_neighbour_mean(card, features),
        advice=read_advice(snapshots.method),
    )


def _neighbour_mean(card: Row, features: Iterable[CardFeature]) -> NeighbourMean | None:
    """Return the rule of the one feature without bins and points for missing, if there is one."""
    for one in features:
        if one.missing_points is None and not one.bins:
            return NeighbourMean(
                feature=one.feature,
                factor=one.factor,
                max_points=card["friend_points_max"],
                **_some(card, ("own_points_max", "prior_weight", "prior_ppm", "max_distance_ppm")),
            )
    return None


# --- people --------------------------------------------------------------------------------------


def explain(snapshots: Snapshots, person_id: str, day: date) -> PersonOnCard:
    """Return one person of a published day on its champion card.

    Raises UnknownPersonError where the snapshot of that day has no person of that id.
    """
    return read_person(snapshots, read_card(snapshots, day), person_id)


def read_person(snapshots: Snapshots, card: Card, person_id: str) -> PersonOnCard:
    """Return one person of the card's day; raises as `explain` does."""
    found = read_people(snapshots, card, [person_id])
    if not found:
        raise UnknownPersonError(
            f"the snapshot as of {card.as_of_date} knows no person '{printable(person_id)}': "
            "ids are case-sensitive; the view score lists them"
        )
    return found[0]


def read_people(snapshots: Snapshots, card: Card, people: Sequence[str]) -> list[PersonOnCard]:
    """Return people of the card's day, in their order; ids that it does not know are left out.

    Each view is read once.
    """

    def of_people(view: str, order: str) -> dict[str, list[Row]]:
        rows = snapshots.records(
            f"from {view} where as_of_date = ? and person_id in ({marks}) order by {order}",
            (card.as_of_date, *people),
        )
        return rows_by_person(rows)

    marks = ", ".join("?" * len(people)) or "null"
    scores, values = of_people("score", "person_id"), of_people("features", "person_id")
    points, reasons = of_people("points", "person_id"), of_people("reason", "person_id, rank")
    # A method without a neighbour mean publishes no friends.
    order = "person_id, contact_months desc, friend_id"
    ties = of_people("friend", order) if card.mean is not None else {}
    names = [one.feature for one in card.features]
    return [
        PersonOnCard(
            card=card,
            person_id=person,
            values={name: values[person][0][name] for name in names},
            points={name: row[name] for row in points.get(person, ()) for name in names},
            reasons=tuple(_reason(card, row) for row in reasons.get(person, ())),
            not_scored_code=scores[person][0]["not_scored_code"],
            ties=tuple(Tie(**_some(tie, _TIE)) for tie in ties.get(person, ())),
        )
        for person in people
        if person in scores
    ]


def _reason(card: Card, row: Row) -> Row:
    found = _some(row, _REASON)
    if found["value"] is not None and card.feature(row["code"]).is_counted:
        found["value"] = int(found["value"])
    return found


def rows_by_person(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return rows of a view by the person whose they are."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["person_id"], []).append(row)
    return found


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
        name, equals, text = setting.partition("=")
        if not equals:
            raise QuestionError(f"--set {printable(setting)}: write feature=value")
        if name not in names:
            near = get_close_matches(name, names, n=1, cutoff=0)
            raise QuestionError(
                f"--set {printable(setting)}: there is no such feature; the nearest is {near[0]}"
            )
        if name in values:
            raise QuestionError(f"--set {printable(setting)}: {name} is set twice")
        values[name] = _parse_value(setting, text, card.feature(name))
    return values


def _parse_value(setting: str, text: str, feature: CardFeature) -> float | None:
    where = f"--set {printable(setting)}"
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
    gates = person.card.benefits
    return {
        **person.headline(),
        "score_now": person.score,
        "score_then": then.score,
        "band_now": person.band,
        "band_then": then.band,
        "features": moved,
        "opens": [name for name, gate in gates if person.score < gate <= then.score],
        "closes": [name for name, gate in gates if then.score < gate <= person.score],
    }


def recourse(person: PersonOnCard) -> dict[str, Any]:
    """Return the next band of a scored person and the ways that lead there, for JSON.

    ``next_band`` and ``at_least`` are None where there is no higher band.
    """
    upward = person.next_band() or {}
    return {
        **person.headline(),
        "score": person.score,
        "band": person.band,
        "next_band": upward.get("band"),
        "at_least": upward.get("at_least"),
        "ways": upward.get("ways", []),
    }
