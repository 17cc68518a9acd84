"""The profile log: accounts opened, details verified and changed, accounts frozen and thawed.

The accounts older than the world are told on its first day, with the times at which things
happened.
"""

from typing import Final

import numpy as np

from plainscore.synthetic.life_events import MOVE, onsets
from plainscore.synthetic.months import SECONDS_PER_DAY, Month
from plainscore.synthetic.randomness import Flags, Ints, lane, likely, pick
from plainscore.synthetic.rows import NONE, Rows, event_numbers, rows_of, stack
from plainscore.synthetic.society import Society

EVENT_TYPES: Final = ("opened", "verified", "changed", "frozen", "unfrozen")
OPENED, VERIFIED, CHANGED, FROZEN, UNFROZEN = range(5)
FIELDS: Final = (
    "national_id",
    "phone",
    "email",
    "address",
    "bank_account",
    "employer",
    "education",
    "property",
    "device",
)
NATIONAL_ID, PHONE, EMAIL, ADDRESS, BANK_ACCOUNT, EMPLOYER, EDUCATION, PROPERTY, DEVICE = range(9)
_VERIFIED_PPM: Final = (
    975_000, 930_000, 700_000, 560_000, 690_000, 330_000, 230_000, 110_000, 480_000,
)  # fmt: skip
_STEADY_SLOPE: Final = 60
_THIN_LOSS_PPM: Final = 350_000
_VERIFYING_DAYS: Final = 40
_HASHED: Final = (PHONE, BANK_ACCOUNT, DEVICE)
_IS_HASHED: Final = np.array([field in _HASHED for field in range(len(FIELDS))])
_SHARED_PPM: Final = 25_000
_CHANGE_PPM: Final = 11_000
_CHANGEABLE: Final = (PHONE, PHONE, ADDRESS, BANK_ACCOUNT, EMPLOYER, DEVICE, DEVICE, EMAIL)
_FREEZE_PPM: Final = 350
_CHANGE_STEP, _FREEZE_STEP = 100, 200


def profile_rows(society: Society, persons: Ints, month: Month) -> Rows:
    """Return the accounts told of in `month`, and its changes and freezes with what follows."""
    return stack(
        [
            _openings(society, persons, month),
            *(_verifications(society, persons, month, field) for field in range(len(FIELDS))),
            _changes(society, persons, month),
            _freezes(society, persons, month),
        ]
    )


def value_hash(society: Society, person: Ints, field: Ints, version: Ints | int) -> Ints:
    """Return the number behind a value_hash, NONE where the field carries none.

    A few people share a telephone, account or device with the next account; the fakes of an attack
    all hang on one device and one telephone.
    """
    shares = likely(
        lane(society.dice.roll("profile.shares", person, field), 0),
        np.clip(_SHARED_PPM - 12 * society.population.reliability[person], 5_000, 100_000),
    )
    owner = np.where(shares, person - person % 2, person)
    # Owners beyond all people stand for what the operator of an attack lends to his fakes.
    operator = society.population.operator[person]
    owner = np.where(operator == NONE, owner, society.population.count + operator)
    number = society.dice.roll("profile.value", owner, field * 10_000 + version) >> np.uint64(16)
    return np.where(_IS_HASHED[field], number.astype(np.int64), NONE)


def _openings(society: Society, persons: Ints, month: Month) -> Rows:
    people = society.population
    person = persons[society.is_told_in(month, people.opened_day[persons])]
    second = pick(lane(society.dice.roll("profile.opened", person), 0), SECONDS_PER_DAY)
    return rows_of(
        event_numbers(person, 0, 0),
        person=person,
        kind=OPENED,
        time=people.opened_day[person] * SECONDS_PER_DAY + second,
        region=people.region[person],
        gender=people.gender[person],
        birth_year=people.birth_year[person],
    )


def _verifications(society: Society, persons: Ints, month: Month, field: int) -> Rows:
    """Return first verifications of one field, made within weeks of opening."""
    people = society.population
    opened = people.opened_day[persons]
    is_near = (opened <= month.last_day) & (opened + _VERIFYING_DAYS >= month.first_day)
    is_first = month.first_day <= society.settings.first_day
    person = persons[is_near | (is_first & (opened <= month.last_day))]
    bits = society.dice.roll("profile.verified", person, field)
    chance = (
        _VERIFIED_PPM[field]
        + _STEADY_SLOPE * people.reliability[person]
        - people.is_thin[person] * _THIN_LOSS_PPM
    )
    if field == NATIONAL_ID:
        chance = np.where(people.are_ordinary(person), _VERIFIED_PPM[field], 600_000)
    elif field not in _HASHED:
        chance = chance - people.are_fake(person) * _THIN_LOSS_PPM
    day = people.opened_day[person] + pick(lane(bits, 1), _VERIFYING_DAYS)
    chosen = likely(lane(bits, 0), chance) & society.is_told_in(month, day)
    person, bits, day = person[chosen], bits[chosen], day[chosen]
    return rows_of(
        event_numbers(person, 0, 1 + field),
        person=person,
        kind=VERIFIED,
        time=_not_before_opening(society, person, day, pick(lane(bits, 2), SECONDS_PER_DAY)),
        field=field,
        value_hash=value_hash(society, person, np.full(len(person), field), 0),
    )


def _not_before_opening(society: Society, person: Ints, day: Ints, second: Ints) -> Ints:
    opening = pick(lane(society.dice.roll("profile.opened", person), 0), SECONDS_PER_DAY)
    is_same_day = day == society.population.opened_day[person]
    return day * SECONDS_PER_DAY + np.where(is_same_day, np.maximum(second, opening), second)


def _changes(society: Society, persons: Ints, month: Month) -> Rows:
    """Return changes of contact details, most verified again soon; movers change the address."""
    people = society.population
    bits = society.dice.roll("profile.change", persons, month.number)
    life = onsets(society.dice, persons, month)
    chance = np.clip(_CHANGE_PPM - 5 * people.reliability[persons], 2_000, 60_000)
    moves = life.kind == MOVE
    changes = (likely(lane(bits, 0), chance) | moves) & ~people.are_fake(persons)
    person, bits, moves = persons[changes], bits[changes], moves[changes]
    day = month.first_day + pick(lane(bits, 1), month.day_count)
    day = np.where(moves, life.day[changes], day)
    field = np.array(_CHANGEABLE)[lane(bits, 2) & 7]
    field = np.where(moves, ADDRESS, field)
    new_hash = value_hash(society, person, field, month.label)
    changed = rows_of(
        event_numbers(person, month.label, _CHANGE_STEP),
        person=person,
        kind=CHANGED,
        time=day * SECONDS_PER_DAY + pick(lane(bits, 3), SECONDS_PER_DAY),
        field=field,
        value_hash=new_hash,
    )
    verified = changed.replaced(
        event=changed["event"] + 1,
        kind=np.full(len(person), VERIFIED),
        time=changed["time"] + 3_600 + pick(lane(bits, 1) ^ 0x3C3C, 20 * SECONDS_PER_DAY),
    )
    is_verified = likely(lane(bits, 0) * 37 & 0xFFFF, 800_000)
    return _after_opening(society, stack([changed, verified.take(is_verified)]))


def _after_opening(society: Society, rows: Rows) -> Rows:
    """Drop what is dated on or before the day after the account was opened, or before the world."""
    opened = society.population.opened_day[rows["person"]]
    begun = np.maximum(opened + 1, society.settings.first_day)
    return rows.take(rows["time"] // SECONDS_PER_DAY >= begun)


def _freezes(society: Society, persons: Ints, month: Month) -> Rows:
    """Return accounts frozen in the month, seven in ten thawed some weeks later."""
    people = society.population
    bits = society.dice.roll("profile.freeze", persons, month.number)
    chance = np.clip(_FREEZE_PPM - people.reliability[persons] // 4, 50, 2_000)
    chosen: Flags = likely(lane(bits, 0), chance) & ~people.are_fake(persons)
    person, bits = persons[chosen], bits[chosen]
    day = month.first_day + pick(lane(bits, 1), month.day_count)
    frozen = rows_of(
        event_numbers(person, month.label, _FREEZE_STEP),
        person=person,
        kind=FROZEN,
        time=day * SECONDS_PER_DAY + 43_200 + pick(lane(bits, 2), 3_600),
    )
    thawed = frozen.replaced(
        event=frozen["event"] + 1,
        kind=np.full(len(person), UNFROZEN),
        time=frozen["time"] + (5 + pick(lane(bits, 2), 50)) * SECONDS_PER_DAY,
    ).take(likely(lane(bits, 3), 700_000))
    return _after_opening(society, stack([frozen, thawed]))
