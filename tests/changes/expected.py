"""What the method says of a change, from the states that the oracle computes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.oracle.score import BASE
from tests.oracle.snapshot import PersonResult

CAUSES = ("rules", "late_data", "time", "new_events")
SOCIAL = (
    "friend_reliability",
    "two_way_months",
    "median_tie_days",
    "top_tie_share",
    "scored_friend_share",
)
Points = Mapping[str, int]


@dataclass(frozen=True)
class State:
    """One person in one state: points by feature where scored, else the code or 'not there'."""

    status: str
    points: Points


@dataclass(frozen=True)
class ExpectedChange:
    """The change of one person scored at both ends, by feature and in sum."""

    features: dict[str, tuple[int, ...]]
    causes: tuple[int, ...]
    friends: tuple[int, ...]
    is_carried: bool


def state_of(result: PersonResult | None) -> State:
    """Return the state of a person that the oracle may not know."""
    if result is None:
        return State("not there", {})
    return State(result.not_scored_code or "scored", result.points)


def change_of(states: Sequence[State]) -> ExpectedChange | None:
    """Return the causes of a chain of five states; None unless scored at both ends."""
    if {states[0].status, states[-1].status} != {"scored"}:
        return None
    steps: list[Points] = [states[0].points]
    for state in states[1:]:
        steps.append(state.points if state.status == "scored" else steps[-1])
    features = {
        feature: tuple(late[feature] - early[feature] for early, late in pairwise(steps))
        for feature in steps[0]
    }
    return ExpectedChange(
        features=features,
        causes=_sums(features.values()),
        friends=_sums([features[feature] for feature in SOCIAL]),
        is_carried=any(state.status != "scored" for state in states),
    )


def cause_of_status(states: Sequence[State]) -> str | None:
    """Return the cause that changed a status for good."""
    statuses = [state.status for state in states]
    if statuses[0] == statuses[-1]:
        return None
    kinds = ["no score" if status[0] == "N" else status for status in statuses]
    trail = statuses if kinds[0] == kinds[-1] else kinds
    last = max(place for place in range(4) if trail[place] != trail[-1])
    return CAUSES[last]


def score(state: State) -> int | None:
    """Return the score that the points of a state make."""
    return BASE + sum(state.points.values()) if state.status == "scored" else None


def _sums(rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sum(column) for column in zip(*rows, strict=True))
