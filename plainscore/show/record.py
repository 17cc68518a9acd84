"""A scored person's record on the champion scorecard: what every other value would be worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from plainscore.common.text import printable
from plainscore.show.errors import QuestionError
from plainscore.show.method_of_day import SOCIAL_FACTOR, MethodOfDay, read_method
from plainscore.show.next_band import FriendMean
from plainscore.show.person_rows import PersonRows, read_person
from plainscore.show.snapshots import Snapshots

FRIEND_MEAN = "friend_reliability"

Row = dict[str, Any]


@dataclass(frozen=True)
class Bin:
    """Values from ``at_least`` to less than ``below`` (None: no end) are worth ``points``."""

    at_least: float
    below: float | None
    points: int


@dataclass(frozen=True)
class FeatureOfRecord:
    """One feature as it stands, and as the scorecard would value others.

    ``value`` None: missing. ``missing_points`` None: never missing, which only the neighbour mean
    is; that has no bins either. ``least_value`` and ``most_value`` None: no bound.
    """

    feature: str
    factor: str
    value: float | None
    points: int
    max_points: int
    missing_points: int | None
    bins: tuple[Bin, ...]
    unit: str
    is_counted: bool
    least_value: float | None
    most_value: float | None

    def points_for(self, value: float | None) -> int:
        """Return the points of another value, None: missing."""
        if value is None:
            assert self.missing_points is not None, "the neighbour mean is never missing"
            return self.missing_points
        if not self.bins:
            return int(self.max_points * value + 0.5)
        found = [one for one in self.bins if one.at_least <= value] or list(self.bins[:1])
        return found[-1].points


@dataclass(frozen=True)
class Record:
    """Everything that a score follows from, but other people's reaction to it."""

    person_id: str
    as_of_date: date
    known_on: date
    scorecard: str
    score: int
    band: str
    features: Mapping[str, FeatureOfRecord]
    friends: FriendMean

    @property
    def own_points(self) -> int:
        """The points of all factors but the social one."""
        own = (one for one in self.features.values() if one.factor != SOCIAL_FACTOR)
        return sum(one.points for one in own)

    def score_with(self, points: Mapping[str, int]) -> int:
        """Return the score if some features had other points.

        Friends are weighed against the person's own record, so that they are weighed anew, unless
        the points of the neighbour mean itself are given.
        """
        changes = {name: new - self.features[name].points for name, new in points.items()}
        own_change = sum(
            change
            for name, change in changes.items()
            if self.features[name].factor != SOCIAL_FACTOR
        )
        if FRIEND_MEAN not in changes:
            before, after = self.own_points, self.own_points + own_change
            changes[FRIEND_MEAN] = self.friends.points(after) - self.friends.points(before)
        return self.score + sum(changes.values())


def read_record(snapshots: Snapshots, person_id: str, day: date) -> Record:
    """Return the record of a person who is scored on a published day.

    Raises UnknownPersonError where the snapshot of that day has nobody of that id, QuestionError,
    which says why, where it does not score them.
    """
    return record_of(read_person(snapshots, person_id, day), read_method(snapshots, day))


def record_of(person: PersonRows, method: MethodOfDay) -> Record:
    """Return the record in what is published about a person; ``method``: that of the same day.

    Raises QuestionError, which says why, where they are not scored.
    """
    score = person.score
    if score["score"] is None:
        raise QuestionError(_told_not_scored(score, method))
    explained = {row["feature"]: row for row in person.points}
    return Record(
        person_id=score["person_id"],
        as_of_date=score["as_of_date"],
        known_on=score["known_on"],
        scorecard=score["scorecard"],
        score=score["score"],
        band=score["band"],
        features={
            card["feature"]: _feature({**card, **explained[card["feature"]]}, method)
            for card in method.features
        },
        friends=person.friend_mean(method),
    )


def _told_not_scored(score: Row, method: MethodOfDay) -> str:
    rule = method.rules[score["not_scored_code"]]
    return (
        f"'{printable(score['person_id'])}' is not scored as of {score['as_of_date']}, whatever "
        f"the features: {rule['reason']} ({rule['not_scored_code']}). "
        f"What to do: {rule['what_to_do']}"
    )


def _feature(row: Row, method: MethodOfDay) -> FeatureOfRecord:
    names = ("feature", "factor", "value", "points", "max_points", "missing_points", "unit",
             "least_value", "most_value")  # fmt: skip
    own = (one for one in method.bins if one["feature"] == row["feature"])
    return FeatureOfRecord(
        **{name: row[name] for name in names},
        bins=tuple(Bin(one["at_least"], one["below"], one["points"]) for one in own),
        is_counted=row["feature"] in method.counted,
    )
