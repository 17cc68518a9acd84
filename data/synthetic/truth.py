"""The labels of a world, in landing/_truth/: what the pipeline never reads and an audit may."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from plainscore.synthetic.attacks import ATTACK_KINDS, ROLES
from plainscore.synthetic.bills import BILL_TYPES, INSTALMENT, Bills, bill_event, bills_of_month
from plainscore.synthetic.chance import Flags, Ints
from plainscore.synthetic.logs import day_column, named, numbered, person_ids, whole_numbers
from plainscore.synthetic.people import GENDERS, LIFE_EVENTS, REGIONS, onsets
from plainscore.synthetic.rows import NONE, Columns, Month
from plainscore.synthetic.world import World

TROUBLE_DAYS: Final = 30
_OUTLOOK_DAYS: Final = 90
_PERSONS_AT_ONCE: Final = 100_000


@dataclass(frozen=True)
class Troubles(Columns):
    """Bills that became 30 or more days late, shape (bills,); `days_late` NONE: never paid."""

    person: Ints
    bill: Ints
    bill_type: Ints
    due_day: Ints
    days_late: Ints


@dataclass(frozen=True)
class Outcomes:
    """How all bills due within the world's days end, even where the end lies after its last day.

    Attributes
    ----------
    instalments, late_instalments
        Counts of all instalments and of those paid after their due date.
    had_bill, had_trouble
        Who had any bill due in the last 90 days of the world, and who any that became 30 or more
        days late; of shape (people,).
    troubles
        All bills that became 30 or more days late.
    """

    instalments: int
    late_instalments: int
    had_bill: Flags
    had_trouble: Flags
    troubles: Troubles

    @property
    def unpaid_instalments(self) -> int:
        """The number of instalments that are never paid."""
        is_instalment = self.troubles.bill_type == INSTALMENT
        return int((is_instalment & (self.troubles.days_late == NONE)).sum())


def find_outcomes(world: World) -> Outcomes:
    """Go through all bills of a world and see how they end."""
    people, last_day = world.population.count, world.settings.last_day
    had_bill, had_trouble = np.zeros((2, people), dtype=bool)
    instalments = late = 0
    troubles: list[Troubles] = []
    for first in range(0, people, _PERSONS_AT_ONCE):
        persons = np.arange(first, min(first + _PERSONS_AT_ONCE, people))
        for month in world.settings.months:
            bills = bills_of_month(world, persons, month)
            bills = bills.take((bills.due_day <= last_day) & (bills.cents > 0))
            had_bill[bills.person[bills.due_day > last_day - _OUTLOOK_DAYS]] = True
            is_instalment = bills.bill_type == INSTALMENT
            instalments += int(is_instalment.sum())
            late += int((is_instalment & (bills.settled_day > bills.due_day)).sum())
            troubles.append(_troubles(bills, month))
    found = Troubles.join(troubles)
    had_trouble[found.person[found.due_day > last_day - _OUTLOOK_DAYS]] = True
    return Outcomes(instalments, late, had_bill, had_trouble, found)


def _troubles(bills: Bills, month: Month) -> Troubles:
    unpaid = bills.settled_day == NONE
    days_late = np.where(unpaid, NONE, bills.settled_day - bills.due_day)
    every = Troubles(
        bills.person, bill_event(bills, month, 0), bills.bill_type, bills.due_day, days_late
    )
    return every.take(unpaid | (days_late >= TROUBLE_DAYS))


def write_truth(
    folder: Path, world: World, troubles: Troubles, delivered: Mapping[tuple[str, str], int]
) -> None:
    """Write one parquet file per kind of label.

    Parameters
    ----------
    delivered
        What was delivered: rows by log and mark.
    """
    tables = {
        "person": _person_table(world),
        "life_event": _life_event_table(world),
        "attack": _attack_table(world),
        "attack_tie": _attack_tie_table(world),
        "troubled_bill": _troubled_bill_table(world, troubles),
        "delivery": _delivery_table(delivered),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet", compression="snappy", statistics=False)


def _ids(world: World, persons: Ints) -> pl.Series:
    return person_ids(persons, world.population.count)


def _person_table(world: World) -> pl.DataFrame:
    """One row per person: latent traits (mean 0, deviation 1000) and audit attributes."""
    people = world.population
    return pl.DataFrame(
        {
            "person_id": _ids(world, people.everyone),
            "reliability": people.reliability,
            "capacity": people.capacity,
            "activity": people.activity,
            "sociability": people.sociability,
            "is_thin": people.is_thin,
            "is_fake": people.operator >= 0,
            "opened": day_column(people.opened_day),
            "region": named(REGIONS)(people.region),
            "gender": named(GENDERS)(people.gender),
            "birth_year": whole_numbers(people.birth_year),
        }
    )


def _life_event_table(world: World) -> pl.DataFrame:
    """One row per life event within the world's months."""
    persons = world.population.everyone
    found = []
    for month in world.settings.months:
        began = onsets(world.dice, persons, month)
        some = np.flatnonzero(began.kind >= 0)
        found.append(
            pl.DataFrame(
                {
                    "person_id": _ids(world, some),
                    "kind": named(LIFE_EVENTS)(began.kind[some]),
                    "day": day_column(began.day[some]),
                    "months": began.months[some],
                }
            )
        )
    return pl.concat(found)


def _attack_table(world: World) -> pl.DataFrame:
    """One row per part played in an attack."""
    planted = world.attacks
    return pl.DataFrame(
        {
            "attack": planted.attack,
            "kind": named(ATTACK_KINDS)(planted.kind),
            "role": named(ROLES)(planted.role),
            "person_id": _ids(world, planted.person),
            "first_day": day_column(planted.first_day),
        }
    )


def _attack_tie_table(world: World) -> pl.DataFrame:
    """One row per tie that an attack added."""
    ties = world.ties.take(world.ties.attack >= 0)
    return pl.DataFrame(
        {
            "attack": ties.attack,
            "person_id": _ids(world, ties.low),
            "friend_id": _ids(world, ties.high),
            "added": day_column(ties.added_day),
        }
    )


def _troubled_bill_table(world: World, troubles: Troubles) -> pl.DataFrame:
    """One row per bill that became 30 or more days late; days_late is null if never paid."""
    return pl.DataFrame(
        {
            "person_id": _ids(world, troubles.person),
            "bill_id": numbered("b")(troubles.bill),
            "bill_type": named(BILL_TYPES)(troubles.bill_type),
            "due_date": day_column(troubles.due_day),
            "days_late": whole_numbers(troubles.days_late),
        }
    )


def _delivery_table(delivered: Mapping[tuple[str, str], int]) -> pl.DataFrame:
    """One row per log and what its delivered rows were counted as."""
    counts = sorted((log, what, number) for (log, what), number in delivered.items() if number)
    return pl.DataFrame(counts, schema={"log": str, "what": str, "rows": pl.Int64}, orient="row")
