"""Facts that hold in every world, whatever the numbers on the card."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plainscore.contracts import SnapshotDates
from plainscore.runs.request import read_request
from plainscore.runs.run import SnapshotOutcome, score_day
from tests.oracle.events import Event
from tests.oracle.house import figures
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import NastyWorld, nasty_world
from tests.quick_runs import quick_runs

A_FEW = settings(
    max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
# Every sixth world knows all that happened.
WORLDS = st.integers(1, 10_000).map(lambda seed: nasty_world(seed * 6))
OF_CARD = "natural join events.person where scorecard = 'standard'"
SCORE = f"select person_id, score from scores.score {OF_CARD}"
FRIENDS = f"select person_id, friend_reliability from scores.friend_reliability {OF_CARD}"
ALL_FIGURES = f"""
    select person_id, vector.* exclude (person_key), score, points.* exclude (scorecard, person_key)
    from features.feature_vector as vector
    join scores.score using (person_key)
    left join scores.points using (scorecard, person_key)
    {OF_CARD}
"""
BOUND = f"""
    select person_id, abs(numerator - own_ppm::hugeint * denominator) <= 150000 * denominator
    from scores.friend_reliability {OF_CARD}
"""


def _before_and_after(
    world: NastyWorld, changed: Sequence[Event], sql: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    dates = SnapshotDates(world.as_of_date, world.known_on)
    return figures(world.events, dates, sql), figures(changed, dates, sql)


@A_FEW
@given(WORLDS, st.integers(1, 60))
def test_paying_a_credit_bill_later_never_raises_the_score(world: NastyWorld, days: int) -> None:
    """Within the last 180 days, where the same bills stay in every window."""
    later = _paid_later(world, days)
    assert later != list(world.events), "somebody paid in time to pay later"
    before, after = _before_and_after(world, later, SCORE)
    assert [who for who, (score,) in before.items() if (after[who][0] or 0) > (score or 950)] == []


@A_FEW
@given(WORLDS, st.data())
def test_ties_of_strangers_never_change_mine(world: NastyWorld, pick: st.DataObject) -> None:
    people = sorted({event.person_id for event in world.events})
    pair = pick.draw(st.lists(st.sampled_from(people), min_size=2, max_size=2, unique=True))
    befriended = [*world.events, *_friendship(*pair, world)]
    before, after = _before_and_after(world, befriended, ALL_FIGURES)
    for who in pair:
        del before[who], after[who]
    assert after == before


@A_FEW
@given(WORLDS, st.integers(1, 30))
def test_fake_friends_without_a_record_add_nothing_to_friend_reliability(
    world: NastyWorld, count: int
) -> None:
    fakes = [
        event
        for who in sorted({event.person_id for event in world.events})
        for number in range(count % 3 + 1)
        for event in _friendship(who, f"fake {number} of {who}", world)
    ]
    before, after = _before_and_after(world, [*world.events, *fakes], FRIENDS)
    assert after == before


@A_FEW
@given(WORLDS)
def test_friends_move_nobody_further_than_the_bound(world: NastyWorld) -> None:
    dates = SnapshotDates(world.as_of_date, world.known_on)
    assert set(figures(world.events, dates, BOUND).values()) == {(True,)}


def _paid_later(world: NastyWorld, days: int) -> list[Event]:
    """The events; those that are the one payment of a credit bill happen some days later."""
    newest = world.as_of_date - timedelta(days=days)
    oldest = world.as_of_date - timedelta(days=179)
    of_bill: dict[tuple[str, str], list[Event]] = {}
    for event in world.events:
        of_bill.setdefault((event.person_id, event["bill_id"]), []).append(event)
    later = []
    for event in world.events:
        same_bill = of_bill[event.person_id, event["bill_id"]]
        is_recent = oldest <= event.event_date <= newest and event.arrived <= world.known_on
        if (
            event.event_type == "payment"
            and is_recent
            and sorted(one.event_type for one in same_bill) == ["bill", "payment"]
            and any(one["bill_type"] in ("card", "loan") for one in same_bill)
        ):
            event = replace(event, event_time=event.event_time + timedelta(days=days))
        later.append(event)
    return later


def _friendship(one: str, other: str, world: NastyWorld) -> list[Event]:
    """A tie of a year with contact in both directions every month."""

    def event(number: int, who: str, friend: str, event_type: str, ago: int) -> Event:
        day = world.as_of_date - timedelta(days=ago)
        noon, arrived = datetime.combine(day, time(12)), min(day, world.known_on)
        name = f"law {one} {other} {number}"
        return Event(name, noon, who, event_type, arrived, {"friend_id": friend})

    events = [event(0, one, other, "added", 400)]
    for month in range(12):
        events.append(event(2 * month + 1, one, other, "contact", 30 * month + 3))
        events.append(event(2 * month + 2, other, one, "contact", 30 * month + 4))
    return events


def test_order_form_and_threads_change_no_byte_of_a_snapshot(tmp_path: Path) -> None:
    world = nasty_world(42)
    shuffled = random.Random(1).sample(world.events, len(world.events))
    written = []
    for name, events, forms, threads in (
        ("as made", world.events, ("ndjson",), 2),
        ("shuffled", shuffled, ("csv.gz", "ndjson.gz", "csv"), 1),
    ):
        write_landing(events, tmp_path / name, forms)
        request = read_request(world.as_of_date, world.known_on, tmp_path / name, threads=threads)
        with quick_runs():
            written.append(_bytes_of(score_day(request)))
    assert written[0] == written[1]


def _bytes_of(outcome: SnapshotOutcome) -> dict[str, str]:
    """SHA-256 of every table's file; the manifest lists its input files, and those differ."""
    files = sorted(outcome.run.folder.glob("*/*.parquet"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
