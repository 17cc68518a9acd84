"""Who lives in the world: latent traits, accounts, and audit attributes without a causal role.

Traits are bell-shaped with mean 0 and deviation 1000. Reliability moves everything a score may
learn from; capacity is what one can spend; activity how often one shops; sociability how many one
knows. About one account in ten is a thin file (docs/method.md: 8 to 12 %): hardly used, no credit.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.randomness import Dice, Flags, Ints, bell, lane, likely, pick
from plainscore.synthetic.settings import WorldSettings

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


def populate(dice: Dice, settings: WorldSettings) -> Population:
    """Make all people of a world; fakes are told apart later, by the attacks."""
    person = np.arange(settings.people, dtype=np.int64)
    region, gender, birth_year = _audit_attributes(dice, person)
    reliability = bell(dice.roll("person.reliability", person))
    # Means and reliability go together (correlation .35), as they do in any lender's book.
    capacity = (350 * reliability + 937 * bell(dice.roll("person.capacity", person))) // 1000
    own_activity = bell(dice.roll("person.activity", person))
    activity = (200 * capacity + 300 * reliability + 910 * own_activity) // 1000
    if settings.is_region_causal:
        shift = np.where(_region_of(dice, person) >= _FIRST_POORER_REGION, _PROXY_SHIFT, 0)
        reliability = reliability - shift
        capacity = capacity - shift
    return Population(
        reliability=reliability,
        capacity=capacity,
        activity=activity,
        sociability=bell(dice.roll("person.sociability", person)),
        opened_day=_opened_days(dice, person, reliability, settings.first_day),
        is_thin=likely(lane(dice.roll("person.thin", person), 0), _THIN_PPM),
        operator=np.full(settings.people, -1),
        region=region,
        gender=gender,
        birth_year=birth_year,
    )


def _opened_days(dice: Dice, person: Ints, reliability: Ints, first_day: int) -> Ints:
    """One in eight joins within two years from the first day, the others came before."""
    bits = dice.roll("person.opened", person)
    age = 20 + pick(lane(bits, 1), _OLDEST_ACCOUNT_DAYS)
    age = np.maximum(age + reliability * 150 // 1000, 1)
    newcomer = first_day + pick(lane(bits, 2), _NEWCOMER_DAYS)
    return np.where(likely(lane(bits, 0), _NEWCOMER_PPM), newcomer, first_day - age)


def _region_of(dice: Dice, person: Ints) -> Ints:
    """Where people live, whether they state it or not."""
    edges = np.cumsum(_REGION_WEIGHTS)
    place = pick(lane(dice.roll("person.region", person), 0), int(edges[-1]))
    return np.searchsorted(edges, place, side="right").astype(np.int64)


def _audit_attributes(dice: Dice, person: Ints) -> tuple[Ints, Ints, Ints]:
    """Return region, gender and birth year as stated when the account was opened."""
    bits = dice.roll("person.audit", person)
    gender = np.where(likely(lane(bits, 0), 20_000), 2, lane(bits, 0) & 1)
    birth_year = 1946 + (pick(lane(bits, 1), 60) + pick(lane(bits, 2), 60)) // 2
    unstated = lane(bits, 3)
    return (
        np.where(likely(unstated, _UNSTATED_PPM), -1, _region_of(dice, person)),
        np.where(likely(unstated ^ 0x5555, _UNSTATED_PPM), -1, gender),
        np.where(likely(unstated ^ 0xAAAA, _UNSTATED_PPM), -1, birth_year),
    )
