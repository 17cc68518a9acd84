"""Who lives in the world, and what happens to them.

Traits are bell-shaped with mean 0 and deviation 1000. Reliability moves everything a score may
learn from; capacity is what one can spend; activity how often one shops; sociability how many one
knows. Audit attributes have no causal role. About one account in ten is a thin file
(docs/method.md: 8 to 12 %): hardly used, no credit.

Life events are a job loss, a move, a baby or an illness, and the tight months that follow. In any
month at most one starts; it lasts two to four months, and while it lasts bills are paid later (a
payment shock) and less is bought.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.chance import OCTAVE, Dice, Flags, Ints, likely
from plainscore.synthetic.rows import Columns, Month

REGIONS: Final = ("north", "south", "east", "west", "harbour", "uplands")
_REGION_WEIGHTS: Final = (26, 22, 18, 16, 10, 8)
_FIRST_POORER_REGION: Final = 4
_PROXY_SHIFT: Final = 900
GENDERS: Final = ("female", "male", "other")
_UNSTATED_PPM: Final = 50_000

_THIN_PPM: Final = 82_000
_NEWCOMER_PPM: Final = 120_000
_NEWCOMER_DAYS: Final = 730
_OLDEST_ACCOUNT_DAYS: Final = 2_400

LIFE_EVENTS: Final = ("job_loss", "move", "baby", "illness")
MOVE: Final = LIFE_EVENTS.index("move")
_MONTHLY_PPM: Final = (3_000, 6_000, 3_000, 5_000)
# The last number is for months without an event.
_LATENESS_OCTAVES: Final = (3.5, 0.6, 1.0, 2.5, 0)
_SPENDING_OCTAVES: Final = (-0.9, 0.2, -0.3, -0.5, 0)
_SHORTEST_MONTHS: Final = 2
_LONGEST_MONTHS: Final = 4


@dataclass(frozen=True)
class Population:
    """Everyone, one entry per person, all of shape (people,).

    Attributes
    ----------
    reliability, capacity, activity, sociability
        Latent traits, mean 0, deviation 1000.
    opened_day
        Day number on which the account was opened; may lie before the first day.
    is_thin
        The account is hardly used: no credit, few bills.
    operator
        Number of the attack that the account was made for, -1 for real people. Such fakes do
        nothing but befriend.
    region, gender
        Places in REGIONS and GENDERS, -1 where unstated.
    birth_year
        Year, -1 where unstated.
    """

    reliability: Ints
    capacity: Ints
    activity: Ints
    sociability: Ints
    opened_day: Ints
    is_thin: Flags
    operator: Ints
    region: Ints
    gender: Ints
    birth_year: Ints

    @property
    def count(self) -> int:
        """How many people there are."""
        return len(self.reliability)

    @property
    def everyone(self) -> Ints:
        """All persons, by number."""
        return np.arange(self.count)

    def are_fake(self, persons: Ints) -> Flags:
        """Return whose account was made for an attack."""
        return np.asarray(self.operator[persons] >= 0)

    def are_ordinary(self, persons: Ints) -> Flags:
        """Return who is neither thin nor fake: people whose lives leave a record."""
        return ~self.is_thin[persons] & ~self.are_fake(persons)


def populate(
    dice: Dice, count: int, first_day: int, *, is_region_causal: bool = False
) -> Population:
    """Make all people of a world; the attacks turn some of them into fakes later.

    Parameters
    ----------
    first_day
        Day number on which the world begins.
    is_region_causal
        Make the people of two regions poorer and less reliable.
    """
    person = np.arange(count, dtype=np.int64)
    region, gender, birth_year = _audit_attributes(dice, person)
    reliability = dice.roll("person.reliability", person).bell()
    # Means and reliability go together (correlation .35), as they do in any lender's book.
    capacity = (350 * reliability + 937 * dice.roll("person.capacity", person).bell()) // 1000
    own_activity = dice.roll("person.activity", person).bell()
    activity = (200 * capacity + 300 * reliability + 910 * own_activity) // 1000
    if is_region_causal:
        shift = np.where(_region_of(dice, person) >= _FIRST_POORER_REGION, _PROXY_SHIFT, 0)
        reliability = reliability - shift
        capacity = capacity - shift
    return Population(
        reliability=reliability,
        capacity=capacity,
        activity=activity,
        sociability=dice.roll("person.sociability", person).bell(),
        opened_day=_opened_days(dice, person, reliability, first_day),
        is_thin=dice.roll("person.thin", person).likely(0, _THIN_PPM),
        operator=np.full(count, -1),
        region=region,
        gender=gender,
        birth_year=birth_year,
    )


def _opened_days(dice: Dice, person: Ints, reliability: Ints, first_day: int) -> Ints:
    """One in eight joins within two years from the first day, the others came before."""
    bits = dice.roll("person.opened", person)
    age = 20 + bits.pick(1, _OLDEST_ACCOUNT_DAYS)
    age = np.maximum(age + reliability * 150 // 1000, 1)
    newcomer = first_day + bits.pick(2, _NEWCOMER_DAYS)
    return np.where(bits.likely(0, _NEWCOMER_PPM), newcomer, first_day - age)


def _region_of(dice: Dice, person: Ints) -> Ints:
    """Where people live, whether they state it or not."""
    edges = np.cumsum(_REGION_WEIGHTS)
    place = dice.roll("person.region", person).pick(0, int(edges[-1]))
    return np.searchsorted(edges, place, side="right").astype(np.int64)


def _audit_attributes(dice: Dice, person: Ints) -> tuple[Ints, Ints, Ints]:
    """Return region, gender and birth year as stated when the account was opened."""
    bits = dice.roll("person.audit", person)
    gender = np.where(bits.likely(0, 20_000), 2, bits.lane(0) & 1)
    birth_year = 1946 + (bits.pick(1, 60) + bits.pick(2, 60)) // 2
    unstated = bits.lane(3)
    return (
        np.where(likely(unstated, _UNSTATED_PPM), -1, _region_of(dice, person)),
        np.where(likely(unstated ^ 0x5555, _UNSTATED_PPM), -1, gender),
        np.where(likely(unstated ^ 0xAAAA, _UNSTATED_PPM), -1, birth_year),
    )


@dataclass(frozen=True)
class Onsets(Columns):
    """Life events that start in one month, of shape (people,).

    `kind` is a place in LIFE_EVENTS or -1 for none; `day` the day number; `months` how long it
    lasts.
    """

    person: Ints
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
    kind = np.searchsorted(edges, bits.lane(0), side="right").astype(np.int64)
    return Onsets(
        person=persons,
        kind=np.where(kind < len(LIFE_EVENTS), kind, -1),
        day=month.first_day + bits.pick(1, month.day_count),
        months=_SHORTEST_MONTHS + bits.pick(2, _LONGEST_MONTHS - _SHORTEST_MONTHS + 1),
    )


def pressure(dice: Dice, persons: Ints, month: Month) -> Pressure:
    """Return what all life events still going on in `month` add up to."""
    late_weights = np.array([round(x * OCTAVE) for x in _LATENESS_OCTAVES])
    spend_weights = np.array([round(x * OCTAVE) for x in _SPENDING_OCTAVES])
    lateness = np.zeros(len(persons), dtype=np.int64)
    spending = np.zeros(len(persons), dtype=np.int64)
    for months_ago in range(_LONGEST_MONTHS):
        began = onsets(dice, persons, Month(month.number - months_ago))
        kind = np.where(began.months > months_ago, began.kind, -1)
        lateness += late_weights[kind]
        spending += spend_weights[kind]
    return Pressure(lateness, spending)
