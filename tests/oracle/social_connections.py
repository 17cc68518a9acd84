"""The five features of the factor social_connections, friend_reliability among them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from tests.oracle.events import Event, Value, days_between, lower_median, month_back, share

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Tie:
    """One live tie, seen from one of its two ends."""

    friend_id: str
    age_days: int
    two_way_months: int


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def live_ties(friendship_log: Sequence[Event], as_of_date: date) -> dict[str, list[Tie]]:
    """Name of each end -> its live ties, from the known events of everyone, in order.

    An end may be no person. A contact counts whenever it happened if the tie is live at D.
    """
    alive_since: dict[Pair, date] = {}
    contact_months: dict[tuple[str, str], set[int]] = {}
    for event in friendship_log:
        friend_id = event.text("friend_id")
        pair = _pair(event.person_id, friend_id)
        if event.event_type == "added":
            if pair not in alive_since:
                alive_since[pair] = event.event_date
        elif event.event_type == "removed":
            alive_since.pop(pair, None)
        else:
            months = contact_months.setdefault((event.person_id, friend_id), set())
            months.add(month_back(event.event_date, as_of_date))
    ties: dict[str, list[Tie]] = {}
    for (one, other), since in alive_since.items():
        there = contact_months.get((one, other), set())
        back = contact_months.get((other, one), set())
        months_both = len(there & back & set(range(12)))
        age = days_between(since, as_of_date)
        ties.setdefault(one, []).append(Tie(other, age, months_both))
        ties.setdefault(other, []).append(Tie(one, age, months_both))
    return ties


def tie_features(ties: Sequence[Tie], scored: Iterable[str]) -> dict[str, Value]:
    """The four features that every person has, scored or not, by name."""
    scored_ids = set(scored)
    with_scored = [tie for tie in ties if tie.friend_id in scored_ids]
    all_months = sum(tie.two_way_months for tie in ties)
    return {
        "two_way_months": (
            min(60, sum(tie.two_way_months for tie in with_scored)) if ties else None
        ),
        "median_tie_days": lower_median(tie.age_days for tie in ties if tie.two_way_months >= 3),
        "top_tie_share": (
            share(max(tie.two_way_months for tie in ties), all_months) if ties else None
        ),
        "scored_friend_share": share(len(with_scored), len(ties)),
    }


def clip(value: int, low: int, high: int) -> int:
    """Value held in [low, high]."""
    return min(max(value, low), high)


def friend_reliability(
    person_id: str, ties: Sequence[Tie], own_points: Mapping[str, int]
) -> Fraction:
    """X of method.md "Friends", exact, of one scored person.

    `own_points` holds the non-social points of every SCORED person, 0..570, and of no one else.
    """
    reach = 150_000
    q_own = own_points[person_id] * 1_000_000 // 570
    total = 12 * clip(500_000, q_own - reach, q_own + reach)
    weight = 12
    for tie in ties:
        if tie.friend_id in own_points:
            q_friend = own_points[tie.friend_id] * 1_000_000 // 570
            total += tie.two_way_months * clip(q_friend, q_own - reach, q_own + reach)
            weight += tie.two_way_months
    return Fraction(total, 1_000_000 * weight)
