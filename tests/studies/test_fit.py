"""A fitted card is monotone, adds up, and is what scikit-learn finds where nothing binds it."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from plainscore.analysis import fit
from plainscore.analysis.fit import (
    FeatureBins,
    binned,
    edge_between,
    fine_bins,
    fit_bins,
    fit_logistic,
    log_odds_of,
    whole_points,
)
from plainscore.analysis.fit_people import Floats, People
from plainscore.analysis.fit_report import separation_of, unconstrained_log_odds
from plainscore.analysis.network import draw
from tests.studies.people import people_with

EVIDENCE = st.lists(st.floats(-3, 3), min_size=1, max_size=6, unique=True)


def auc_of(ranks: Any, good: Any, bad: Any) -> float:
    auc = separation_of(ranks, good, bad).auc
    assert auc is not None, "good and bad people"
    return auc


def _uniform(what_for: str, count: int) -> Floats:
    return np.asarray(draw(what_for, np.arange(count, dtype=np.int64)) / 2.0**64)


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """4,000 people: risk falls with ``saved``, rises with ``late``, and ``noise`` says nothing."""
    count = 4_000
    saved, noise = _uniform("saved", count), _uniform("noise", count)
    late = np.floor(_uniform("late", count) * 5)
    is_bad = _uniform("bad", count) < 1 / (1 + np.exp(1 + 2 * saved - 0.4 * late))
    echo = np.where(_uniform("gap", count) < 0.2, np.nan, saved + 0.3 * noise)
    return {"saved": saved, "late": late, "echo": echo, "noise": noise, "is_bad": is_bad}


@pytest.fixture(scope="module")
def sample(values: dict[str, Any]) -> People:
    return people_with(values)


def _bins(people: People) -> list[FeatureBins]:
    return [fit_bins(name, people, None) for name in ("saved", "late", "echo", "noise")]


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
    bins = fine_bins(people_with({"value": values, "is_bad": is_bad}).counts("value"))
    assert sum(one.bad for one in bins) == is_bad.sum()
    assert sum(one.good for one in bins) == (~is_bad).sum()
    assert [one.at_least for one in bins] == sorted({one.at_least for one in bins})


def test_evidence_goes_one_way_and_noise_has_none(sample: People) -> None:
    bins = {one.name: one for one in _bins(sample)}
    assert bins["saved"].direction == "up"
    assert bins["late"].direction == "down"
    saved, late = (list(bins[name].evidence[:-1]) for name in ("saved", "late"))
    assert saved == sorted(saved)
    assert late == sorted(late, reverse=True)
    assert len(bins["saved"].edges) > 1
    assert bins["noise"].evidence_direction == "none"
    assert bins["noise"].evidence == (0, 0)


def test_evidence_against_the_cards_direction_earns_nothing(sample: People) -> None:
    against = fit_bins("late", sample, "up")
    assert (against.direction, against.evidence_direction) == ("up", "down")
    assert against.evidence == (0, 0)


def test_no_value_is_worth_what_it_is_unless_a_person_can_withhold_it(
    values: dict[str, Any],
) -> None:
    """Here everyone without a value is good."""
    hidden = np.where(values["is_bad"], values["saved"], np.nan)
    hidden[:2_000] = values["saved"][:2_000]
    people = people_with({"saved": hidden, "is_bad": values["is_bad"]})
    free = fit_bins("saved", people, None)
    capped = fit_bins("saved", people, None, can_be_withheld=True)
    assert free.evidence[-1] > max(free.evidence[:-1])
    assert capped.evidence[-1] == max(capped.evidence[:-1])
    assert free.evidence[:-1] == capped.evidence[:-1]
    points = whole_points([free], [1.0], 600)["saved"]
    assert points[-1] == 600 > max(points[:-1])


def test_where_no_coefficient_is_bound_they_are_those_of_scikit_learn(sample: People) -> None:
    bins = _bins(sample)
    people, evidence = binned(sample, bins), [one.evidence for one in bins]
    ours = fit_logistic(evidence, people)
    design = np.column_stack(
        [np.array(of)[people.numbers[:, no]] for no, of in enumerate(evidence)]
    )
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(
        np.tile(design, (2, 1)),
        np.repeat([True, False], len(design)),
        np.concatenate((people.good, people.bad)),
    )
    assert (ours >= 0).all()
    assert ours == pytest.approx(theirs.coef_[0], abs=1e-4)


def test_many_rows_are_fitted_as_few_are(sample: People, monkeypatch: pytest.MonkeyPatch) -> None:
    bins = _bins(sample)
    people, evidence = binned(sample, bins), [one.evidence for one in bins]
    whole = fit_logistic(evidence, people)
    monkeypatch.setattr(fit, "ROWS_AT_ONCE", 7)
    assert fit_logistic(evidence, people) == pytest.approx(whole, abs=2e-6)


def test_a_coefficient_that_would_be_negative_is_none(sample: People) -> None:
    bins = _bins(sample)[:1]
    evidence = [list(bins[0].evidence), [-0.9 * one for one in bins[0].evidence]]
    people = binned(sample, [bins[0], bins[0]])
    fitted = fit_logistic(evidence, people)
    alone = fit_logistic(evidence[:1], binned(sample, bins))
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
            (*sorted(evidence), missing),
        )
        for no, (evidence, missing, _) in enumerate(drawn)
    ]  # fmt: skip
    points = whole_points(features, [coefficient for _, _, coefficient in drawn], 600)
    if any(len(set(one.evidence)) > 1 for one in features):
        assert sum(map(max, points.values())) == 600
    for *bins, missing in points.values():
        assert bins == sorted(bins)
        assert min(bins[0], missing) >= 0


def test_whole_points_rank_nearly_as_the_model_before_rounding(sample: People) -> None:
    bins = _bins(sample)
    people, evidence = binned(sample, bins), [one.evidence for one in bins]
    fitted = fit_logistic(evidence, people)
    points = whole_points(bins, fitted.tolist(), 600)
    total = np.sum(
        [np.array(points[one.name])[people.numbers[:, no]] for no, one in enumerate(bins)], axis=0
    )
    of_people = people.good, people.bad
    before = auc_of(log_odds_of(evidence, people, fitted), *of_people)
    free, _ = unconstrained_log_odds(bins, people, people)
    assert free is not None
    assert abs(auc_of(total, *of_people) - before) < 0.002
    assert abs(auc_of(free, *of_people) - before) < 0.01
