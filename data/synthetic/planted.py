"""Ties that are planted and labelled: attacks on a social score, and innocent bursts.

Five ways to buy, farm or trade good friends:

ring            low scorers who all befriend and contact each other
score_group     a chat group of mixed people who add each other to raise scores
hub_and_spoke   a low scorer with a crowd of accounts made for the purpose
bought_friends  a low scorer who pays reliable strangers for their friendship
fake_farm       invented accounts befriending each other and their customers

Attackers otherwise live ordinary lives. Fakes have an account, ties and contacts, no other record.

Innocent bursts are many ties at once, for a reason that has nothing to do with a score:

class  people who start a school or a job on one day, get to know most of each other in weeks, and
       meet others besides: neighbours, the family of classmates, another class
club   a newcomer who meets the members, who have known each other for long

Their ties look like those of rings and of bought friends; they are labelled in `_truth/burst`, so
that a detector's false alarms can be counted.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from plainscore.synthetic.chance import Dice, Ints
from plainscore.synthetic.people import Population
from plainscore.synthetic.rows import Rows, repeat, stack
from plainscore.synthetic.ties import NEVER, pair_codes

ROLES: Final = ("member", "customer", "fake", "seller")
MEMBER, CUSTOMER, FAKE, SELLER = range(4)
_CROWD_OF_ROLE: Final = {MEMBER: "low", CUSTOMER: "low", FAKE: "fake", SELLER: "high"}


class _Attack(NamedTuple):
    """One way to attack a social score."""

    name: str
    parts: dict[int, int]  # how many of each role there are at most; small worlds have fewer
    pair_ppm: int  # chance that two of the same role (except customers) have a tie
    closeness_ppm: int  # chance that two with a tie are in touch in a month


_ATTACKS: Final = (
    _Attack("ring", {MEMBER: 10}, 1_000_000, 900_000),
    _Attack("score_group", {MEMBER: 20}, 700_000, 250_000),
    _Attack("hub_and_spoke", {CUSTOMER: 1, FAKE: 25}, 0, 900_000),
    _Attack("bought_friends", {CUSTOMER: 1, SELLER: 30}, 0, 700_000),
    _Attack("fake_farm", {CUSTOMER: 3, FAKE: 20}, 600_000, 800_000),
)
ATTACK_KINDS: Final = tuple(kind.name for kind in _ATTACKS)
_FEWEST_PEOPLE: Final = 100
_PEOPLE_PER_ATTACK: Final = 2_500
_FIRST_ATTACK: Final = 60
_ATTACK_SPREAD: Final = 240
_LOW_RELIABILITY: Final = -600
_HIGH_RELIABILITY: Final = 700


def _table(parts: Sequence[tuple[int, ...]], *names: str) -> Rows:
    """Return tuples as a table of these columns."""
    columns = np.array(parts, dtype=np.int64).reshape(-1, len(names)).T
    return Rows(dict(zip(names, columns, strict=True)))


def _pairs(parts: Rows) -> tuple[Rows, Ints, Ints]:
    """Return every two who take part, as ties, and the places of both among the parts."""
    one, other = np.triu_indices(len(parts), k=1)
    codes = pair_codes(parts["person"][one], parts["person"][other])
    return Rows({"low": codes >> 32, "high": codes & 0xFFFFFFFF}), one, other


def plan_attacks(dice: Dice, population: Population, first_day: int) -> Rows:
    """Choose who attacks: one attack of each kind for every 2,500 people, at least one.

    One row per part played: `attack` numbers the attacks, `kind` and `role` are places in
    ATTACK_KINDS and ROLES, `first_day` is the day the attack begins. One person plays in one
    attack at most.
    """
    crowds = _crowds(dice, population)
    most = max(population.count // 40, 4)
    attacks = len(_ATTACKS) * max(1, population.count // _PEOPLE_PER_ATTACK)
    parts: list[tuple[int, int, int, int]] = []
    for attack in range(attacks if population.count >= _FEWEST_PEOPLE else 0):
        number = attack % len(_ATTACKS)
        for role, wanted in _ATTACKS[number].parts.items():
            is_mixed = _ATTACKS[number].name == "score_group"
            crowd = crowds["mixed" if is_mixed else _CROWD_OF_ROLE[role]]
            count = min(wanted, most, len(crowd))
            parts += [(attack, number, role, crowd.pop()) for _ in range(count)]
    planned = _table(parts, "attack", "kind", "role", "person")
    start = dice.roll("attack.start", planned["attack"]).pick(0, _ATTACK_SPREAD)
    return planned.replaced(first_day=first_day + _FIRST_ATTACK + start)


def _crowds(dice: Dice, population: Population) -> dict[str, list[int]]:
    """Shuffle people and share them out: each person is in one crowd only."""
    shuffled = np.argsort(dice.roll("attack.casting", population.everyone).bits, kind="stable")
    turn = population.everyone % 5
    reliability = population.reliability[shuffled]
    is_usable = ~population.is_thin[shuffled]
    crowds = {
        "fake": turn == 0,
        "mixed": (turn == 1) & is_usable,
        "low": (turn >= 2) & is_usable & (reliability < _LOW_RELIABILITY),
        "high": (turn >= 2) & is_usable & (reliability > _HIGH_RELIABILITY),
    }
    return {name: shuffled[chosen][::-1].tolist() for name, chosen in crowds.items()}


def enlist_fakes(population: Population, attacks: Rows) -> Population:
    """Turn the fakes' accounts into what they are: opened just before their attack."""
    fakes = attacks.take(attacks["role"] == FAKE)
    operator, opened = population.operator.copy(), population.opened_day.copy()
    is_thin = population.is_thin.copy()
    operator[fakes["person"]] = fakes["attack"]
    opened[fakes["person"]] = fakes["first_day"] - 5
    is_thin[fakes["person"]] = False
    return replace(population, operator=operator, opened_day=opened, is_thin=is_thin)


def attack_ties(dice: Dice, population: Population, attacks: Rows) -> Rows:
    """Return the ties that the attacks add, as `make_ties` returns those of others."""
    numbers = np.unique(attacks["attack"]).tolist()
    ties = [_ties_of_attack(dice, attacks.take(attacks["attack"] == n)) for n in numbers]
    found = stack([_table([], "low", "high", "attack", "start", "closeness"), *ties])
    low, high = found["low"], found["high"]
    wait = dice.roll("attack.tie", low, high).pick(0, 45)
    met = np.maximum(population.opened_day[low], population.opened_day[high])
    return found.replaced(added=np.maximum(found["start"] + wait, met), ended=NEVER, again=NEVER)


def _ties_of_attack(dice: Dice, parts: Rows) -> Rows:
    """Return the ties between those who play a part in one attack."""
    kind = _ATTACKS[int(parts["kind"][0])]
    ties, one, other = _pairs(parts)
    role, other_role = parts["role"][one], parts["role"][other]
    serves_customer = (role == CUSTOMER) != (other_role == CUSTOMER)
    meet = dice.roll("attack.pair", ties["low"], ties["high"]).likely(1, kind.pair_ppm)
    among = meet & (role == other_role) & (role != CUSTOMER)
    attack, start = int(parts["attack"][0]), int(parts["first_day"][0])
    ties = ties.replaced(attack=attack, start=start, closeness=kind.closeness_ppm)
    return ties.take(serves_customer | among)


# Innocent bursts


BURST_ROLES: Final = ("member", "newcomer")
NEWCOMER: Final = 1


class _Occasion(NamedTuple):
    """One occasion to meet many people."""

    name: str
    fewest: int  # members
    most: int
    pair_ppm: int  # chance that two members have a tie
    is_new: bool  # whether members get to know each other now
    newcomers: int


_BURSTS: Final = (
    _Occasion("class", 9, 20, 620_000, is_new=True, newcomers=0),
    _Occasion("club", 12, 24, 180_000, is_new=False, newcomers=1),
)
BURST_KINDS: Final = tuple(kind.name for kind in _BURSTS)
_PEOPLE_PER_BURST: Final = 250
"""There is one burst of each kind for so many people."""
_FIRST_BURST: Final = 20
_BURST_SPREAD: Final = 690
_WEEKS_OF_DAYS: Final = 28
_MET_BEFORE_DAYS: Final = 1_500
_CLOSENESS_PPM: Final = 350_000
_LEAST_OUTSIDE: Final = 500
_MOST_OUTSIDE: Final = 1_500
"""Per mille of the usual share of ties to others, the least and the most open class."""


def plan_bursts(dice: Dice, population: Population, attacks: Rows, first_day: int) -> Rows:
    """Choose who meets: one row per person, and no one plays in an attack or in two bursts.

    `burst` numbers the bursts, `kind` and `role` are places in BURST_KINDS and BURST_ROLES,
    `first_day` is the day on which it begins: all have an account by then.
    """
    order = np.argsort(dice.roll("burst.casting", population.everyone).bits, kind="stable")
    free = order[~np.isin(order, attacks["person"]) & ~population.are_fake(order)]
    bursts = np.arange(len(_BURSTS) * (population.count // _PEOPLE_PER_BURST))
    sizes, starts = dice.roll("burst.size", bursts), dice.roll("burst.start", bursts)
    start = first_day + _FIRST_BURST + starts.pick(0, _BURST_SPREAD)
    parts: list[tuple[int, int, int, int, int]] = []
    waiting = zip(free.tolist(), population.opened_day[free].tolist(), strict=True)
    for burst, begins in enumerate(start.tolist()):
        number = burst % len(_BURSTS)
        kind = _BURSTS[number]
        size = kind.newcomers + kind.fewest + int(sizes.pick(0, kind.most - kind.fewest + 1)[burst])
        are_there = (person for person, opened in waiting if opened <= begins)
        for turn, person in enumerate(islice(are_there, size)):
            role = NEWCOMER if turn < kind.newcomers else MEMBER
            parts.append((burst, number, role, person, begins))
    return _table(parts, "burst", "kind", "role", "person", "first_day")


def burst_ties(dice: Dice, population: Population, bursts: Rows, outside_ppm: int) -> Rows:
    """Return the ties of all bursts, as `make_ties` returns those of others.

    `outside_ppm`: of the ties that one of a class makes in its weeks, those to others.
    """
    ties = [_ties_of_burst(bursts.take(bursts["burst"] == n)) for n in np.unique(bursts["burst"])]
    none = _table([], "low", "high", "start", "pair_ppm", "is_new")
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
    kind = _BURSTS[int(parts["kind"][0])]
    ties, one, other = _pairs(parts)
    with_newcomer = (parts["role"][one] == NEWCOMER) | (parts["role"][other] == NEWCOMER)
    return ties.replaced(
        start=int(parts["first_day"][0]),
        pair_ppm=np.where(with_newcomer, 900_000, kind.pair_ppm),
        is_new=with_newcomer | kind.is_new,
    )


def _ties_to_others(dice: Dice, population: Population, bursts: Rows, outside_ppm: int) -> Rows:
    """Return ties of the members of classes to others in the same weeks.

    Some classes live apart and some in the middle of a town: each has its own share. With so many
    expected, a member meets none to twice as many.
    """
    are_new = np.array([kind.is_new for kind in _BURSTS])[bursts["kind"]]
    members = bursts.take(are_new)
    openness = dice.roll("burst.openness", members["burst"])
    share = (
        outside_ppm * (_LEAST_OUTSIDE + openness.pick(0, _MOST_OUTSIDE - _LEAST_OUTSIDE)) // 1000
    )
    share = np.minimum(share, 900_000)
    pair_ppm = np.array([kind.pair_ppm for kind in _BURSTS])[members["kind"]]
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
