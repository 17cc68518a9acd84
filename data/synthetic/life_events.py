"""What happens to people: job loss, a move, a baby, illness, and the tight months that follow.

Each event is a function of (seed, person, month): in any month at most one starts, it lasts two to
four months, and while it lasts bills are paid later (a payment shock) and less is bought.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.months import Month
from plainscore.synthetic.randomness import OCTAVE, Dice, Ints, lane, pick

KINDS: Final = ("job_loss", "move", "baby", "illness")
JOB_LOSS, MOVE, BABY, ILLNESS = range(4)
_MONTHLY_PPM: Final = (3_000, 6_000, 3_000, 5_000)
_LATENESS_OCTAVES: Final = (3.5, 0.6, 1.0, 2.5)
_SPENDING_OCTAVES: Final = (-0.9, 0.2, -0.3, -0.5)
_SHORTEST_MONTHS: Final = 2
_LONGEST_MONTHS: Final = 4


@dataclass(frozen=True)
class Onsets:
    """Life events that start in one month, of shape (people,).

    `kind` is a place in KINDS or -1 for none; `day` the day number; `months` how long it presses.
    """

    kind: Ints
    day: Ints
    months: Ints


@dataclass(frozen=True)
class Pressure:
    """How a month weighs on people, in 1/1024 octaves: of the odds to be late, and of spending."""

    lateness: Ints
    spending: Ints


def onsets(dice: Dice, persons: Ints, month: Month) -> Onsets:
    """Return the life events that start in `month`."""
    bits = dice.roll("life.onset", persons, month.number)
    edges = np.cumsum(_MONTHLY_PPM) * 65_536 // 1_000_000
    kind = np.searchsorted(edges, lane(bits, 0), side="right").astype(np.int64)
    return Onsets(
        kind=np.where(kind < len(KINDS), kind, -1),
        day=month.first_day + pick(lane(bits, 1), month.day_count),
        months=_SHORTEST_MONTHS + pick(lane(bits, 2), _LONGEST_MONTHS - _SHORTEST_MONTHS + 1),
    )


def pressure(dice: Dice, persons: Ints, month: Month) -> Pressure:
    """Return what all life events still going on in `month` add up to."""
    # The last place stands for kind -1, no event.
    late_weights = np.array([round(x * OCTAVE) for x in (*_LATENESS_OCTAVES, 0)])
    spend_weights = np.array([round(x * OCTAVE) for x in (*_SPENDING_OCTAVES, 0)])
    lateness = np.zeros(len(persons), dtype=np.int64)
    spending = np.zeros(len(persons), dtype=np.int64)
    for months_ago in range(_LONGEST_MONTHS):
        began = onsets(dice, persons, Month(month.number - months_ago))
        kind = np.where(began.months > months_ago, began.kind, -1)
        lateness += late_weights[kind]
        spending += spend_weights[kind]
    return Pressure(lateness, spending)
