"""A world before anything happens in it: what was asked for, people, ties and attacks."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from plainscore.synthetic.chance import Dice, Flags, Ints, SmallInts
from plainscore.synthetic.people import Population, are_dormant, populate
from plainscore.synthetic.planted import (
    attack_ties,
    burst_ties,
    enlist_fakes,
    plan_attacks,
    plan_bursts,
)
from plainscore.synthetic.rows import SECONDS_PER_DAY, Month, Rows, day_number, stack
from plainscore.synthetic.shape import USUAL, Shape
from plainscore.synthetic.ties import Neighbourhoods, join_ties, make_ties, see_from_both_ends

FileFormat = Literal["parquet", "ndjson", "ndjson.gz", "csv", "csv.gz", "mixed"]
Arrivals = Literal["daily", "monthly"]


class WorldError(Exception):
    """The world cannot be made as requested; the message says what to change.

    `exit_code` is 2 for an invalid request, 4 where another process writes to the landing folder
    and 5 for a landing folder that holds something else.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class WorldSettings:
    """Everything that decides a world's rows, and `landing`, the folder that gets them.

    `first` and `last` are arrival days: the world continues unseen after `last`, so a later one
    adds days and changes none. `file_format` "mixed": each log and month in another one. Arrivals
    "monthly": a month's rows arrive together on its last day. `is_region_causal`: two regions are
    poorer and pay worse; otherwise no audit attribute has any causal role. `shape`: how people pay
    and buy.
    """

    people: int
    first: date
    last: date
    seed: int
    landing: Path
    file_format: FileFormat = "parquet"
    arrivals: Arrivals = "daily"
    is_region_causal: bool = False
    shape: Shape = USUAL

    def __post_init__(self) -> None:
        if not 1 <= self.people <= 10_000_000:
            raise WorldError(f"--people {self.people}: choose 1 to 10,000,000")
        if self.last < self.first:
            raise WorldError(f"--to {self.last} lies before --from {self.first}")
        if self.first.year < 2000 or self.last.year > 2099:
            raise WorldError("a world lies within the years 2000 to 2099")
        if self.seed < 0:
            raise WorldError(f"--seed {self.seed}: choose 0 or more")
        if self.file_format not in get_args(FileFormat):
            raise WorldError(f"no such file format: {self.file_format}")
        if self.arrivals == "monthly" and Month.of(self.last).last_day != day_number(self.last):
            raise WorldError(f"--to {self.last}: monthly arrivals end with a month's last day")

    @property
    def first_day(self) -> int:
        return day_number(self.first)

    @property
    def last_day(self) -> int:
        return day_number(self.last)

    @property
    def months(self) -> list[Month]:
        numbers = range(Month.of(self.first).number, Month.of(self.last).number + 1)
        return [Month(number) for number in numbers]

    def recorded(self) -> dict[str, str | int | bool]:
        """Return the settings that decide rows, as they are kept in `_truth/world.json`."""
        kept = {name: value for name, value in asdict(self).items() if name != "landing"}
        return kept | {"first": self.first.isoformat(), "last": self.last.isoformat()}


@dataclass(frozen=True)
class World:
    """The lasting part of a world; the logs add what happens month by month."""

    settings: WorldSettings
    dice: Dice
    population: Population
    ties: Rows
    neighbourhoods: Neighbourhoods
    attacks: Rows
    bursts: Rows

    def are_dormant(self, persons: Ints, month: Month) -> Flags:
        """Return who is in a pause from all shopping in `month`."""
        share = self.settings.shape.dormant
        return are_dormant(self.dice, self.population, persons, month, share)

    def has_account(self, persons: Ints, day: Ints, days: int = 0) -> Flags:
        """Return where the world has begun and the account has been open for so many days."""
        opened = self.population.opened_day[persons] + days
        return np.asarray(day >= np.maximum(opened, self.settings.first_day))

    def with_account(self, rows: Rows, days: int = 0) -> Rows:
        """Return the events of which `has_account` is true."""
        return rows.take(self.has_account(rows["person"], rows["time"] // SECONDS_PER_DAY, days))

    def is_reported_in(self, month: Month, day: Ints | SmallInts) -> Flags:
        """Return where a lasting fact of that day (an account, a tie) is an event of `month`.

        The first month also reports all facts that are older than the world.
        """
        is_past = day <= month.last_day
        if month.first_day <= self.settings.first_day:
            return np.asarray(is_past)
        return np.asarray(is_past & (day >= month.first_day))


def build_world(settings: WorldSettings) -> World:
    """Make people, attacks, bursts and ties."""
    dice, first_day = Dice(settings.seed), settings.first_day
    population = populate(
        dice,
        settings.people,
        first_day,
        thin_ppm=settings.shape.thin,
        is_region_causal=settings.is_region_causal,
    )
    attacks = plan_attacks(dice, population, first_day)
    population = enlist_fakes(population, attacks)
    bursts = plan_bursts(dice, population, attacks, first_day)
    met = burst_ties(dice, population, bursts, settings.shape.class_outside)
    planted = stack([attack_ties(dice, population, attacks), met])
    ties = join_ties(make_ties(dice, population), planted)
    around = see_from_both_ends(ties, population.count)
    return World(settings, dice, population, ties, around, attacks, bursts)
