"""The friendship log: ties added and removed, and contacts between friends.

About 120 contacts a person in 24 months. Two friends in touch in a month: one reaches out, the
other mostly answers. One side reports a tie, in one case of ten both do.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.chance import Ints
from plainscore.synthetic.rows import (
    SECONDS_PER_DAY,
    Columns,
    Month,
    Rows,
    event_numbers,
    rows_of,
    stack,
)
from plainscore.synthetic.ties import SmallInts
from plainscore.synthetic.world import World

EVENT_TYPES: Final = ("added", "removed", "contact")
ADDED, REMOVED, CONTACT = range(3)
_ANSWER_PPM: Final = 720_000
_BOTH_REPORT_PPM: Final = 100_000
_PLACE_ROOM: Final = 10
"""Event numbers of one friend in one month: contact, added, removed, added again."""


@dataclass(frozen=True)
class _Sides(Columns):
    """Ties from the view of each person, of shape (sides,).

    `place` counts a person's friends from 0, `where` is the place in the neighbourhoods.
    """

    person: Ints
    friend: Ints
    place: Ints
    where: Ints

    @property
    def pair(self) -> tuple[Ints, Ints]:
        """The same two numbers from either side."""
        return np.minimum(self.person, self.friend), np.maximum(self.person, self.friend)


def friendship_rows(world: World, persons: Ints, month: Month) -> Rows:
    """Return what the persons report of their ties in `month`, as (person, friend) rows."""
    around = world.neighbourhoods
    begin = around.start[persons]
    degree = around.start[persons + 1] - begin
    place = np.arange(int(degree.sum())) - np.repeat(np.cumsum(degree) - degree, degree)
    where = np.repeat(begin, degree) + place
    sides = _Sides(np.repeat(persons, degree), around.friend[where].astype(np.int64), place, where)
    return stack(
        [
            _turns(world, sides, month, ADDED, around.added_day[where], 1),
            _turns(world, sides, month, REMOVED, around.ended_day[where], 2),
            _turns(world, sides, month, ADDED, around.again_day[where], 3),
            _contacts(world, sides, month),
        ]
    )


def _turns(
    world: World, sides: _Sides, month: Month, kind: int, day: SmallInts, number: int
) -> Rows:
    """Return the turns of ties (added, removed) that are reported in `month`."""
    chosen = world.is_reported_in(month, day)
    some, day_reported = sides.take(chosen), day[chosen].astype(np.int64)
    bits = world.dice.roll(f"tie.told.{number}", *some.pair)
    is_first_side = (bits.lane(0) & 1 == 1) == (some.person < some.friend)
    reports = is_first_side | bits.likely(1, _BOTH_REPORT_PPM)
    # The second side reports a minute later, within the day.
    second = bits.pick(2, SECONDS_PER_DAY - 120) + np.where(is_first_side, 0, 61)
    event = event_numbers(some.person, month.label, some.place * _PLACE_ROOM + number)
    rows = rows_of(event, some.person, kind, day_reported, second, friend=some.friend)
    return rows.take(reports)


def _contacts(world: World, sides: _Sides, month: Month) -> Rows:
    """Return who reaches out in `month`, at most once per friend."""
    around, dice = world.neighbourhoods, world.dice
    is_ended = around.ended_day[sides.where] <= month.last_day
    is_again = around.again_day[sides.where] < month.first_day
    is_live = (around.added_day[sides.where] < month.first_day) & (~is_ended | is_again)
    live = sides.take(is_live)
    low, high = live.pair
    bits = dice.roll("contact.month", low << 24 | high, month.number)
    in_touch = bits.likely(0, around.closeness[live.where].astype(np.int64))
    begins = (bits.lane(1) & 1 == 1) == (live.person < live.friend)
    some = live.take(in_touch & (begins | bits.likely(2, _ANSWER_PPM)))
    when = dice.roll("contact.time", some.person << 24 | some.friend, month.number)
    second = when.high_half() * (month.day_count * SECONDS_PER_DAY) >> 32
    day, second = month.first_day + second // SECONDS_PER_DAY, second % SECONDS_PER_DAY
    event = event_numbers(some.person, month.label, some.place * _PLACE_ROOM)
    rows = rows_of(event, some.person, CONTACT, day, second, friend=some.friend)
    return rows.take(world.has_account(some.person, day))
