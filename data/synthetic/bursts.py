"""Innocent bursts of ties: many at once, for a reason that has nothing to do with a score.

class  people who start a school or a job on one day and get to know most of each other in weeks
club   a newcomer who meets the members, who have known each other for long

Their ties look like those of rings and of bought friends; they are labelled in `_truth/burst`, so
that a detector's false alarms can be counted.
"""

from typing import Final, NamedTuple

import numpy as np

from plainscore.synthetic.chance import Dice
from plainscore.synthetic.people import Population
from plainscore.synthetic.rows import Rows, stack
from plainscore.synthetic.ties import NEVER, pair_codes

ROLES: Final = ("member", "newcomer")
MEMBER, NEWCOMER = range(2)


class _Occasion(NamedTuple):
    """One occasion to meet many people."""

    name: str
    fewest: int  # members
    most: int
    pair_ppm: int  # chance that two members have a tie
    is_new: bool  # whether members get to know each other now
    newcomers: int


_KINDS: Final = (
    _Occasion("class", 9, 20, 620_000, is_new=True, newcomers=0),
    _Occasion("club", 12, 24, 180_000, is_new=False, newcomers=1),
)
BURST_KINDS: Final = tuple(kind.name for kind in _KINDS)
_PEOPLE_PER_BURST: Final = 250
"""There is one burst of each kind for so many people."""
_FIRST_START: Final = 20
_START_SPREAD: Final = 690
_WEEKS_OF_DAYS: Final = 28
_MET_BEFORE_DAYS: Final = 1_500
_CLOSENESS_PPM: Final = 350_000


def plan_bursts(dice: Dice, population: Population, attacks: Rows, first_day: int) -> Rows:
    """Choose who meets: one row per person, and no one plays in an attack or in two bursts.

    `burst` numbers the bursts, `kind` and `role` are places in BURST_KINDS and ROLES, `first_day`
    is the day on which it begins.
    """
    order = np.argsort(dice.roll("burst.casting", population.everyone).bits, kind="stable")
    free = order[~np.isin(order, attacks["person"]) & ~population.are_fake(order)]
    sizes = dice.roll("burst.size", population.everyone[: len(population.everyone) // 100])
    parts: list[tuple[int, int, int, int]] = []
    place = 0
    for burst in range(len(_KINDS) * (population.count // _PEOPLE_PER_BURST)):
        number = burst % len(_KINDS)
        kind = _KINDS[number]
        size = kind.newcomers + kind.fewest + int(sizes.pick(0, kind.most - kind.fewest + 1)[burst])
        for turn, person in enumerate(free[place : place + size].tolist()):
            role = NEWCOMER if turn < kind.newcomers else MEMBER
            parts.append((burst, number, role, person))
        place += size
    columns = np.array(parts, dtype=np.int64).reshape(-1, 4).T
    planned = Rows(dict(zip(("burst", "kind", "role", "person"), columns, strict=True)))
    start = dice.roll("burst.start", planned["burst"]).pick(0, _START_SPREAD)
    return planned.replaced(first_day=first_day + _FIRST_START + start)


def burst_ties(dice: Dice, population: Population, bursts: Rows) -> Rows:
    """Return the ties of all bursts, as `make_ties` returns those of others."""
    ties = [_ties_of_burst(bursts.take(bursts["burst"] == n)) for n in np.unique(bursts["burst"])]
    names = ("low", "high", "start", "pair_ppm", "is_new")
    found = stack([Rows({name: np.zeros(0, dtype=np.int64) for name in names}), *ties])
    low, high, is_new = found["low"], found["high"], found["is_new"] > 0
    bits = dice.roll("burst.tie", low, high)
    met = np.maximum(population.opened_day[low], population.opened_day[high])
    wait = np.where(is_new, bits.pick(0, _WEEKS_OF_DAYS), -1 - bits.pick(0, _MET_BEFORE_DAYS))
    ties_of_all = Rows({"low": low, "high": high, "added": np.maximum(found["start"] + wait, met)})
    ties_of_all = ties_of_all.take(bits.likely(1, found["pair_ppm"]))
    return ties_of_all.replaced(ended=NEVER, again=NEVER, closeness=_CLOSENESS_PPM, attack=-1)


def _ties_of_burst(parts: Rows) -> Rows:
    """Return the pairs who may meet in one burst."""
    kind = _KINDS[int(parts["kind"][0])]
    one, other = np.triu_indices(len(parts), k=1)
    codes = pair_codes(parts["person"][one], parts["person"][other])
    with_newcomer = (parts["role"][one] == NEWCOMER) | (parts["role"][other] == NEWCOMER)
    return Rows({"low": codes >> 32, "high": codes & 0xFFFFFFFF}).replaced(
        start=int(parts["first_day"][0]),
        pair_ppm=np.where(with_newcomer, 900_000, kind.pair_ppm),
        is_new=with_newcomer | kind.is_new,
    )
