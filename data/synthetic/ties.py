"""Who knows who: circles that close triangles, acquaintances with a heavy tail, like near like.

Targets (method.md): mean degree 20, heavy tail cut at 1000, clustering about .14, degree
assortativity above 0, which are the shapes measured on large friendship graphs (Ugander, Karrer,
Backstrom, Marlow: "The anatomy of the Facebook social graph", 2011). Two ways to meet:

- circles: people are lined up by a noisy likeness, cut into groups, and most pairs of a group know
  each other (homophily and triangles);
- acquaintances: everyone holds a number of open ends from a Pareto law, and ends are joined with
  ends alike (homophily, the tail, and busy people knowing busy people).

The graph is made whole, because a tie is no single person's; contacts are made person by person.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.chance import OCTAVE, Dice, Ints, SmallInts, power_of_two
from plainscore.synthetic.people import Population
from plainscore.synthetic.rows import Rows, repeat, stack

NEVER: Final = 1 << 30
"""A day that does not come."""

MOST_TIES: Final = 1_000
_END_COUNT_MEAN: Final = 12.2
_SOCIABLE_OCTAVES: Final = 0.75
_CIRCLES: Final = (
    # sizes of the groups in turn, ppm that a pair knows each other, likeness, noise (per mille)
    ("home", (2, 3, 4, 5), 900_000, 500, 1_000),
    ("work", (6, 9, 12, 16, 24), 640_000, 700, 900),
)
_FORMING_DAYS: Final = 1_600
_YEARLY_END_PPM: Final = 50_000
_AGAIN_PPM: Final = 200_000


@dataclass(frozen=True)
class Neighbourhoods:
    """The same ties seen from each end: those of person p are at start[p]:start[p+1].

    `friend` is the other end (ascending within a person); the other fields are those of the tie.
    Held as 32-bit numbers, for there are twice as many as ties.
    """

    start: Ints
    friend: SmallInts
    added: SmallInts
    ended: SmallInts
    again: SmallInts
    closeness: SmallInts


def make_ties(dice: Dice, population: Population) -> Rows:
    """Return all ties that people without ill intent form, each pair once, in ascending order.

    `low` < `high` are persons. A tie begins on day number `added`, ends on `ended` (NEVER if it
    does not) and may begin once more on `again`. `closeness` is the chance, in ppm, to be in touch
    in a month; `attack` is the number of the attack that planted it, -1 for these.
    """
    circles = [_circle_pairs(dice, population, *circle) for circle in _CIRCLES]
    # np.unique hashes, which takes five times as long here.
    codes = np.sort(np.concatenate([*circles, _acquaintance_pairs(dice, population)]))
    codes = codes[np.concatenate([[True], codes[1:] != codes[:-1]])[: len(codes)]]
    low, high = codes >> 32, codes & 0xFFFFFFFF
    bits = dice.roll("tie.life", low, high)
    added = np.maximum(population.opened_day[low], population.opened_day[high])
    added += bits.pick_small(0, _FORMING_DAYS)
    yearly = bits.pick(1, 365 * 1_000_000 // _YEARLY_END_PPM)
    ended = np.where(yearly < 3_650, added + 20 + yearly, NEVER)
    comes_back = bits.likely(2, _AGAIN_PPM) & (ended < NEVER)
    again = np.where(comes_back, ended + 15 + bits.pick(3, 150), NEVER)
    # One tie in five is close, one in four medium, the rest are weak.
    bits = dice.roll("tie.closeness", low, high)
    spread = bits.pick(1, 100_000)
    closeness = np.where(bits.likely(0, 480_000), 330_000 + spread * 2, 60_000 + spread)
    closeness = np.where(bits.likely(0, 210_000), 700_000 + spread * 2, closeness)
    ties = Rows({"low": low, "high": high, "added": added, "ended": ended, "again": again})
    return ties.replaced(closeness=closeness, attack=-1)


def pair_codes(one: Ints, other: Ints) -> Ints:
    """Return both ends of each tie in one number, the lower in front."""
    return np.asarray(np.minimum(one, other) << 32 | np.maximum(one, other))


def _circle_pairs(
    dice: Dice,
    population: Population,
    name: str,
    sizes: tuple[int, ...],
    pair_ppm: int,
    weight: int,
    noise: int,
) -> Ints:
    """Line people up by a noisy likeness, cut groups of the sizes in turn, tie most pairs."""
    own = dice.roll(f"tie.{name}.likeness", population.everyone).bell()
    shared = (population.reliability * 800 + population.sociability * 600) // 1000
    line = np.argsort((shared * weight + own * noise) // 1000, kind="stable")
    line = line[~population.are_fake(line)]
    edges = np.cumsum(np.tile(sizes, len(line) // sum(sizes) + 1))
    group = np.searchsorted(edges, np.arange(len(line)), side="right")
    found = []
    for distance in range(1, max(sizes)):
        together = np.flatnonzero(group[distance:] == group[:-distance])
        codes = pair_codes(line[together], line[together + distance])
        meet = dice.roll(f"tie.{name}.pair", codes >> 32, codes & 0xFFFFFFFF)
        found.append(codes[meet.likely(0, pair_ppm)])
    return np.concatenate(found)


def _acquaintance_pairs(dice: Dice, population: Population) -> Ints:
    """Join open ends with ends alike: a configuration model with assortative matching."""
    # A Pareto law of exponent 2 (an exact square root), times sociability, cut.
    bits = dice.roll("tie.ends", population.everyone)
    tail = 1.0 / np.sqrt((bits.high_half() + 1) / 4_294_967_296.0)
    octaves = population.sociability * _SOCIABLE_OCTAVES * OCTAVE // 1000
    sociable = power_of_two(octaves.astype(np.int64))
    most = min(MOST_TIES - 40, population.count // 4)
    count = np.minimum(_END_COUNT_MEAN / 2 * tail * sociable, most).astype(np.int64)
    count = np.where(population.operator >= 0, 0, count)
    person, place = repeat(population.everyone, count)
    noise = dice.roll("tie.end", person, place).bell()
    busyness = np.searchsorted(np.sort(count), count) * 3_000 // max(population.count, 1)
    like = population.reliability * 700 + busyness * 1_100
    line = person[np.argsort(like[person] // 1000 + noise, kind="stable")]
    half = len(line) // 2
    one, other = line[0 : 2 * half : 2], line[1 : 2 * half : 2]
    return np.asarray(pair_codes(one, other)[one != other])


def join_ties(ordinary: Rows, planted: Rows) -> Rows:
    """Return both as one; a planted tie takes the place of an ordinary one."""
    codes, wanted = (pair_codes(ties["low"], ties["high"]) for ties in (ordinary, planted))
    is_kept = np.ones(len(codes), dtype=bool)
    # Ordinary ties are in ascending order, so that each planted one is found by halving.
    place = np.searchsorted(codes, wanted)
    place = place[place < len(is_kept)]
    is_kept[place[np.isin(codes[place], wanted)]] = False
    return stack([ordinary.take(is_kept), planted])


def see_from_both_ends(ties: Rows, people: int) -> Neighbourhoods:
    """Return each person's ties, friends in ascending order."""
    source = np.concatenate([ties["low"], ties["high"]])
    friend = np.concatenate([ties["high"], ties["low"]])
    order = np.argsort(source << 32 | friend)
    degree = np.bincount(source, minlength=people)
    tie = order % len(ties) if len(ties) else order
    return Neighbourhoods(
        np.concatenate([[0], np.cumsum(degree)]),
        friend.astype(np.int32)[order],
        *(ties[name].astype(np.int32)[tie] for name in ("added", "ended", "again", "closeness")),
    )
