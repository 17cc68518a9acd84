"""A notice to a person about their score: the result, its reasons, and what would have changed it.

Plain words, one page. Every number on it is exact: scores with other data are computed on the card,
the neighbour mean following, all else equal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from plainscore.common.errors import QuestionError
from plainscore.common.text import printable
from plainscore.scorecards.person import ASK_FOR_DATA, CardFeature, PersonOnCard
from plainscore.show.terminal import NEVER, shown_value

TEMPLATE = "terminal/notice.txt"


def notice(
    person: PersonOnCard, benefit: str | None, delivered: Sequence[Any] = ()
) -> dict[str, Any]:
    """Return the notice for JSON and for its template.

    ``benefit``: what was asked for, if anything. ``delivered``: dataclasses of the person's events
    by log and source. Raises QuestionError where the card has no such benefit.
    """
    card = person.card
    asked = None if benefit is None else _asked(person, benefit)
    missing = [one for one in card.features if person.values[one.feature] is None and one.bins]
    ways = []
    if asked and asked["points_short"]:
        deciding = asked["accepts"] if asked["is_wall_enforced"] else None
        ways = person.ways_to(asked["min_score"], deciding)
    return {
        **person.headline(),
        "score": person.score,
        "band": person.band,
        "least_score": card.base,
        "most_score": card.base + sum(one.max_points for one in card.features),
        "feature_count": len(card.features),
        "not_scored": person.not_scored,
        "asked": asked,
        "heading": person.reasons_heading,
        "reasons": [_true_reason(row, card.feature(row["code"])) for row in person.reasons],
        "not_on_record": _not_on_record(missing),
        "without_logs": card.without_logs,
        "left_out": card.left_out.split(", ") if card.left_out else [],
        "other_data": [
            _other_data(person, card.feature(row["code"]))
            for row in person.reasons
            if card.feature(row["code"]).bins
        ],
        "ways": ways,
        "delivered": [asdict(one) for one in delivered],
        "friends_counted": len(person.ties) if person.points else 0,
    }


def _asked(person: PersonOnCard, benefit: str) -> dict[str, Any]:
    gates = {one.benefit: one for one in person.card.benefits}
    if benefit not in gates:
        near = get_close_matches(benefit, gates, n=1, cutoff=0)
        hint = f"the nearest is {near[0]}" if near else "it has none"
        raise QuestionError(
            f"--benefit {printable(benefit)}: scorecard {person.card.scorecard} has no such "
            f"benefit; {hint}"
        )
    gate = gates[benefit]
    if person.score is None:
        nothing = {"points_short": None, "is_open_in_context": None, "score_in_context": None}
        return {**asdict(gate), "is_open": False, **nothing, "is_other_by_wall": None}
    found = person.opening(gate)
    in_context = found["is_open_in_context"]
    is_other = None if in_context is None else in_context != (person.score >= gate.min_score)
    return {**found, "is_other_by_wall": is_other}


def _true_reason(row: Mapping[str, Any], feature: CardFeature) -> dict[str, Any]:
    """Return a reason; version 0.1 published words of a value where there was none."""
    if row["is_missing"] and feature.missing_reason is None:
        return {**row, "reason": _nothing_of(feature), "what_to_do": ASK_FOR_DATA}
    return dict(row)


def _nothing_of(feature: CardFeature) -> str:
    return f"No value of {_words(feature.feature)} is on record"


def _not_on_record(missing: Sequence[CardFeature]) -> list[dict[str, Any]]:
    """Return what is not on record, each sentence once, with the features that lack a value."""
    found: dict[str, dict[str, Any]] = {}
    for one in missing:
        reason = one.missing_reason or _nothing_of(one)
        entry = found.setdefault(reason, {"reason": reason, "features": []})
        entry["features"].append(one.feature)
    return list(found.values())


def _other_data(person: PersonOnCard, feature: CardFeature) -> dict[str, Any]:
    value = person.values[feature.feature]
    shown = shown_value(value, feature.definition)
    if value is None:
        shown = "not on record"
    elif shown != NEVER:
        shown += f" ({feature.unit})"
    return {
        "feature": feature.feature,
        "value": value,
        "shown": shown,
        "definition": feature.definition,
        "results": person.other_results(feature.feature),
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def page_values(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template of a notice is filled with: ids printable, names in words."""
    safe = {name: printable(found[name]) for name in ("person_id", "scorecard")}
    return {"notice": {**found, **safe}, "words": _words}
