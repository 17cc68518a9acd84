"""Attacks on a social score, planted and labelled: five ways to buy, farm or trade good friends.

ring            low scorers who all befriend and contact each other
score_group     a chat group of mixed people who add each other to raise scores
hub_and_spoke   a low scorer with a crowd of accounts made for the purpose
bought_friends  a low scorer who pays reliable strangers for their friendship
fake_farm       invented accounts befriending each other and their customers

Attackers otherwise live ordinary lives. Fakes have an account, ties and contacts, no other record.
"""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from plainscore.synthetic.chance import Dice
from plainscore.synthetic.people import Population
from plainscore.synthetic.rows import Rows, stack
from plainscore.synthetic.ties import NEVER, pair_codes

ROLES: Final = ("member", "customer", "fake", "seller")
MEMBER, CUSTOMER, FAKE, SELLER = range(4)
_CROWD_OF_ROLE: Final = {MEMBER: "low", CUSTOMER: "low", FAKE: "fake", SELLER: "high"}


class _Kind(NamedTuple):
    """One way to attack a social score."""

    name: str
    parts: dict[int, int]  # how many of each role there are at most; small worlds have fewer
    pair_ppm: int  # chance that two of the same role (except customers) have a tie
    closeness_ppm: int  # chance that two with a tie are in touch in a month


_KINDS: Final = (
    _Kind("ring", {MEMBER: 10}, 1_000_000, 900_000),
    _Kind("score_group", {MEMBER: 20}, 700_000, 250_000),
    _Kind("hub_and_spoke", {CUSTOMER: 1, FAKE: 25}, 0, 900_000),
    _Kind("bought_friends", {CUSTOMER: 1, SELLER: 30}, 0, 700_000),
    _Kind("fake_farm", {CUSTOMER: 3, FAKE: 20}, 600_000, 800_000),
)
ATTACK_KINDS: Final = tuple(kind.name for kind in _KINDS)
_FEWEST_PEOPLE: Final = 100
_PEOPLE_PER_ATTACK: Final = 2_500
_FIRST_START: Final = 60
_START_SPREAD: Final = 240
_LOW_RELIABILITY: Final = -600
_HIGH_RELIABILITY: Final = 700


def plan_attacks(dice: Dice, population: Population, first_day: int) -> Rows:
    """Choose who attacks: one attack of each kind for every 2,500 people, at least one.

    One row per part played: `attack` numbers the attacks, `kind` and `role` are places in
    ATTACK_KINDS and ROLES, `first_day` is the day the attack begins. One person plays in one
    attack at most.
    """
    crowds = _crowds(dice, population)
    most = max(population.count // 40, 4)
    attacks = len(_KINDS) * max(1, population.count // _PEOPLE_PER_ATTACK)
    parts: list[tuple[int, int, int, int]] = []
    for attack in range(attacks if population.count >= _FEWEST_PEOPLE else 0):
        number = attack % len(_KINDS)
        for role, wanted in _KINDS[number].parts.items():
            is_mixed = _KINDS[number].name == "score_group"
            crowd = crowds["mixed" if is_mixed else _CROWD_OF_ROLE[role]]
            count = min(wanted, most, len(crowd))
            parts += [(attack, number, role, crowd.pop()) for _ in range(count)]
    columns = np.array(parts, dtype=np.int64).reshape(-1, 4).T
    planned = Rows(dict(zip(("attack", "kind", "role", "person"), columns, strict=True)))
    start = dice.roll("attack.start", planned["attack"]).pick(0, _START_SPREAD)
    return planned.replaced(first_day=first_day + _FIRST_START + start)


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
    empty = np.zeros(0, dtype=np.int64)
    none = {"low": empty, "high": empty, "attack": empty, "start": empty, "closeness": empty}
    found = stack([Rows(none), *ties])
    low, high = found["low"], found["high"]
    wait = dice.roll("attack.tie", low, high).pick(0, 45)
    met = np.maximum(population.opened_day[low], population.opened_day[high])
    return found.replaced(added=np.maximum(found["start"] + wait, met), ended=NEVER, again=NEVER)


def _ties_of_attack(dice: Dice, parts: Rows) -> Rows:
    """Return the ties between those who play a part in one attack."""
    kind = _KINDS[int(parts["kind"][0])]
    one, other = np.triu_indices(len(parts), k=1)
    codes = pair_codes(parts["person"][one], parts["person"][other])
    ties = Rows({"low": codes >> 32, "high": codes & 0xFFFFFFFF})
    role, other_role = parts["role"][one], parts["role"][other]
    serves_customer = (role == CUSTOMER) != (other_role == CUSTOMER)
    meet = dice.roll("attack.pair", ties["low"], ties["high"]).likely(1, kind.pair_ppm)
    among = meet & (role == other_role) & (role != CUSTOMER)
    attack, start = int(parts["attack"][0]), int(parts["first_day"][0])
    ties = ties.replaced(attack=attack, start=start, closeness=kind.closeness_ppm)
    return ties.take(serves_customer | among)
