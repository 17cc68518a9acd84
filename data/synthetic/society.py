"""All that a world's logs are written from: dice, people, ties and attacks."""

from dataclasses import dataclass

import numpy as np

from plainscore.synthetic.attacks import Attacks, attack_ties, enlist_fakes, join_ties, plan_attacks
from plainscore.synthetic.months import Month
from plainscore.synthetic.people import Population, populate
from plainscore.synthetic.randomness import Dice, Flags, Ints
from plainscore.synthetic.settings import WorldSettings
from plainscore.synthetic.ties import (
    Neighbourhoods,
    SmallInts,
    TieList,
    make_ties,
    see_from_both_ends,
)


@dataclass(frozen=True)
class Society:
    """The lasting part of a world; the logs add what happens month by month."""

    settings: WorldSettings
    dice: Dice
    population: Population
    ties: TieList
    neighbourhoods: Neighbourhoods
    attacks: Attacks

    def has_account(self, persons: Ints, day: Ints) -> Flags:
        """Return where the person's account is open on the day and the world has begun."""
        begun = self.settings.first_day
        return np.asarray(day >= np.maximum(self.population.opened_day[persons], begun))

    def is_told_in(self, month: Month, day: Ints | SmallInts) -> Flags:
        """Return where a standing fact of that day is told in `month`.

        What was so before the world begins is told of in its first month.
        """
        is_past = day <= month.last_day
        if month.first_day <= self.settings.first_day:
            return np.asarray(is_past)
        return np.asarray(is_past & (day >= month.first_day))


def found_society(settings: WorldSettings) -> Society:
    """Make people, attacks and ties."""
    dice = Dice(settings.seed)
    population = populate(dice, settings)
    attacks = plan_attacks(dice, population, settings.first_day)
    population = enlist_fakes(population, attacks)
    ties = join_ties(make_ties(dice, population), attack_ties(dice, population, attacks))
    return Society(
        settings=settings,
        dice=dice,
        population=population,
        ties=ties,
        neighbourhoods=see_from_both_ends(ties, population.count),
        attacks=attacks,
    )
