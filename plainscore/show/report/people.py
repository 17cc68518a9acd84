"""The examples as the page's script reads them: short lists in one JSON object."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from plainscore.show.cause_words import TITLES
from plainscore.show.examples.reading import Example
from plainscore.show.next_band import NextBand
from plainscore.show.snapshots import Snapshots

_DECIMALS = 6


def people_object(snapshots: Snapshots, examples: Sequence[Example], day: date) -> dict[str, Any]:
    """Return what the page shows of some people, as JSON holds it."""
    features = snapshots.records(
        "select feature, factor, unit, max_points, definition, reason, what_to_do "
        "from feature_card where scorecard_no = 1 and as_of_date = ? order by feature_no",
        (day,),
    )
    rules = snapshots.records(
        "select not_scored_code, reason, what_to_do from not_scored_rule where as_of_date = ?",
        (day,),
    )
    bands = snapshots.records(
        "select band, at_least, at_most from band_card where scorecard_no = 1 and as_of_date = ? "
        "order by band_no",
        (day,),
    )
    [(base,)] = snapshots.rows(
        "select base from card where scorecard_no = 1 and as_of_date = ?", (day,)
    )
    places = {feature["feature"]: place for place, feature in enumerate(features)}
    return {
        "day": str(day),
        "base": base,
        "features": features,
        "rules": {rule.pop("not_scored_code"): rule for rule in rules},
        "bands": bands,
        "causes": TITLES,
        "people": [_person(example, places) for example in examples],
    }


def _person(example: Example, places: dict[str, int]) -> dict[str, Any]:
    score = example.score
    return {
        "id": score["person_id"],
        "score": score["score"],
        "band": score["band"],
        "rule": score["not_scored_code"],
        "values": [_short(value) for value in example.values],
        "points": list(example.points),
        "reasons": [[places[row["code"]], row["points_lost"]] for row in example.reasons],
        "history": [[str(day), told] for day, told in example.history],
        "changes": [
            [str(one.before), str(one.after), one.score_change, one.causes]
            for one in example.changes
        ],
        "friends": [
            [
                row["friend_id"],
                row["friend_ppm"],
                row["tie_days"],
                row["contact_months"],
                _short(row["weight_share"]),
                _short(row["contribution"]),
            ]
            for row in example.friends
        ],
        "next": _next(example.next_band),
    }


def _short(value: float | None) -> float | None:
    return round(value, _DECIMALS) if isinstance(value, float) else value


def _next(upward: NextBand | None) -> dict[str, Any] | None:
    if upward is None:
        return None
    return {
        "band": upward.band,
        "at_least": upward.at_least,
        "missing": upward.points_missing,
        "moves": [
            [move.score_change, [[step.feature, step.goal] for step in move.steps]]
            for move in (*upward.one_feature_moves, *upward.two_feature_moves)
        ],
    }
