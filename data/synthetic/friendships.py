"""The friendship log: ties added and removed, and contacts between friends.

About 120 contacts a person in 24 months. Two friends in touch in a month: one reaches out, the
other mostly answers. One side reports a tie, in one case of ten both do.
"""

from typing import Final

import numpy as np

from plainscore.synthetic.chance import Ints, SmallInts
from plainscore.synthetic.rows import MEETING, SECONDS_PER_DAY, Month, Rows, repeat, rows_of, stack
from plainscore.synthetic.world import World

EVENT_TYPES: Final = ("added", "removed", "contact")
ADDED, REMOVED, CONTACT = range(3)
_ANSWER_PPM: Final = 720_000
_BOTH_REPORT_PPM: Final = 100_000
_PLACE_ROOM: Final = 10
"""Event numbers of one friend in one month: contact, added, removed, added again."""


def friendship_rows(world: World, persons: Ints, month: Month) -> Rows:
    """Return what the persons report of their ties in `month`, as (person, friend) rows."""
    around = world.neighbourhoods
    person, place = repeat(persons, around.start[persons + 1] - around.start[persons])
    where = around.start[person] + place
    friend = around.friend[where].astype(np.int64)
    low, high = np.minimum(person, friend), np.maximum(person, friend)
    sides = rows_of(person, month.label, place * _PLACE_ROOM, CONTACT, 0, friend=friend)
    sides = sides.replaced(low=low, high=high, tie=where)
    return stack(
        [
            _turns(world, sides, month, ADDED, around.added[where], 1),
            _turns(world, sides, month, REMOVED, around.ended[where], 2),
            _turns(world, sides, month, ADDED, around.again[where], 3),
            _contacts(world, sides, month),
        ]
    )


def _turns(world: World, sides: Rows, month: Month, kind: int, day: SmallInts, step: int) -> Rows:
    """Return the turns of ties (added, removed) that are reported in `month`."""
    chosen = world.is_reported_in(month, day)
    some, reported = sides.take(chosen), day[chosen].astype(np.int64)
    bits = world.dice.roll(f"tie.told.{step}", some["low"], some["high"])
    is_first_side = (bits.lane(0) & 1 == 1) == (some["person"] == some["low"])
    reports = is_first_side | bits.likely(1, _BOTH_REPORT_PPM)
    # The second side reports a minute later, within the day.
    second = np.minimum(MEETING.second(bits.lane(2)), SECONDS_PER_DAY - 120)
    second += np.where(is_first_side, 0, 61)
    time = reported * SECONDS_PER_DAY + second
    return some.follow(reports, step, kind=kind, time=time, friend=some["friend"])


def _contacts(world: World, sides: Rows, month: Month) -> Rows:
    """Return who reaches out in `month`, at most once per friend."""
    around, tie = world.neighbourhoods, sides["tie"]
    is_ended = around.ended[tie] <= month.last_day
    is_again = around.again[tie] < month.first_day
    live = sides.take((around.added[tie] < month.first_day) & (~is_ended | is_again))
    bits = world.dice.roll("contact.month", live["low"] << 24 | live["high"], month.number)
    in_touch = bits.likely(0, around.closeness[live["tie"]].astype(np.int64))
    begins = (bits.lane(1) & 1 == 1) == (live["person"] == live["low"])
    some = live.take(in_touch & (begins | bits.likely(2, _ANSWER_PPM)))
    person, friend = some["person"], some["friend"]
    bits = world.dice.roll("contact.time", person << 24 | friend, month.number)
    everyone = np.ones(len(some), dtype=bool)
    time = MEETING.time(month, bits.lane(2), bits.lane(3))
    return world.with_account(some.follow(everyone, 0, kind=CONTACT, time=time, friend=friend))
