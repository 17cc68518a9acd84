"""Gates of a fitted card: where the same share of people passes as on the card it replaces."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from plainscore.analysis.fitting.samples import Ints
from plainscore.scorecards.card import Band, Scorecard


def same_share_gates(
    gates: Sequence[int], before: Ints, after: Ints, highest: int
) -> dict[int, int]:
    """Return gate -> the lowest score after that lets no more people pass than the gate did.

    Higher gates stay above lower ones, and none passes ``highest``.
    """
    descending = np.sort(after)[::-1]
    placed: dict[int, int] = {}
    last = -math.inf
    for gate in sorted(set(gates)):
        passing = int(np.count_nonzero(before >= gate))
        at_least = int(descending[passing]) + 1 if passing < len(after) else int(descending[-1])
        last = max(at_least, last + 1)
        placed[gate] = int(last)
    # The highest gates have to leave room for each other below the end of the scale.
    for room, gate in enumerate(sorted(placed, reverse=True)):
        placed[gate] = min(placed[gate], highest - room)
    return placed


def with_gates(card: Scorecard, before: Ints, after: Ints) -> Scorecard:
    """Return the card with its bands and benefits at the gates that keep the shares."""
    inner = [band.at_least for band in card.bands[1:]]
    wanted = [*inner, *(benefit.min_score for benefit in card.benefits)]
    placed = same_share_gates(wanted, before, after, card.max_score)
    starts = [card.bands[0].at_least, *(placed[gate] for gate in inner)]
    ends = [above - 1 for _, above in pairwise(starts)] + [card.max_score]
    bands = tuple(
        Band(band.name, start, end)
        for band, start, end in zip(card.bands, starts, ends, strict=True)
    )
    benefits = tuple(replace(one, min_score=placed[one.min_score]) for one in card.benefits)
    return replace(card, bands=bands, benefits=benefits)
