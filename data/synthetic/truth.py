"""The truth about a world, in landing/_truth/: what the pipeline never reads and an audit may.

Labels: people, life events, attacks, how bills really end, and what delivery did to the rows.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from plainscore.synthetic.accounts import INCOME_KINDS, income_kinds
from plainscore.synthetic.bills import BILL_TYPES, bills_of_month
from plainscore.synthetic.bills import EVENT_TYPES as PAYMENT_EVENTS
from plainscore.synthetic.chance import Ints
from plainscore.synthetic.delivery import (
    LATE,
    MARK_NAMES,
    PERSON,
    Values,
    Writer,
    days,
    named,
    numbered,
    table_of,
    whole_numbers,
)
from plainscore.synthetic.people import GENDERS, LIFE_EVENTS, REGIONS, onsets
from plainscore.synthetic.planted import ATTACK_KINDS, BURST_KINDS, BURST_ROLES, ROLES
from plainscore.synthetic.rows import NONE, Rows, stack
from plainscore.synthetic.world import World

TROUBLE_DAYS: Final = 30
_PERSONS_AT_ONCE: Final = 100_000
Counts = Counter[tuple[str, str]]
"""By log and what of it is counted."""


def find_troubles(world: World) -> Rows:
    """Return all bills due within the world's days that became 30 or more days late.

    Even where the end lies after its last day. ``days_late`` is NONE if a bill is never paid.
    """
    everyone, last_day = world.population.everyone, world.settings.last_day
    troubles: list[Rows] = []
    for persons in np.split(everyone, range(_PERSONS_AT_ONCE, len(everyone), _PERSONS_AT_ONCE)):
        for month in world.settings.months:
            bills = bills_of_month(world, persons, month)
            bills = bills.take((bills["due"] <= last_day) & (bills["cents"] > 0))
            is_unpaid = bills["settled"] == NONE
            days_late = np.where(is_unpaid, NONE, bills["settled"] - bills["due"])
            is_trouble = is_unpaid | (days_late >= TROUBLE_DAYS)
            troubles.append(bills.replaced(days_late=days_late).take(is_trouble))
    return stack(troubles)


def write_truth(folder: Path, world: World, troubles: Rows, counts: Counts) -> None:
    """Write one parquet file per kind of label; ``counts``: of all delivered rows."""
    people, attacks, bursts = world.population, world.attacks, world.bursts
    every_month = (onsets(world.dice, people.everyone, month) for month in world.settings.months)
    began = stack([found.take(found["kind"] >= 0) for found in every_month])
    planted = world.ties.take(world.ties["attack"] >= 0)
    latent = ("reliability", "capacity", "activity", "sociability", "is_thin")
    tables: dict[str, dict[str, tuple[Values, Writer | None]]] = {
        # One row per person: latent traits (mean 0, deviation 1000) and audit attributes.
        "person": {
            "person_id": (people.everyone, PERSON),
            **{name: (getattr(people, name), None) for name in latent},
            "is_fake": (people.operator >= 0, None),
            "income": (income_kinds(world, people.everyone), named(INCOME_KINDS)),
            "opened": (people.opened_day, days),
            "region": (people.region, named(REGIONS)),
            "gender": (people.gender, named(GENDERS)),
            "birth_year": (people.birth_year, whole_numbers),
        },
        # One row per life event within the world's months.
        "life_event": {
            "person_id": (began["person"], PERSON),
            "kind": (began["kind"], named(LIFE_EVENTS)),
            "day": (began["day"], days),
            "months": (began["months"], None),
        },
        # One row per part played in an attack.
        "attack": {
            "attack": (attacks["attack"], None),
            "kind": (attacks["kind"], named(ATTACK_KINDS)),
            "role": (attacks["role"], named(ROLES)),
            "person_id": (attacks["person"], PERSON),
            "first_day": (attacks["first_day"], days),
        },
        # One row per tie that an attack added.
        "attack_tie": {
            "attack": (planted["attack"], None),
            "person_id": (planted["low"], PERSON),
            "friend_id": (planted["high"], PERSON),
            "added": (planted["added"], days),
        },
        # One row per person in an innocent burst of ties.
        "burst": {
            "burst": (bursts["burst"], None),
            "kind": (bursts["kind"], named(BURST_KINDS)),
            "role": (bursts["role"], named(BURST_ROLES)),
            "person_id": (bursts["person"], PERSON),
            "first_day": (bursts["first_day"], days),
        },
        # One row per bill that became 30 or more days late; days_late is null if never paid.
        "troubled_bill": {
            "person_id": (troubles["person"], PERSON),
            "bill_id": (troubles["bill"], numbered("b")),
            "bill_type": (troubles["bill_type"], named(BILL_TYPES)),
            "due_date": (troubles["due"], days),
            "days_late": (troubles["days_late"], whole_numbers),
        },
    }
    written = {name: table_of(columns) for name, columns in tables.items()}
    # One row per log and what its delivered rows were counted as.
    delivered = sorted((*key, number) for key, number in counts.items())
    schema = {"log": str, "what": str, "rows": pl.Int64}
    frame = pl.DataFrame(delivered, schema=schema, orient="row")
    written["delivery"] = frame.filter(pl.col("rows") > 0)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in written.items():
        path = folder / f"{name}.parquet"
        table.write_parquet(path, compression="snappy", statistics=False)


def count_rows(log: str, rows: Rows) -> Counts:
    """Count delivered rows: all, by mark, and payments by event type."""
    found = Counts({(log, "rows"): len(rows)})

    def count(names: Sequence[str], places: Ints) -> None:
        numbers = np.bincount(places, minlength=len(names)).tolist()
        found.update({(log, name): n for name, n in zip(names, numbers, strict=True)})

    count(MARK_NAMES, rows["mark"])
    if log == "payment":
        count(PAYMENT_EVENTS, rows.take(rows["mark"] <= LATE)["kind"])
    return found
