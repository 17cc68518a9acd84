"""Attacks on a social score, planted and labelled: five ways to buy, farm or trade good friends.

ring            low scorers who all befriend and contact each other
score_group     a chat group of mixed people who add each other to raise scores
hub_and_spoke   a low scorer with a crowd of accounts made for the purpose
bought_friends  a low scorer who pays reliable strangers for their friendship
fake_farm       invented accounts befriending each other and their customers

Attackers otherwise live ordinary lives. Fakes have an account, ties and contacts, no other record.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from plainscore.synthetic.chance import Dice, Ints
from plainscore.synthetic.people import Population
from plainscore.synthetic.ties import NEVER, TieList

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


@dataclass(frozen=True)
class Attacks:
    """Who takes part in what, of shape (parts played,).

    `attack` numbers the attacks, `kind` and `role` are places in ATTACK_KINDS and ROLES,
    `first_day` is the day the attack begins. One person plays in one attack at most.
    """

    attack: Ints
    kind: Ints
    role: Ints
    person: Ints
    first_day: Ints


def plan_attacks(dice: Dice, population: Population, first_day: int) -> Attacks:
    """Choose who attacks: one attack of each kind for every 2,500 people, at least one."""
    if population.count < _FEWEST_PEOPLE:
        return Attacks(*np.zeros((5, 0), dtype=np.int64))
    crowds = _crowds(dice, population)
    most = max(population.count // 40, 4)
    parts: list[tuple[int, int, int, int]] = []
    for attack in range(len(_KINDS) * max(1, population.count // _PEOPLE_PER_ATTACK)):
        number = attack % len(_KINDS)
        for role, wanted in _KINDS[number].parts.items():
            is_mixed = _KINDS[number].name == "score_group"
            crowd = crowds["mixed" if is_mixed else _CROWD_OF_ROLE[role]]
            count = min(wanted, most, len(crowd))
            parts += [(attack, number, role, crowd.pop()) for _ in range(count)]
    attack, kind_of, role_of, person = np.array(parts, dtype=np.int64).T
    start = first_day + _FIRST_START + dice.roll("attack.start", attack).pick(0, _START_SPREAD)
    return Attacks(attack, kind_of, role_of, person, start)


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


def enlist_fakes(population: Population, attacks: Attacks) -> Population:
    """Turn the fakes' accounts into what they are: opened just before their attack."""
    is_made_up = attacks.role == FAKE
    fakes = attacks.person[is_made_up]
    operator, opened = population.operator.copy(), population.opened_day.copy()
    is_thin = population.is_thin.copy()
    operator[fakes] = attacks.attack[is_made_up]
    opened[fakes] = attacks.first_day[is_made_up] - 5
    is_thin[fakes] = False
    return replace(population, operator=operator, opened_day=opened, is_thin=is_thin)


def attack_ties(dice: Dice, population: Population, attacks: Attacks) -> TieList:
    """Return the ties that the attacks add."""
    pairs = [
        _pairs_of_attack(dice, attacks, number) for number in np.unique(attacks.attack).tolist()
    ]
    low, high, number = np.concatenate(pairs, axis=1) if pairs else np.zeros((3, 0), np.int64)
    first_part = np.searchsorted(attacks.attack, number)
    kind = attacks.kind[first_part]
    wait = dice.roll("attack.tie", low, high).pick(0, 45)
    met = np.maximum(population.opened_day[low], population.opened_day[high])
    never = np.full(len(low), NEVER, dtype=np.int64)
    return TieList(
        low=low,
        high=high,
        added_day=np.maximum(attacks.first_day[first_part] + wait, met),
        ended_day=never,
        again_day=never,
        closeness=np.array([k.closeness_ppm for k in _KINDS])[kind],
        attack=number,
    )


def _pairs_of_attack(dice: Dice, attacks: Attacks, number: int) -> Ints:
    """Return low, high and the attack's number for each tie, shape (3, ties)."""
    takes_part = attacks.attack == number
    person, role = attacks.person[takes_part], attacks.role[takes_part]
    kind = int(attacks.kind[takes_part][0])
    one, other = np.triu_indices(len(person), k=1)
    low = np.minimum(person[one], person[other])
    high = np.maximum(person[one], person[other])
    serves_customer = (role[one] == CUSTOMER) != (role[other] == CUSTOMER)
    among = dice.roll("attack.pair", low, high).likely(1, _KINDS[kind].pair_ppm)
    chosen = serves_customer | (among & (role[one] == role[other]) & (role[one] != CUSTOMER))
    return np.stack([low[chosen], high[chosen], np.full(int(chosen.sum()), number)])
