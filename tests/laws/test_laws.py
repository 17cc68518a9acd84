"""Facts that hold in every world, whatever the numbers on the card."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pytest

from plainscore.contracts import SnapshotDates
from plainscore.runs.pipeline import read_request
from plainscore.runs.run import SnapshotOutcome, score_day
from tests.oracle.events import Event
from tests.oracle.house import score_events
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import NastyWorld, nasty_world
from tests.quick_runs import quick_runs

Figures: TypeAlias = dict[str, dict[str, Any]]
FIGURES = """
    select
        person_id, vector.* exclude (person_key), score, points.* exclude (scorecard, person_key),
        numerator, denominator, own_ppm, mean.friend_reliability as mean
    from features.feature_vector as vector
    join scores.score using (person_key)
    left join scores.points using (scorecard, person_key)
    left join scores.friend_reliability as mean using (scorecard, person_key)
    natural join events.person
    where scorecard = 'standard'
"""
# Every sixth world knows all that happened.
EVERY_WORLD = pytest.mark.parametrize("seed", [6 * n for n in (7, 101, 1234)])


@cache
def world_of(seed: int) -> NastyWorld:
    return nasty_world(seed)


@cache
def before(seed: int) -> Figures:
    return figures(world_of(seed), world_of(seed).events)


def figures(world: NastyWorld, events: Sequence[Event]) -> Figures:
    """Return person_id -> features, score and points on the standard card."""
    dates = SnapshotDates(world.as_of_date, world.known_on)
    with TemporaryDirectory() as folder:
        engine = score_events(events, dates, Path(folder))
        rows = engine.con.execute(FIGURES)
        names = [column[0] for column in rows.description]
        made = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        engine.close()
    return {row["person_id"]: row for row in made}


@EVERY_WORLD
def test_paying_a_credit_bill_later_never_raises_the_score(seed: int) -> None:
    """Within the last 180 days, where the same bills stay in every window."""
    world = world_of(seed)
    later = _paid_later(world, days=random.Random(seed).randint(1, 60))
    assert later != list(world.events), "somebody paid in time to pay later"
    after = figures(world, later)
    scored = [who for who in after if after[who]["score"] and before(seed)[who]["score"]]
    assert [who for who in scored if after[who]["score"] > before(seed)[who]["score"]] == []


@EVERY_WORLD
def test_ties_of_strangers_never_change_mine(seed: int) -> None:
    world = world_of(seed)
    pair = random.Random(seed).sample(sorted(before(seed)), 2)
    after = figures(world, [*world.events, *_friendship(*pair, world)])
    mine = before(seed).keys() - set(pair)
    assert {who: after[who] for who in mine} == {who: before(seed)[who] for who in mine}


@EVERY_WORLD
def test_fake_friends_without_a_record_add_nothing_to_friend_reliability(seed: int) -> None:
    world = world_of(seed)
    fakes = [
        event
        for who in sorted(before(seed))
        for number in range(seed % 3 + 1)
        for event in _friendship(who, f"fake {number} of {who}", world)
    ]
    after = figures(world, [*world.events, *fakes])
    moved = [who for who, row in before(seed).items() if after[who]["mean"] != row["mean"]]
    assert moved == []


@EVERY_WORLD
def test_friends_move_nobody_further_than_the_bound(seed: int) -> None:
    scored = [row for row in before(seed).values() if row["score"] is not None]
    assert scored
    for row in scored:
        distance = abs(row["numerator"] - row["own_ppm"] * row["denominator"])
        assert distance <= 150_000 * row["denominator"], row["person_id"]


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
        ("shuffled", shuffled, ("csv.gz", "ndjson.gz", "csv"), None),  # as a small store
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
