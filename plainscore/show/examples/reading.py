"""Read everything that explains some people, with one query for each table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plainscore.common.standard import standard_folder
from plainscore.show.explanation import better_steps
from plainscore.show.method_of_day import SOCIAL_FACTOR, read_method
from plainscore.show.next_band import FriendMean, NextBand, next_band
from plainscore.show.snapshots import Snapshots

EVENLY, MOVED, UNSCORED = 240, 40, 4
"""How many stand for all who are scored, moved most, and stand for each rule of no score."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What each cause did to a score between two published dates."""

    before: date
    after: date
    score_change: int
    causes: Mapping[str, int]


@dataclass(frozen=True)
class Example:
    """One person: ``values`` and ``points`` by feature, in the order of the scorecard.

    ``points`` is empty of somebody who is not scored. ``history``: the score (None: not scored) on
    every published date that knows the person. ``friends``: rows of `friends_of`, the prior left
    out; ``prior_share``: its weight in the mean.
    """

    score: Row
    values: Sequence[float | None]
    points: Sequence[int]
    reasons: Sequence[Row]
    history: Sequence[tuple[date, int | None]]
    changes: Sequence[Change]
    friends: Sequence[Row]
    next_band: NextBand | None


def choose_examples(snapshots: Snapshots, day: date, before: date | None) -> list[str]:
    """Return the ids of those who stand for the others; the highest score first."""
    sql = (standard_folder("dashboards/examples") / "chosen.sql").read_text(encoding="utf-8")
    counts = {"even_count": EVENLY, "moved_count": MOVED, "unscored_count": UNSCORED}
    dates = {"as_of_date": day, "before_date": before}
    return [person_id for (person_id,) in snapshots.rows(sql, {**dates, **counts})]


def read_examples(snapshots: Snapshots, people: Sequence[str], day: date) -> list[Example]:
    """Return what explains each of some people on a published day, in their order."""
    method = read_method(snapshots, day)
    card, features, bins = method.card, method.features, method.advised_bins()
    own = [row["feature"] for row in features if row["factor"] != SOCIAL_FACTOR]
    names = [row["feature"] for row in features]
    of_day = _OfPeople(snapshots, people, day)
    scores = of_day.one("score")
    values, points = of_day.one("features"), of_day.one("points")
    reasons, friends = of_day.many("reason", "rank"), of_day.many("friend", _HEAVIEST)
    history, changes = _history(snapshots, people, day), _changes(snapshots, people, day)
    examples = []
    for person in people:
        worth = points.get(person, {})
        ties = friends.get(person, [])
        upward = None
        if worth and (higher := method.band_above(scores[person]["band_no"])):
            upward = next_band(
                higher["band"],
                higher["at_least"],
                scores[person]["score"],
                sum(worth[name] for name in own),
                better_steps(bins, worth),
                _friend_mean(card, ties),
            )
        examples.append(
            Example(
                score=scores[person],
                values=[values[person][name] for name in names],
                points=[worth[name] for name in names] if worth else [],
                reasons=reasons.get(person, []),
                history=history.get(person, []),
                changes=changes.get(person, []),
                friends=ties,
                next_band=upward,
            )
        )
    return examples


_HEAVIEST = "contact_months desc, friend_id"


@dataclass(frozen=True)
class _OfPeople:
    """Rows of a view about some people on one day."""

    snapshots: Snapshots
    people: Sequence[str]
    day: date

    def one(self, view: str) -> dict[str, Row]:
        return {row["person_id"]: row for row in self._rows(view, "person_id")}

    def many(self, view: str, order: str) -> dict[str, list[Row]]:
        return _by_person(self._rows(view, f"person_id, {order}"))

    def _rows(self, view: str, order: str) -> list[Row]:
        sql = (
            f"from {view} where as_of_date = $day and person_id in (select unnest($people)) "
            f"order by {order}"
        )
        return self.snapshots.records(sql, {"day": self.day, "people": list(self.people)})


def _by_person(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["person_id"], []).append(row)
    return found


def _friend_mean(card: Row, ties: Sequence[Row]) -> FriendMean:
    friends = [(tie["contact_months"], tie["friend_ppm"]) for tie in ties]
    return FriendMean(
        own_points_max=card["own_points_max"],
        max_distance_ppm=card["max_distance_ppm"],
        max_points=card["friend_points_max"],
        terms=((card["prior_weight"], card["prior_ppm"]), *friends),
    )


def _history(
    snapshots: Snapshots, people: Sequence[str], day: date
) -> dict[str, list[tuple[date, int | None]]]:
    rows = snapshots.records(
        "select person_id, as_of_date, score from score "
        "where as_of_date <= $day and person_id in (select unnest($people)) "
        "order by person_id, as_of_date",
        {"day": day, "people": list(people)},
    )
    return {
        person: [(row["as_of_date"], row["score"]) for row in told]
        for person, told in _by_person(rows).items()
    }


def _changes(snapshots: Snapshots, people: Sequence[str], day: date) -> dict[str, list[Change]]:
    """Return the computed changes between shown runs; none where nobody asked for them."""
    rows = snapshots.records(
        "select change.* from change "
        "inner join run as earlier on change.as_of_date_before = earlier.as_of_date "
        "and change.known_on_before = earlier.known_on and earlier.is_shown "
        "inner join run as later on change.as_of_date = later.as_of_date "
        "and change.known_on = later.known_on and later.is_shown "
        "where change.as_of_date <= $day and change.score_change is not null "
        "and change.person_id in (select unnest($people)) "
        "order by change.person_id, change.as_of_date, change.as_of_date_before",
        {"day": day, "people": list(people)},
    )
    causes = ("rules", "late_data", "time", "new_events")
    return {
        person: [
            Change(
                row["as_of_date_before"],
                row["as_of_date"],
                row["score_change"],
                {cause: row[f"{cause}_change"] for cause in causes},
            )
            for row in told
        ]
        for person, told in _by_person(rows).items()
    }
