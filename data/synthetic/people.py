"""Who lives in the world, and what happens to them.

Traits are bell-shaped with mean 0 and deviation 1000. Reliability moves everything a score may
learn from; capacity is what one can spend; activity how often one shops; sociability how many one
knows. Audit attributes have no causal role. About one account in ten is a thin file
(method.md: 8 to 12 %): hardly used, no credit.

Life events are a job loss, a move, a baby or an illness, and the tight months that follow. In any
month at most one starts; it lasts two to four months, and while it lasts money runs short, bills
are paid later (a payment shock) and less is bought. Now and then people stop all shopping for some
months and come back: the dormant, whose bills are at more risk, not at less.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.chance import (
    OCTAVE,
    Dice,
    Flags,
    Ints,
    likely,
    odds_for,
    odds_to_ppm,
)
from plainscore.synthetic.rows import Month, Rows
from plainscore.synthetic.shape import USUAL

REGIONS: Final = ("north", "south", "east", "west", "harbour", "uplands")
_REGION_WEIGHTS: Final = (26, 22, 18, 16, 10, 8)
_FIRST_POORER_REGION: Final = 4
_PROXY_SHIFT: Final = 900
GENDERS: Final = ("female", "male", "other")
_UNSTATED_PPM: Final = 50_000

_NEWCOMER_PPM: Final = 120_000
_NEWCOMER_DAYS: Final = 730
_OLDEST_ACCOUNT_DAYS: Final = 2_400

LIFE_EVENTS: Final = ("job_loss", "move", "baby", "illness")
JOB_LOSS: Final = LIFE_EVENTS.index("job_loss")
MOVE: Final = LIFE_EVENTS.index("move")
_MONTHLY_PPM: Final = (3_000, 6_000, 3_000, 5_000)
# Below, the last number is for months without an event.
LATENESS: Final = (3.5, 0.6, 1.0, 2.5, 0)
"""By life event, octaves of the odds to be late."""
SPENDING: Final = (-0.9, 0.2, -0.3, -0.5, 0)
"""By life event, octaves of spending."""
MONEY: Final = (-1.6, -0.4, -0.5, -0.8, 0)
"""By life event, deviations of what is in the account."""
_DORMANT_BLOCK: Final = 10
_DORMANT_MONTHS: Final = (3, 8)
_SHORTEST_MONTHS: Final = 2
_LONGEST_MONTHS: Final = 4


@dataclass(frozen=True)
class Population:
    """Everyone, one entry per person, all of shape (people,).

    The first four are latent traits. `opened_day` may lie before the first day. `operator` is the
    number of the attack that an account was made for, -1 for real people: such fakes do nothing
    but befriend. `region` and `gender` are places in REGIONS and GENDERS; they and `birth_year`
    are -1 where unstated.
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
        return len(self.reliability)

    @property
    def everyone(self) -> Ints:
        return np.arange(self.count)

    def are_fake(self, persons: Ints) -> Flags:
        """Return whose account was made for an attack."""
        return np.asarray(self.operator[persons] >= 0)

    def are_ordinary(self, persons: Ints) -> Flags:
        """Return who is neither thin nor fake: people whose lives leave a record."""
        return ~self.is_thin[persons] & ~self.are_fake(persons)


def populate(
    dice: Dice,
    count: int,
    first_day: int,
    *,
    thin_ppm: int = USUAL.thin,
    is_region_causal: bool = False,
) -> Population:
    """Make all people of a world, which begins on a day number.

    `is_region_causal` makes the people of two regions poorer and less reliable. The attacks turn
    some people into fakes later.
    """
    person = np.arange(count, dtype=np.int64)
    reliability = dice.roll("person.reliability", person).bell()
    # Means and reliability go together (correlation .35), as they do in any lender's book.
    capacity = (350 * reliability + 937 * dice.roll("person.capacity", person).bell()) // 1000
    own_activity = dice.roll("person.activity", person).bell()
    activity = (200 * capacity + 300 * reliability + 910 * own_activity) // 1000
    # Where people live, whether they state it or not.
    edges = np.cumsum(_REGION_WEIGHTS)
    region = dice.roll("person.region", person).pick(0, int(edges[-1]))
    region = np.searchsorted(edges, region, side="right").astype(np.int64)
    if is_region_causal:
        shift = np.where(region >= _FIRST_POORER_REGION, _PROXY_SHIFT, 0)
        reliability, capacity = reliability - shift, capacity - shift
    # One in eight joins within two years from the first day, the others came before.
    bits = dice.roll("person.opened", person)
    age = np.maximum(20 + bits.pick(1, _OLDEST_ACCOUNT_DAYS) + reliability * 150 // 1000, 1)
    newcomer = first_day + bits.pick(2, _NEWCOMER_DAYS)
    opened_day = np.where(bits.likely(0, _NEWCOMER_PPM), newcomer, first_day - age)
    audit = dice.roll("person.audit", person)
    gender = np.where(audit.likely(0, 20_000), 2, audit.lane(0) & 1)
    birth_year = 1946 + (audit.pick(1, 60) + audit.pick(2, 60)) // 2

    def stated(attribute: Ints, mask: int) -> Ints:
        return np.where(likely(audit.lane(3) ^ mask, _UNSTATED_PPM), -1, attribute)

    return Population(
        reliability=reliability,
        capacity=capacity,
        activity=activity,
        sociability=dice.roll("person.sociability", person).bell(),
        opened_day=opened_day,
        is_thin=dice.roll("person.thin", person).likely(0, thin_ppm),
        operator=np.full(count, -1),
        region=stated(region, 0),
        gender=stated(gender, 0x5555),
        birth_year=stated(birth_year, 0xAAAA),
    )


def onsets(dice: Dice, persons: Ints, month: Month) -> Rows:
    """Return the life events that start in `month`, one row per person.

    `kind` is a place in LIFE_EVENTS or -1 for none; `day` the day number; `months` how long it
    lasts.
    """
    bits = dice.roll("life.onset", persons, month.number)
    edges = np.cumsum(_MONTHLY_PPM) * 65_536 // 1_000_000
    kind = np.searchsorted(edges, bits.lane(0), side="right").astype(np.int64)
    return Rows(
        {
            "person": persons,
            "kind": np.where(kind < len(LIFE_EVENTS), kind, -1),
            "day": month.first_day + bits.pick(1, month.day_count),
            "months": _SHORTEST_MONTHS + bits.pick(2, _LONGEST_MONTHS - _SHORTEST_MONTHS + 1),
        }
    )


def pressure(dice: Dice, persons: Ints, month: Month, octaves: tuple[float, ...]) -> Ints:
    """Return how the life events still going on in `month` weigh on people.

    `octaves` are LATENESS, SPENDING or MONEY; the sum is in 1/1024 of them.
    """
    weights = np.array([round(x * OCTAVE) for x in octaves])
    total = np.zeros(len(persons), dtype=np.int64)
    for months_ago in range(_LONGEST_MONTHS):
        began = onsets(dice, persons, Month(month.number - months_ago))
        total += weights[np.where(began["months"] > months_ago, began["kind"], -1)]
    return total


def are_dormant(
    dice: Dice, population: Population, persons: Ints, month: Month, share_ppm: int
) -> Flags:
    """Return who is in a pause from all shopping in `month`; the less reliable pause more."""
    when = month.number + persons % _DORMANT_BLOCK
    bits = dice.roll("life.dormant", persons, when // _DORMANT_BLOCK)
    fewest, most = _DORMANT_MONTHS
    length = fewest + bits.pick(1, most - fewest + 1)
    start = bits.pick(2, _DORMANT_BLOCK - fewest)
    # A pause takes 4.5 months of a block of ten on average.
    odds = odds_for(min(share_ppm * 20 // 9, 950_000), OCTAVE)
    chance = odds_to_ppm(odds - OCTAVE * population.reliability[persons] // 1000)
    into = when % _DORMANT_BLOCK - start
    return np.asarray(bits.likely(0, chance) & (into >= 0) & (into < length))
