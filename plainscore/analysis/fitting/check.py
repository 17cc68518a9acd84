"""The same bins in scikit-learn's hands: what a model without our constraints would reach."""

from collections.abc import Sequence

import numpy as np

from plainscore.analysis.fitting.binning import FeatureBins
from plainscore.analysis.fitting.samples import Floats, Sample


def unconstrained_log_odds(
    features: Sequence[FeatureBins], sample: Sample, unseen: Sample
) -> Floats | None:
    """Return the log odds of unseen people by logistic regression with a free weight for every bin.

    Neither order of the bins nor signs are kept to. None where scikit-learn is not installed (the
    extra ``fit``).
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        return None
    model = LogisticRegression(max_iter=1000)
    model.fit(_indicators(features, sample), ~sample.is_bad)
    return np.asarray(model.decision_function(_indicators(features, unseen)))


def _indicators(features: Sequence[FeatureBins], sample: Sample) -> Floats:
    """Return one column of 0 and 1 for each bin of each feature, missing included."""
    columns = []
    for one in features:
        numbers = one.bin_numbers(sample.values[one.name])
        columns.append(numbers[:, None] == np.arange(len(one.edges) + 1))
    return np.concatenate(columns, axis=1).astype(np.float64)
