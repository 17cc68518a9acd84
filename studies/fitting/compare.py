"""Two ways to score the same people, side by side: separation, swap set, reasons."""

import numpy as np

from studies.fitting.samples import Flags, Floats, Ints
from studies.quality.separation import Separation, separation


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
