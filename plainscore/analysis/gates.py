"""Where the bands, benefits and reasons of a fitted card begin: by risk, or by share of people.

The odds of a score, good people to a bad one, double with every so many points: that is a logistic
model of being good with the score alone, fitted to the people the card was fitted to.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from plainscore.analysis.fit_people import BinnedPeople, Flags, Ints
from plainscore.analysis.logistic import ANY_WEIGHT, logistic_weights
from plainscore.common.errors import InputRefused
from plainscore.scorecards.card import Band, PointsToOdds, Scorecard

LEAST_SLOPE = 0.001
"""Of log odds over all scores there are: below it they do not follow the points."""

NEARLY_NONE = 1e-9
"""A penalty that keeps the slope finite where a score parts all good people from the bad."""


def points_to_odds(scores: Ints, is_bad: Flags) -> PointsToOdds | None:
    """Return the odds at the mean score, and the points that double them.

    None where more points do not mean better odds.
    """
    distinct, place = np.unique(scores, return_inverse=True)
    good, bad = (np.bincount(place[rows], minlength=len(distinct)) for rows in (~is_bad, is_bad))
    at_score = int(scores.sum()) // len(scores)
    spread = max(1, int(np.abs(distinct - at_score).max()))
    numbers = np.arange(len(distinct))[:, None]
    design = ((distinct - at_score) / spread)[:, None]
    people = BinnedPeople(numbers, good, bad)
    level, slope = logistic_weights([design], people, [ANY_WEIGHT, 0], NEARLY_NONE).tolist()
    if slope < LEAST_SLOPE:
        return None
    return PointsToOdds.rounded(at_score, math.exp(level), math.log(2) * spread / slope)


def gates_of(card: Scorecard) -> list[int]:
    """Return every score at which something of a card begins, ascending, but the lowest band."""
    of_reasons = [] if card.reasons.gate is None else [card.reasons.gate]
    of_bands = [band.at_least for band in card.bands[1:]]
    return sorted({*of_bands, *of_reasons, *(one.min_score for one in card.benefits)})


def gates_by_share(card: Scorecard, before: Ints, after: Ints) -> dict[int, int]:
    """Return gate -> the score that lets as many pass as before, or just fewer.

    ``before``, ``after``: scores of the same people on the old card and on the new one, ``card``,
    which still has the old gates.
    """
    descending = np.sort(after)[::-1]
    placed: dict[int, int] = {}
    last = int(descending[-1]) - 1
    for gate in gates_of(card):
        # The lowest score after that lets no more people pass, above that of a lower gate.
        passing = int(np.count_nonzero(before >= gate))
        at_least = int(descending[passing]) + 1 if passing < len(after) else int(descending[-1])
        placed[gate] = last = max(at_least, last + 1)
    # The highest gates leave room for each other below the end of the scale.
    for room, gate in enumerate(sorted(placed, reverse=True)):
        placed[gate] = min(placed[gate], card.max_score - room)
    return placed


def gates_by_risk(card: Scorecard, before: PointsToOdds, after: PointsToOdds) -> dict[int, int]:
    """Return gate -> the lowest score whose odds are at least those of the gate before.

    A gate beyond the end of the scale is the end.
    """
    ends = card.base, card.max_score
    return {
        gate: int(np.clip(math.ceil(after.score_of(before.doublings(gate)) - 1e-6), *ends))
        for gate in gates_of(card)
    }


def with_gates(card: Scorecard, placed: Mapping[int, int], scores: Ints, how: str) -> Scorecard:
    """Return the card with bands, benefits and gate of reasons at other scores.

    ``scores``: of the people it was fitted to. Raises InputRefused where a band has none of them;
    ``how`` says by what its gate was placed.
    """
    inner = [placed[band.at_least] for band in card.bands[1:]]
    starts = [card.bands[0].at_least, *inner]
    ends = [above - 1 for _, above in pairwise(starts)] + [card.max_score]
    bands = tuple(
        Band(band.name, start, end)
        for band, start, end in zip(card.bands, starts, ends, strict=True)
    )
    for band in bands:
        if not np.count_nonzero((scores >= band.at_least) & (scores <= band.at_most)):
            raise InputRefused(
                f"the band '{band.name}' would be empty: gates by {how} put it at {band.at_least} "
                f"to {band.at_most}, where none of {len(scores):,} people is; write fewer bands in "
                "the card, or place gates the other way (--gates risk, --gates share)"
            )
    benefits = tuple(replace(one, min_score=placed[one.min_score]) for one in card.benefits)
    gate = None if card.reasons.gate is None else placed[card.reasons.gate]
    reasons = replace(card.reasons, gate=gate)
    return replace(card, bands=bands, benefits=benefits, reasons=reasons)
