"""The profile log: accounts opened, details verified and changed, accounts frozen and unfrozen.

Accounts that are older than the world arrive on its first day, with their original times.
"""

from typing import Final

import numpy as np

from plainscore.synthetic.chance import Ints, likely, pick
from plainscore.synthetic.people import MOVE, onsets
from plainscore.synthetic.rows import NONE, SECONDS_PER_DAY, Month, Rows, rows_of, stack
from plainscore.synthetic.world import World

EVENT_TYPES: Final = ("opened", "verified", "changed", "frozen", "unfrozen")
OPENED, VERIFIED, CHANGED, FROZEN, UNFROZEN = range(5)
_VERIFIED_PPM: Final = {
    "national_id": 975_000,
    "phone": 930_000,
    "email": 700_000,
    "address": 560_000,
    "bank_account": 690_000,
    "employer": 330_000,
    "education": 230_000,
    "property": 110_000,
    "device": 480_000,
}
"""The share of people who have a field verified when they open an account."""
FIELDS: Final = tuple(_VERIFIED_PPM)
NATIONAL_ID, PHONE, EMAIL, ADDRESS, BANK_ACCOUNT, EMPLOYER = range(6)
DEVICE: Final = FIELDS.index("device")
_STEADY_SLOPE: Final = 60
_THIN_LOSS_PPM: Final = 350_000
_VERIFYING_DAYS: Final = 40
_IS_HASHED: Final = np.isin(np.arange(len(FIELDS)), (PHONE, BANK_ACCOUNT, DEVICE))
_SHARED_PPM: Final = 25_000
_CHANGE_PPM: Final = 11_000
_CHANGEABLE: Final = (PHONE, PHONE, ADDRESS, BANK_ACCOUNT, EMPLOYER, DEVICE, DEVICE, EMAIL)
_FREEZE_PPM: Final = 350
_CHANGE_STEP, _FREEZE_STEP = 100, 200


def profile_rows(world: World, persons: Ints, month: Month) -> Rows:
    """Return the accounts reported in `month`, its changes and freezes, and what follows."""
    later = stack([*_changes(world, persons, month), *_freezes(world, persons, month)])
    return stack(
        [
            _openings(world, persons, month),
            _verifications(world, persons, month),
            world.with_account(later, days=1),
        ]
    )


def _value_hash(world: World, person: Ints, field: Ints, version: int) -> Ints:
    """Return the number behind a value_hash, NONE where the field carries none.

    A few people share a telephone, account or device with the next account; the fakes of an attack
    all share one device and one telephone.
    """
    wanted = np.clip(_SHARED_PPM - 12 * world.population.reliability[person], 5_000, 100_000)
    shares = world.dice.roll("profile.shares", person, field).likely(0, wanted)
    owner = np.where(shares, person - person % 2, person)
    # Owner numbers above all people are the operators of attacks, who lend theirs to fakes.
    operator = world.population.operator[person]
    owner = np.where(operator == NONE, owner, world.population.count + operator)
    roll = world.dice.roll("profile.value", owner, field * 10_000 + version)
    number = (roll.bits >> np.uint64(16)).astype(np.int64)
    return np.where(_IS_HASHED[field], number, NONE)


def _opening_time(world: World, person: Ints) -> Ints:
    second = world.dice.roll("profile.opened", person).pick(0, SECONDS_PER_DAY)
    return world.population.opened_day[person] * SECONDS_PER_DAY + second


def _openings(world: World, persons: Ints, month: Month) -> Rows:
    people = world.population
    person = persons[world.is_reported_in(month, people.opened_day[persons])]
    opened = rows_of(person, 0, 0, OPENED, _opening_time(world, person))
    stated = ("region", "gender", "birth_year")
    return opened.replaced(**{name: getattr(people, name)[person] for name in stated})


def _verifications(world: World, persons: Ints, month: Month) -> Rows:
    """Return first verifications of each field, made within weeks of opening."""
    people = world.population
    opened = people.opened_day[persons]
    is_near = (opened <= month.last_day) & (opened + _VERIFYING_DAYS >= month.first_day)
    is_first = month.first_day <= world.settings.first_day
    near = persons[is_near | (is_first & (opened <= month.last_day))]
    person, field = np.tile(near, len(FIELDS)), np.repeat(np.arange(len(FIELDS)), len(near))
    bits = world.dice.roll("profile.verified", person, field)
    usual = np.array([*_VERIFIED_PPM.values()])[field]
    chance = usual + _STEADY_SLOPE * people.reliability[person]
    is_lost = people.is_thin[person] + 0 + (people.are_fake(person) & ~_IS_HASHED[field])
    of_record = np.where(people.are_ordinary(person), usual, 600_000)
    chance = np.where(field == NATIONAL_ID, of_record, chance - _THIN_LOSS_PPM * is_lost)
    day = people.opened_day[person] + bits.pick(1, _VERIFYING_DAYS)
    chosen = bits.likely(0, chance) & world.is_reported_in(month, day)
    time = day * SECONDS_PER_DAY + bits.pick(2, SECONDS_PER_DAY)
    person, field, time = person[chosen], field[chosen], time[chosen]
    return rows_of(
        person,
        0,
        1 + field,
        VERIFIED,
        np.maximum(time, _opening_time(world, person)),
        field=field,
        value_hash=_value_hash(world, person, field, 0),
    )


def _changes(world: World, persons: Ints, month: Month) -> tuple[Rows, Rows]:
    """Return changes of contact details, most verified again soon; movers change the address."""
    people = world.population
    bits = world.dice.roll("profile.change", persons, month.number)
    life = onsets(world.dice, persons, month)
    chance = np.clip(_CHANGE_PPM - 5 * people.reliability[persons], 2_000, 60_000)
    moves = life["kind"] == MOVE
    changes = (bits.likely(0, chance) | moves) & ~people.are_fake(persons)
    person, bits, moves = persons[changes], bits[changes], moves[changes]
    day = np.where(moves, life["day"][changes], month.first_day + bits.pick(1, month.day_count))
    time = day * SECONDS_PER_DAY + bits.pick(3, SECONDS_PER_DAY)
    field = np.where(moves, ADDRESS, np.array(_CHANGEABLE)[bits.lane(2) & 7])
    details = {"field": field, "value_hash": _value_hash(world, person, field, month.label)}
    changed = rows_of(person, month.label, _CHANGE_STEP, CHANGED, time, **details)
    is_verified = likely(bits.lane(0) * 37 & 0xFFFF, 800_000)
    time = time + 3_600 + pick(bits.lane(1) ^ 0x3C3C, 20 * SECONDS_PER_DAY)
    return changed, changed.follow(is_verified, 1, kind=VERIFIED, time=time, **details)


def _freezes(world: World, persons: Ints, month: Month) -> tuple[Rows, Rows]:
    """Return accounts frozen in the month, seven in ten unfrozen some weeks later."""
    people = world.population
    bits = world.dice.roll("profile.freeze", persons, month.number)
    chance = np.clip(_FREEZE_PPM - people.reliability[persons] // 4, 50, 2_000)
    chosen = bits.likely(0, chance) & ~people.are_fake(persons)
    person, bits = persons[chosen], bits[chosen]
    day = month.first_day + bits.pick(1, month.day_count)
    time = day * SECONDS_PER_DAY + 43_200 + bits.pick(2, 3_600)
    frozen = rows_of(person, month.label, _FREEZE_STEP, FROZEN, time)
    time = time + (5 + bits.pick(2, 50)) * SECONDS_PER_DAY
    return frozen, frozen.follow(bits.likely(3, 700_000), 1, kind=UNFROZEN, time=time)
