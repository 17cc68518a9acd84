"""Why one person's score differs between two snapshots."""

from dataclasses import dataclass
from typing import Any

from plainscore.common.text import printable
from plainscore.show.change_pairs import PAIR_CONDITION, RUN_CONDITION, Pair, champions, notes_of
from plainscore.show.errors import UnknownPersonError
from plainscore.show.snapshots import Snapshots

CAUSES = ("rules", "late_data", "time", "new_events")


@dataclass(frozen=True)
class Part:
    """What one cause did; ``friends``: the part of it in the social factor."""

    points: int
    friends: int


@dataclass(frozen=True)
class FeatureChange:
    """One feature that moved; ``causes``: points by cause, together after less before."""

    feature: str
    factor: str
    value_before: float | None
    value_after: float | None
    points_before: int
    causes: dict[str, int]
    points_after: int


@dataclass(frozen=True)
class Why:
    """A change that adds up: ``score_change`` is the sum of the parts, and that of the features.

    Of someone not scored in both, ``score_change`` is None and there are neither parts nor
    features; ``status_cause`` names the cause where the status is another. ``is_carried``: the
    person is not scored somewhere on the way, and that cause's part is counted with the next.
    """

    person_id: str
    pair: Pair
    scorecards: tuple[str, str]
    score_before: int | None
    score_after: int | None
    score_change: int | None
    status_before: str
    status_after: str
    status_cause: str | None
    is_carried: bool
    causes: dict[str, Part]
    features: tuple[FeatureChange, ...]
    notes: str


def require_person(snapshots: Snapshots, person_id: str, pair: Pair) -> None:
    """Raise UnknownPersonError where neither snapshot knows anybody of that id."""
    for end in (pair.before, pair.after):
        sql = f"select 1 from score_all where person_id = ? and {RUN_CONDITION} limit 1"
        if snapshots.rows(sql, (person_id, *end.key)):
            return
    raise UnknownPersonError(
        f"neither {pair.before} nor {pair.after} knows a person '{printable(person_id)}': "
        "ids are case-sensitive and stand in the view score"
    )


def why(snapshots: Snapshots, person_id: str, pair: Pair) -> Why:
    """Return why one person's score differs; the changes of the pair are computed.

    Raises UnknownPersonError where neither snapshot knows anybody of that id.
    """
    require_person(snapshots, person_id, pair)
    of_person = (*pair.key, person_id)
    told = snapshots.records(f"from change where {PAIR_CONDITION} and person_id = ?", of_person)[0]
    rows = snapshots.records(
        f"from change_feature where {PAIR_CONDITION} and person_id = ? order by feature_no",
        of_person,
    )
    names = (
        "score_before", "score_after", "score_change", "status_before", "status_after",
        "status_cause", "is_carried",
    )  # fmt: skip
    return Why(
        person_id=person_id,
        pair=pair,
        scorecards=champions(snapshots, pair),
        **{name: told[name] for name in names},
        causes=_parts(told),
        features=tuple(_feature(row) for row in rows),
        notes=notes_of(snapshots, pair),
    )


def _parts(told: dict[str, Any]) -> dict[str, Part]:
    if told["score_change"] is None:
        return {}
    return {cause: Part(told[f"{cause}_change"], told[f"{cause}_friends"]) for cause in CAUSES}


def _feature(row: dict[str, Any]) -> FeatureChange:
    names = ("feature", "factor", "value_before", "value_after", "points_before", "points_after")
    causes = {cause: row[f"{cause}_change"] for cause in CAUSES}
    return FeatureChange(**{name: row[name] for name in names}, causes=causes)
