"""When in a day, a week and a month things happen: shops by day, friends in the evening.

Each rhythm is a table of 24 hours and one of seven weekdays. A 16-bit draw is looked up in them, so
that a time costs two look-ups. A month's draws may be spread evenly (a regular shopper's): equal
steps of the draw are equal parts of the month's business.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from plainscore.synthetic.chance import Ints, SmallInts
from plainscore.synthetic.rows import SECONDS_PER_DAY, Month

_DRAWS: Final = 1 << 16
_DAY_DRAWS: Final = 1 << 12
_MONDAY: Final = 4  # the weekday of day number 4, 1970-01-05, is 0


@dataclass(frozen=True)
class Rhythm:
    """Weights of the hours 0 to 23 (UTC) and of the weekdays, Monday first."""

    hours: tuple[int, ...]
    weekdays: tuple[int, ...] = (1, 1, 1, 1, 1, 1, 1)

    def second(self, draw: Ints) -> Ints:
        """Return the second of the day behind each 16-bit draw."""
        return np.asarray(_seconds(self)[draw], np.int64)

    def day(self, month: Month, draw: Ints) -> Ints:
        """Return the day number within `month` behind each 16-bit draw, later draws later."""
        return np.asarray(month.first_day + _days(self, month)[draw >> 4], np.int64)

    def time(self, month: Month, day_draw: Ints, second_draw: Ints) -> Ints:
        """Return a time within `month`."""
        return self.day(month, day_draw) * SECONDS_PER_DAY + self.second(second_draw)


SHOPPING: Final = Rhythm(
    (4, 2, 1, 1, 1, 2, 6, 18, 36, 52, 58, 57, 56, 56, 57, 57, 55, 52, 46, 38, 30, 22, 14, 8),
    (153, 147, 141, 143, 135, 137, 145),  # the purchases of CDNOW
)
BANKING: Final = Rhythm(
    (3, 1, 1, 1, 2, 12, 30, 40, 52, 60, 58, 54, 50, 48, 48, 46, 44, 42, 38, 32, 26, 18, 10, 6),
    (18, 17, 16, 16, 17, 9, 7),
)
MEETING: Final = Rhythm(
    (14, 7, 4, 2, 2, 3, 8, 18, 26, 30, 34, 38, 44, 42, 40, 42, 46, 52, 58, 62, 64, 58, 44, 27),
    (13, 13, 14, 14, 16, 17, 15),
)


@cache
def _seconds(rhythm: Rhythm) -> SmallInts:
    """Return the second of the day for each of 65,536 draws."""
    edges = np.concatenate([[0], np.cumsum(rhythm.hours)])
    place = np.arange(_DRAWS, dtype=np.int64) * int(edges[-1])  # in 1/65536 of a weight
    hour = np.searchsorted(edges * _DRAWS, place, side="right") - 1
    into = (place - edges[hour] * _DRAWS) * 3_600 // (np.array(rhythm.hours)[hour] * _DRAWS)
    return np.asarray(hour * 3_600 + into, np.int32)


@cache
def _days(rhythm: Rhythm, month: Month) -> SmallInts:
    """Return the place of the day in the month for each of 4,096 draws."""
    weekday = (month.first_day - _MONDAY + np.arange(month.day_count)) % 7
    edges = np.cumsum(np.array(rhythm.weekdays)[weekday])
    place = np.arange(_DAY_DRAWS) * int(edges[-1]) // _DAY_DRAWS
    return np.asarray(np.searchsorted(edges, place, side="right"), np.int32)
