"""The friendship log: ties added and removed, and who reaches out to whom.

About 120 contacts a person in 24 months. Two friends in touch in a month: one reaches out, the
other mostly answers. A tie is told by one side, in one case of ten by both.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.months import SECONDS_PER_DAY, Month
from plainscore.synthetic.randomness import Flags, Ints, high_half, lane, likely, pick
from plainscore.synthetic.rows import Rows, event_numbers, rows_of, stack
from plainscore.synthetic.society import Society
from plainscore.synthetic.ties import SmallInts

EVENT_TYPES: Final = ("added", "removed", "contact")
ADDED, REMOVED, CONTACT = range(3)
_ANSWER_PPM: Final = 720_000
_BOTH_TELL_PPM: Final = 100_000
_PLACE_ROOM: Final = 10
"""Event numbers of one friend in one month: contact, added, removed, added again."""


@dataclass(frozen=True)
class _Sides:
    """Ties as their persons see them, of shape (sides,).

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

    def take(self, chosen: Flags) -> "_Sides":
        """Return the chosen sides."""
        at = np.flatnonzero(chosen)
        return _Sides(self.person[at], self.friend[at], self.place[at], self.where[at])


def friendship_rows(society: Society, persons: Ints, month: Month) -> Rows:
    """Return what the persons tell of their ties in `month`, as (person, friend) rows."""
    around = society.neighbourhoods
    begin = around.start[persons]
    degree = around.start[persons + 1] - begin
    place = np.arange(int(degree.sum())) - np.repeat(np.cumsum(degree) - degree, degree)
    where = np.repeat(begin, degree) + place
    sides = _Sides(np.repeat(persons, degree), around.friend[where].astype(np.int64), place, where)
    return stack(
        [
            _told(society, sides, month, ADDED, around.added_day[where], 1),
            _told(society, sides, month, REMOVED, around.ended_day[where], 2),
            _told(society, sides, month, ADDED, around.again_day[where], 3),
            _contacts(society, sides, month),
        ]
    )


def _told(
    society: Society, sides: _Sides, month: Month, kind: int, day: SmallInts, number: int
) -> Rows:
    """Return the turns of ties (added, removed) that fall to be told in `month`."""
    chosen = society.is_told_in(month, day)
    some, day_told = sides.take(chosen), day[chosen].astype(np.int64)
    bits = society.dice.roll(f"tie.told.{number}", *some.pair)
    is_first_side = (lane(bits, 0) & 1 == 1) == (some.person < some.friend)
    tells = is_first_side | likely(lane(bits, 1), _BOTH_TELL_PPM)
    # Who tells as second does so a minute later, within the day.
    second = pick(lane(bits, 2), SECONDS_PER_DAY - 120) + np.where(is_first_side, 0, 61)
    return rows_of(
        event_numbers(some.person, month.label, some.place * _PLACE_ROOM + number),
        person=some.person,
        kind=kind,
        time=day_told * SECONDS_PER_DAY + second,
        friend=some.friend,
    ).take(tells)


def _contacts(society: Society, sides: _Sides, month: Month) -> Rows:
    """Return who reaches out in `month`, at most once per friend."""
    around, dice = society.neighbourhoods, society.dice
    is_ended = around.ended_day[sides.where] <= month.last_day
    is_again = around.again_day[sides.where] < month.first_day
    is_live = (around.added_day[sides.where] < month.first_day) & (~is_ended | is_again)
    live = sides.take(is_live)
    low, high = live.pair
    bits = dice.roll("contact.month", low << 24 | high, month.number)
    in_touch = likely(lane(bits, 0), around.closeness[live.where].astype(np.int64))
    begins = (lane(bits, 1) & 1 == 1) == (live.person < live.friend)
    some = live.take(in_touch & (begins | likely(lane(bits, 2), _ANSWER_PPM)))
    when = dice.roll("contact.time", some.person << 24 | some.friend, month.number)
    second = high_half(when) * (month.day_count * SECONDS_PER_DAY) >> 32
    time = month.first_day * SECONDS_PER_DAY + second
    kept = society.has_account(some.person, time // SECONDS_PER_DAY)
    return rows_of(
        event_numbers(some.person, month.label, some.place * _PLACE_ROOM),
        person=some.person,
        kind=CONTACT,
        time=time,
        friend=some.friend,
    ).take(kept)
