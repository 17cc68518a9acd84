"""All that is published about one person on one day, each view asked once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plainscore.common.text import printable
from plainscore.show.errors import UnknownPersonError
from plainscore.show.method_of_day import MethodOfDay
from plainscore.show.next_band import FriendMean
from plainscore.show.person_questions import FRIENDS, POINTS, REASONS, SCORE
from plainscore.show.snapshots import Snapshots

Row = dict[str, Any]


@dataclass(frozen=True)
class PersonRows:
    """A row of ``score``, and rows of ``explain``, ``reason`` and ``friends_of``.

    Of somebody who is not scored ``points`` has values without points, ``friends`` is empty.
    """

    score: Row
    points: Sequence[Row]
    reasons: Sequence[Row]
    friends: Sequence[Row]

    def friend_mean(self, method: MethodOfDay) -> FriendMean:
        """Return the neighbour mean of a scored person, to be computed for another record."""
        return FriendMean(
            own_points_max=method.card["own_points_max"],
            max_distance_ppm=method.card["max_distance_ppm"],
            max_points=method.card["friend_points_max"],
            terms=tuple((term["weight"], term["record_ppm"]) for term in self.friends),
        )


def read_person(snapshots: Snapshots, person_id: str, day: date) -> PersonRows:
    """Return what is published about a person.

    Raises UnknownPersonError where the snapshot of that day has nobody of that id.
    """
    of_person = (person_id, day)
    scores = snapshots.records(SCORE, of_person)
    if not scores:
        raise UnknownPersonError(
            f"the snapshot as of {day} knows no person '{printable(person_id)}': "
            "ids are case-sensitive and stand in the view score"
        )
    return PersonRows(
        score=scores[0],
        points=snapshots.records(POINTS, of_person),
        reasons=snapshots.records(REASONS, of_person),
        friends=snapshots.records(FRIENDS, of_person),
    )
