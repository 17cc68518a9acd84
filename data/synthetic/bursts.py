"""Innocent bursts of ties: many at once, for a reason that has nothing to do with a score.

class  people who start a school or a job on one day, get to know most of each other in weeks, and
       meet others besides: neighbours, the family of classmates, another class
club   a newcomer who meets the members, who have known each other for long

Their ties look like those of rings and of bought friends; they are labelled in `_truth/burst`, so
that a detector's false alarms can be counted.
"""

from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from plainscore.synthetic.chance import Dice
from plainscore.synthetic.people import Population
from plainscore.synthetic.rows import Rows, repeat, stack
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
_LEAST_OUTSIDE: Final = 500
_MOST_OUTSIDE: Final = 1_500
"""Per mille of the usual share of ties to others, the least and the most open class."""


def plan_bursts(dice: Dice, population: Population, attacks: Rows, first_day: int) -> Rows:
    """Choose who meets: one row per person, and no one plays in an attack or in two bursts.

    `burst` numbers the bursts, `kind` and `role` are places in BURST_KINDS and ROLES, `first_day`
    is the day on which it begins: all have an account by then.
    """
    order = np.argsort(dice.roll("burst.casting", population.everyone).bits, kind="stable")
    free = order[~np.isin(order, attacks["person"]) & ~population.are_fake(order)]
    bursts = np.arange(len(_KINDS) * (population.count // _PEOPLE_PER_BURST))
    sizes, starts = dice.roll("burst.size", bursts), dice.roll("burst.start", bursts)
    start = first_day + _FIRST_START + starts.pick(0, _START_SPREAD)
    parts: list[tuple[int, int, int, int, int]] = []
    waiting = zip(free.tolist(), population.opened_day[free].tolist(), strict=True)
    for burst, begins in enumerate(start.tolist()):
        number = burst % len(_KINDS)
        kind = _KINDS[number]
        size = kind.newcomers + kind.fewest + int(sizes.pick(0, kind.most - kind.fewest + 1)[burst])
        are_there = (person for person, opened in waiting if opened <= begins)
        for turn, person in enumerate(islice(are_there, size)):
            role = NEWCOMER if turn < kind.newcomers else MEMBER
            parts.append((burst, number, role, person, begins))
    columns = np.array(parts, dtype=np.int64).reshape(-1, 5).T
    names = ("burst", "kind", "role", "person", "first_day")
    return Rows(dict(zip(names, columns, strict=True)))


def burst_ties(dice: Dice, population: Population, bursts: Rows, outside_ppm: int) -> Rows:
    """Return the ties of all bursts, as `make_ties` returns those of others.

    `outside_ppm`: of the ties that one of a class makes in its weeks, those to others.
    """
    ties = [_ties_of_burst(bursts.take(bursts["burst"] == n)) for n in np.unique(bursts["burst"])]
    names = ("low", "high", "start", "pair_ppm", "is_new")
    none = Rows({name: np.zeros(0, dtype=np.int64) for name in names})
    found = stack([none, *ties, _ties_to_others(dice, population, bursts, outside_ppm)])
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


def _ties_to_others(dice: Dice, population: Population, bursts: Rows, outside_ppm: int) -> Rows:
    """Return ties of the members of classes to others in the same weeks.

    Some classes live apart and some in the middle of a town: each has its own share. With so many
    expected, a member meets none to twice as many.
    """
    are_new = np.array([kind.is_new for kind in _KINDS])[bursts["kind"]]
    members = bursts.take(are_new)
    openness = dice.roll("burst.openness", members["burst"])
    share = (
        outside_ppm * (_LEAST_OUTSIDE + openness.pick(0, _MOST_OUTSIDE - _LEAST_OUTSIDE)) // 1000
    )
    share = np.minimum(share, 900_000)
    pair_ppm = np.array([kind.pair_ppm for kind in _KINDS])[members["kind"]]
    classmates = np.bincount(bursts["burst"])[members["burst"]] - 1
    expected_milli = classmates * pair_ppm // 1000 * share // (1_000_000 - share)
    count = dice.roll("burst.others", members["person"]).pick(0, 2 * expected_milli + 1_000) // 1000
    row, place = repeat(np.arange(len(members)), count)
    person, burst, start = (members[name][row] for name in ("person", "burst", "first_day"))
    other = dice.roll("burst.other", person, place).high_half() * population.count >> 32
    burst_of = np.full(population.count, -1)
    burst_of[bursts["person"]] = bursts["burst"]
    is_met = (population.opened_day[other] <= start) & ~population.are_fake(other)
    is_met &= burst_of[other] != burst
    codes, first = np.unique(pair_codes(person, other)[is_met], return_index=True)
    ties = Rows({"low": codes >> 32, "high": codes & 0xFFFFFFFF, "start": start[is_met][first]})
    return ties.replaced(pair_ppm=1_000_000, is_new=1)
