"""What delivery does to clean rows: late, twice, in conflict, and mangled.

Targets (docs/method.md): 2 % late, .5 % twice, .1 % corrupt, and a few conflicts (the same event_id
with another content). A mangled row is one more, broken copy of a row that is also delivered
whole, so that what an ingest may accept is exactly the clean world.
"""

from typing import Final

import numpy as np

from plainscore.synthetic.faults import choose_faults
from plainscore.synthetic.months import SECONDS_PER_DAY, last_day_of_month
from plainscore.synthetic.randomness import Dice, Flags, Ints, lane, likely, pick
from plainscore.synthetic.rows import NONE, Rows, stack
from plainscore.synthetic.settings import WorldSettings

LATE_PPM: Final = 20_000
DUPLICATE_PPM: Final = 5_000
CONFLICT_PPM: Final = 200
CORRUPT_PPM: Final = 1_000
_MOST_DAYS_LATE: Final = 30
_MOST_DAYS_REPEATED: Final = 7

CLEAN, LATE, DUPLICATE, CONFLICT, CORRUPT = range(5)
"""What a delivered row can be, its `mark`; from CORRUPT on, CORRUPT + a place in FAULTS."""


def deliver(dice: Dice, log: str, clean: Rows, settings: WorldSettings) -> Rows:
    """Give each row its arrival day and add repeats, conflicts and mangled copies.

    Parameters
    ----------
    clean
        Events of one log as they happened.
    settings
        What happened before the first day arrives on it; monthly arrivals come on a month's last
        day.

    Returns
    -------
    Rows
        `clean` with the columns `arrival` and `mark`; copies follow their originals, except every
        second mangled row, which comes first.
    """
    bits = dice.roll(f"delivery.{log}", clean["event"])
    happened = np.maximum(clean["time"] // SECONDS_PER_DAY, settings.first_day)
    is_late = likely(lane(bits, 0), LATE_PPM)
    # The square makes small delays the likelier ones.
    skewed = lane(bits, 1) * lane(bits, 1) >> 16
    arrival = happened + np.where(is_late, 1 + pick(skewed, _MOST_DAYS_LATE), 0)
    whole = clean.replaced(arrival=arrival, mark=np.where(is_late, LATE, CLEAN))
    luck, days = lane(bits, 2), pick(lane(bits, 3), _MOST_DAYS_REPEATED + 1)
    duplicates = _copies(whole, likely(luck, DUPLICATE_PPM), DUPLICATE, days)
    in_conflict = likely(65_535 - luck, CONFLICT_PPM)
    conflicts = _altered(_copies(whole, in_conflict, CONFLICT, days))
    middle = likely(luck ^ 0x8000, CORRUPT_PPM)
    mangled = choose_faults(dice, log, _copies(whole, middle, CORRUPT, 0 * days), CORRUPT)
    comes_first = mangled["event"] % 2 == 0
    delivered = stack(
        [mangled.take(comes_first), whole, duplicates, conflicts, mangled.take(~comes_first)]
    )
    if settings.arrivals == "daily":
        return delivered
    return delivered.replaced(arrival=last_day_of_month(delivered["arrival"]))


def _copies(whole: Rows, chosen: Flags, mark: int, days: Ints) -> Rows:
    """Return copies of the chosen rows that arrive `days` after their originals."""
    copies = whole.take(chosen)
    return copies.replaced(
        arrival=copies["arrival"] + days[chosen], mark=np.full(len(copies), mark)
    )


def _altered(copies: Rows) -> Rows:
    """Return the same events with another content: one cent more, else another second."""
    if "cents" in copies.columns:
        return copies.replaced(cents=np.where(copies["cents"] >= 0, copies["cents"] + 1, NONE))
    return copies.replaced(time=copies["time"] ^ 1)
