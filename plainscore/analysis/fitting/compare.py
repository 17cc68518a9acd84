"""Two cards on the same people: how well each separates, whom they swap, which reasons change."""

from collections.abc import Iterator, Mapping

import numpy as np

from plainscore.analysis.fitting.samples import Flags, Floats, Ints
from plainscore.analysis.quality.separation import Separation, separation
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reasons import REASON_COUNT

Row = tuple[str | int | float | None, ...]


def separation_of(scores: Ints | Floats, is_bad: Flags) -> Separation:
    """Return how well scores of any kind tell the good, who should have more, from the bad."""
    distinct, place = np.unique(scores, return_inverse=True)
    bad = np.bincount(place[is_bad], minlength=len(distinct)).tolist()
    good = np.bincount(place[~is_bad], minlength=len(distinct)).tolist()
    return separation([(no, *counts) for no, counts in enumerate(zip(good, bad, strict=True))])


def auc_of(scores: Ints | Floats, is_bad: Flags) -> float:
    """Return the AUC alone; both good and bad people are needed."""
    auc = separation_of(scores, is_bad).auc
    assert auc is not None, "good and bad people"
    return auc


def swap_rows(
    cards: tuple[Scorecard, Scorecard], scores: tuple[Ints, Ints], is_bad: Flags
) -> Iterator[Row]:
    """Yield, for each band's gate, who passes it on which card, and how many of them are bad.

    Rows: band, its gate on either card, then who passes on ("both", "first", "second", "neither"),
    people, bad, share of bad.
    """
    for first, second in zip(cards[0].bands[1:], cards[1].bands[1:], strict=True):
        on_first, on_second = scores[0] >= first.at_least, scores[1] >= second.at_least
        for name, who in (
            ("both", on_first & on_second),
            (f"{cards[0].name} only", on_first & ~on_second),
            (f"{cards[1].name} only", ~on_first & on_second),
            ("neither", ~on_first & ~on_second),
        ):
            people, bad = int(np.count_nonzero(who)), int(np.count_nonzero(who & is_bad))
            share = round(bad / people, 4) if people else None
            yield first.name, first.at_least, second.at_least, name, people, bad, share


def reason_places(card: Scorecard, points: Mapping[str, Ints]) -> Ints:
    """Return each person's reasons in order: places of features on the card from 1, 0 for none.

    As plainscore.scorecards.reasons has them: by points lost, ties in the order of the card.
    """
    lost = np.column_stack([f.max_points - points[f.name] for f in card.features])
    order = np.argsort(-lost, axis=1, kind="stable")[:, :REASON_COUNT]
    return np.where(np.take_along_axis(lost, order, axis=1) > 0, order + 1, 0)


def reason_rows(card: Scorecard, first: Ints, second: Ints) -> Iterator[Row]:
    """Yield feature, people who have it as a reason on the first and on the second card."""
    for place, feature in enumerate(card.features, start=1):
        counts = [int((reasons == place).any(axis=1).sum()) for reasons in (first, second)]
        if any(counts):
            yield feature.name, *counts, counts[1] - counts[0]


def changed_reasons(first: Ints, second: Ints) -> tuple[int, int]:
    """Return how many people have another set of reasons, and another first reason."""
    is_other_set = (np.sort(first, axis=1) != np.sort(second, axis=1)).any(axis=1)
    return int(is_other_set.sum()), int((first[:, 0] != second[:, 0]).sum())
