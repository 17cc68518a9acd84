"""Facts that hold in every world, whatever the numbers on the card."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plainscore.contracts import SnapshotDates
from tests.laws.scores import figures, scores
from tests.oracle.events import Event
from tests.oracle.nasty_worlds import NastyWorld, nasty_world

A_FEW = settings(
    max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
SEEDS = st.integers(1, 10_000)
ALL_FIGURES = """
    select feature_vector.*, score.score, points.* exclude (scorecard, person_key)
    from features.feature_vector
    join scores.score using (person_key)
    left join scores.points using (scorecard, person_key)
    where scorecard = 'standard'
"""
FRIEND_RELIABILITY = """
    select person_key, friend_reliability from scores.friend_reliability
    where scorecard = 'standard'
"""


@A_FEW
@given(SEEDS, st.integers(1, 60))
def test_paying_a_credit_bill_later_never_raises_the_score(seed: int, days: int) -> None:
    """Within the last 180 days, where the same bills stay in every window."""
    world, dates = _world(seed)
    later = [_paid_later(event, world, days) for event in world.events]
    assert later != list(world.events), "somebody paid in time to pay later"
    before, after = scores(world.events, dates), scores(later, dates)
    raised = {who: (before[who], after[who]) for who in before if _is_more(after[who], before[who])}
    assert raised == {}


@A_FEW
@given(SEEDS, st.data())
def test_ties_of_strangers_never_change_mine(seed: int, pick: st.DataObject) -> None:
    world, dates = _world(seed)
    people = sorted({event.person_id for event in world.events})
    pair = pick.draw(st.lists(st.sampled_from(people), min_size=2, max_size=2, unique=True))
    befriended = [*world.events, *_friendship(*pair, world)]
    before, after = (figures(events, dates, ALL_FIGURES) for events in (world.events, befriended))
    assert {who: row for who, row in after.items() if who not in pair} == {
        who: row for who, row in before.items() if who not in pair
    }


@A_FEW
@given(SEEDS, st.integers(1, 30))
def test_fake_friends_without_a_record_add_nothing_to_friend_reliability(
    seed: int, count: int
) -> None:
    world, dates = _world(seed)
    people = sorted({event.person_id for event in world.events})
    fakes = [
        event
        for who in people
        for number in range(count % 3 + 1)
        for event in _friendship(who, f"fake {number} of {who}", world)
    ]
    before, after = (
        figures(events, dates, FRIEND_RELIABILITY)
        for events in (world.events, [*world.events, *fakes])
    )
    assert after == before


@A_FEW
@given(SEEDS)
def test_friends_move_nobody_further_than_the_bound(seed: int) -> None:
    world, dates = _world(seed)
    sql = """
        select person_key, numerator, denominator, own_ppm from scores.friend_reliability
        where scorecard = 'standard'
    """
    for numerator, denominator, own_ppm in figures(world.events, dates, sql).values():
        distance = abs(int(str(numerator)) - int(str(own_ppm)) * int(str(denominator)))
        assert distance <= 150_000 * int(str(denominator))


def _world(seed: int) -> tuple[NastyWorld, SnapshotDates]:
    world = nasty_world(seed * 6)  # every sixth knows all that happened
    return world, SnapshotDates(world.as_of_date, world.known_on)


def _paid_later(event: Event, world: NastyWorld, days: int) -> Event:
    """The event, or the same some days later if it is the one payment of a credit bill."""
    newest = world.as_of_date
    is_recent = newest - timedelta(days=180) < event.event_date <= newest - timedelta(days=days)
    bill_id = event.fields.get("bill_id")
    if event.event_type != "payment" or not is_recent or event.arrived > world.known_on:
        return event
    same_bill = [
        other
        for other in world.events
        if other.person_id == event.person_id and other.fields.get("bill_id") == bill_id
    ]
    types = sorted(other.event_type for other in same_bill)
    is_credit = any(other.fields.get("bill_type") in ("card", "loan") for other in same_bill)
    if types != ["bill", "payment"] or not is_credit:
        return event
    return replace(event, event_time=event.event_time + timedelta(days=days))


def _is_more(after: int | None, before: int | None) -> bool:
    return after is not None and before is not None and after > before


def _friendship(one: str, other: str, world: NastyWorld) -> list[Event]:
    """A tie of a year with contact in both directions every month."""

    def event(number: int, who: str, whom: str, event_type: str, ago: int) -> Event:
        day: date = world.as_of_date - timedelta(days=ago)
        return Event(
            log="friendship",
            event_id=f"law {one} {other} {number}",
            event_time=datetime.combine(day, time(12)),
            person_id=who,
            event_type=event_type,
            arrived=min(day, world.known_on),
            fields={"friend_id": whom},
        )

    events = [event(0, one, other, "added", 400)]
    for month in range(12):
        events.append(event(2 * month + 1, one, other, "contact", 30 * month + 3))
        events.append(event(2 * month + 2, other, one, "contact", 30 * month + 4))
    return events
