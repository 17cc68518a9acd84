"""A fitted card is monotone, adds up, and is what scikit-learn finds where nothing binds it."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from plainscore.analysis.fit import (
    FeatureBins,
    Floats,
    Sample,
    edge_between,
    evidence_of,
    fine_bins,
    fit_bins,
    fit_logistic,
    whole_points,
)
from plainscore.analysis.fit_report import separation_of, unconstrained_log_odds
from plainscore.analysis.network import draw

EVIDENCE = st.lists(st.floats(-3, 3), min_size=1, max_size=6, unique=True)


def auc_of(ranks: Any, is_bad: Any) -> float:
    auc = separation_of(ranks, is_bad).auc
    assert auc is not None, "good and bad people"
    return auc


def _uniform(what_for: str, count: int) -> Floats:
    return np.asarray(draw(what_for, np.arange(count, dtype=np.int64)) / 2.0**64)


@pytest.fixture(scope="module")
def sample() -> Sample:
    """4,000 people: risk falls with ``saved``, rises with ``late``, and ``noise`` says nothing."""
    count = 4_000
    saved, noise = _uniform("saved", count), _uniform("noise", count)
    late = np.floor(_uniform("late", count) * 5)
    is_bad = _uniform("bad", count) < 1 / (1 + np.exp(1 + 2 * saved - 0.4 * late))
    echo = np.where(_uniform("gap", count) < 0.2, np.nan, saved + 0.3 * noise)
    return Sample({"saved": saved, "late": late, "echo": echo, "noise": noise}, is_bad)


def _bins(sample: Sample) -> list[FeatureBins]:
    return [fit_bins(name, sample, None) for name in sample.values]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_an_edge_lies_above_the_lower_value_and_not_above_the_upper(a: float, b: float) -> None:
    below, value = sorted((a, b))
    if below < value:
        assert below < float(edge_between(below, value)) <= value


def test_an_edge_has_as_few_digits_as_will_do() -> None:
    assert [edge_between(*pair) for pair in ((0.9655, 0.9677), (0, 7), (3, 4), (0, 0.0001))] == [
        Decimal("0.967"), Decimal(7), Decimal(4), Decimal("0.0001")
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=60))
def test_fine_bins_count_every_known_person_once(people: list[tuple[int, bool]]) -> None:
    values = np.array([float(value) for value, _ in people])
    is_bad = np.array([bad for _, bad in people])
    bins = fine_bins(values, is_bad)
    assert sum(one.bad for one in bins) == is_bad.sum()
    assert sum(one.good for one in bins) == (~is_bad).sum()
    assert [one.at_least for one in bins] == sorted({one.at_least for one in bins})


def test_evidence_goes_one_way_and_noise_has_none(sample: Sample) -> None:
    bins = {one.name: one for one in _bins(sample)}
    assert bins["saved"].direction == "up"
    assert bins["late"].direction == "down"
    saved, late = (list(bins[name].evidence[:-1]) for name in ("saved", "late"))
    assert saved == sorted(saved)
    assert late == sorted(late, reverse=True)
    assert len(bins["saved"].edges) > 1
    assert bins["noise"].evidence_direction == "none"
    assert bins["noise"].evidence == (0, 0)


def test_evidence_against_the_cards_direction_earns_nothing(sample: Sample) -> None:
    against = fit_bins("late", sample, "up")
    assert (against.direction, against.evidence_direction) == ("up", "down")
    assert against.evidence == (0, 0)


def test_no_value_is_worth_less_than_the_worst_and_missing_no_more_than_the_best(
    sample: Sample,
) -> None:
    hidden = np.where(sample.is_bad, sample.values["saved"], np.nan)
    found = fit_bins("saved", Sample({"saved": hidden}, sample.is_bad), None)
    assert found.evidence[-1] <= max(found.evidence[:-1])


def test_where_no_coefficient_is_bound_they_are_those_of_scikit_learn(sample: Sample) -> None:
    bins = _bins(sample)
    evidence = evidence_of(bins, sample)
    ours = fit_logistic(evidence, sample.is_bad)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(evidence, ~sample.is_bad)
    assert (ours >= 0).all()
    assert ours == pytest.approx(theirs.coef_[0], abs=1e-4)


def test_a_coefficient_that_would_be_negative_is_none(sample: Sample) -> None:
    saved = sample.values["saved"]
    evidence = np.column_stack([saved, -saved + 0.1 * sample.values["noise"]])
    fitted = fit_logistic(evidence, sample.is_bad)
    alone = fit_logistic(evidence[:, :1], sample.is_bad)
    assert fitted[1] == 0
    assert fitted[0] == pytest.approx(alone[0], abs=1e-5)


@example([([4.9e-307], 0.0, 1.0)])
@given(st.lists(st.tuples(EVIDENCE, st.floats(-3, 3), st.floats(0.01, 2)), min_size=1, max_size=8))
def test_points_fill_the_cap_and_follow_the_evidence(
    drawn: list[tuple[list[float], float, float]],
) -> None:
    features = [
        FeatureBins(
            str(no), "up", "up", tuple(map(Decimal, range(len(evidence)))),
            (*sorted(evidence), min(missing, max(evidence))),
        )
        for no, (evidence, missing, _) in enumerate(drawn)
    ]  # fmt: skip
    points = whole_points(features, [coefficient for _, _, coefficient in drawn], 600)
    if any(len(set(one.evidence)) > 1 for one in features):
        assert sum(map(max, points.values())) == 600
    for *bins, missing in points.values():
        assert bins == sorted(bins)
        assert bins[0] >= 0
        assert 0 <= missing <= bins[-1]


def test_whole_points_rank_nearly_as_the_model_before_rounding(sample: Sample) -> None:
    bins = _bins(sample)
    evidence = evidence_of(bins, sample)
    fitted = fit_logistic(evidence, sample.is_bad)
    points = whole_points(bins, fitted.tolist(), 600)
    total = np.sum([one.points(points[one.name], sample) for one in bins], axis=0)
    before = auc_of(evidence @ fitted, sample.is_bad)
    free = unconstrained_log_odds(bins, sample, sample)
    assert free is not None
    assert abs(auc_of(total, sample.is_bad) - before) < 0.002
    assert abs(auc_of(free, sample.is_bad) - before) < 0.01
