"""The service log: stays, rentals and rides without a deposit, returned in time or not.

About four ordinary people in ten use services, in one month of seven, at times twice. The odds of
trouble halve with every 1000 of reliability. At 0, 2.4 % of agreements end late, 1.2 % are breached
and .6 % stay open for good.
"""

from typing import Final

import numpy as np

from plainscore.synthetic.chance import OCTAVE, Ints, pick, power_of_two
from plainscore.synthetic.rows import MEETING, SECONDS_PER_DAY, Month, Rows, rows_of, stack
from plainscore.synthetic.world import World

EVENT_TYPES: Final = ("started", "ended", "breached")
STARTED, ENDED, BREACHED = range(3)
SERVICE_TYPES: Final = ("hotel", "car_rental", "bike", "power_bank", "rent", "other")
_LONGEST_DAYS: Final = (7, 10, 2, 2, 60, 30)
"""By service type, from the start to the latest due date."""
_USER_PPM: Final = 420_000
_MONTHLY_PPM: Final = (150_000, 60_000)
"""Chances of a first and of a second agreement in a month."""
_AGREEMENT_ROOM: Final = 10


def service_rows(world: World, persons: Ints, month: Month) -> Rows:
    """Return the agreements begun in `month` and how they end."""
    return stack(
        [
            rows
            for place in range(len(_MONTHLY_PPM))
            for rows in _agreements(world, persons, month, place)
        ]
    )


def _agreements(world: World, persons: Ints, month: Month, place: int) -> tuple[Rows, Rows, Rows]:
    """Return the first (place 0) or second agreement of each user's month, with its end."""
    people = world.population
    bits = world.dice.roll(f"service.start.{place}", persons, month.number)
    user_ppm = _USER_PPM + 40 * people.activity[persons]
    begins = world.dice.roll("service.user", persons).likely(0, user_ppm)
    begins &= people.are_ordinary(persons) & bits.likely(0, _MONTHLY_PPM[place])
    day = MEETING.day(month, bits.lane(1))
    begins &= world.has_account(persons, day) & ~world.are_dormant(persons, month)
    person, bits, day = persons[begins], bits[begins], day[begins]
    second = 28_800 + bits.pick(2, 50_000)
    service_type = bits.pick(3, len(SERVICE_TYPES))
    due = day + 1 + pick(bits.lane(2) ^ 0x3C3C, np.array(_LONGEST_DAYS)[service_type])
    within, time = place * _AGREEMENT_ROOM, day * SECONDS_PER_DAY + second
    started = rows_of(person, month.label, within, STARTED, time)
    number = started["event"]
    started = started.replaced(agreement=number, service_type=service_type, due=due)
    fate = world.dice.roll(f"service.fate.{place}", person, month.number)
    odds = power_of_two(-people.reliability[person] * OCTAVE // 1000)
    trouble = np.minimum(12_000 * odds, 150_000).astype(np.int64)
    early = fate.pick(3, 3)
    is_late = fate.likely(0, 2 * trouble)
    ended_day = np.where(is_late, due + 1 + 4 * early, np.maximum(due - early, day))
    ended = ended_day * SECONDS_PER_DAY + np.minimum(second + 3_600, SECONDS_PER_DAY - 1)
    is_ended, is_breached = ~fate.likely(2, trouble // 2), fate.likely(1, trouble)
    breached = (due + 2) * SECONDS_PER_DAY + second
    return (
        started,
        started.follow(is_ended, 1, kind=ENDED, time=ended, agreement=number),
        started.follow(is_breached, 2, kind=BREACHED, time=breached, agreement=number),
    )
