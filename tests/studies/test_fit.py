"""A fitted card is monotone, adds up, and is what scikit-learn finds where nothing binds it."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plainscore.analysis import fit
from plainscore.analysis.fit import (
    ANY_WEIGHT,
    FeatureBins,
    binned,
    edge_between,
    fine_bins,
    first_bins,
    fit_steps,
    fit_together,
    log_odds_of,
    logistic_weights,
    whole_points,
    without_gain_by_withholding,
)
from plainscore.analysis.fit_people import BinnedPeople, Floats, People
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


def _fitted(people: People) -> tuple[FeatureBins, ...]:
    names = ("saved", "late", "echo", "noise")
    return fit_together([first_bins(name, people, None) for name in names], people)


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


def test_risk_goes_one_way_and_noise_has_no_evidence(sample: People) -> None:
    bins = {one.name: one for one in _fitted(sample)}
    assert bins["saved"].direction == "up"
    assert bins["late"].direction == "down"
    saved, late = (list(bins[name].evidence[:-1]) for name in ("saved", "late"))
    assert saved == sorted(saved)
    assert late == sorted(late, reverse=True)
    assert 1 < len(saved) <= fit.MOST_BINS
    assert bins["noise"].evidence_direction == "none"
    assert not bins["noise"].is_fitted
    assert bins["noise"].evidence == (0, 0)


def test_evidence_against_the_cards_direction_earns_nothing(sample: People) -> None:
    (against,) = fit_together([first_bins("late", sample, "up")], sample)
    assert (against.direction, against.evidence_direction) == ("up", "down")
    assert against.evidence == (0, 0)


def test_no_value_is_worth_what_it_is_unless_a_person_can_withhold_it(
    values: dict[str, Any],
) -> None:
    """Here everyone without a value is good."""
    free = _saved_with_hidden(values, 2_000)
    capped = without_gain_by_withholding(free)
    assert free.evidence[-1] > max(free.evidence[:-1])
    assert capped.evidence[-1] == max(capped.evidence[:-1])
    assert free.evidence[:-1] == capped.evidence[:-1]
    points = whole_points([free], 600)["saved"]
    assert points[-1] == 600 > max(points[:-1])


def test_few_without_a_value_are_worth_the_mean_of_the_others(values: dict[str, Any]) -> None:
    *bins, missing = _saved_with_hidden(values, 8).evidence
    assert min(bins) < missing < max(bins)


def _saved_with_hidden(values: dict[str, Any], count: int) -> FeatureBins:
    """Fit ``saved`` to people; the good ones among the first ``count`` have no value."""
    hidden = np.where(values["is_bad"], values["saved"], np.nan)
    hidden[count:] = values["saved"][count:]
    people = people_with({"saved": hidden, "is_bad": values["is_bad"]})
    (found,) = fit_together([first_bins("saved", people, None)], people)
    return found


def test_who_has_no_missing_value_gives_it_the_mean(values: dict[str, Any]) -> None:
    people = people_with({"late": values["late"], "is_bad": values["is_bad"]})
    (late,) = fit_together([first_bins("late", people, None)], people)
    counted = np.bincount(binned(people, [late]).numbers[:, 0], weights=_everyone(people, [late]))
    assert late.evidence[-1] == pytest.approx(np.average(late.evidence[:-1], weights=counted))


def _everyone(people: People, bins: list[FeatureBins]) -> Any:
    found = binned(people, bins)
    return found.good + found.bad


def test_steps_that_nothing_binds_have_the_log_odds_of_scikit_learn(sample: People) -> None:
    """Two bins and a missing value: a step, and a weight of the missing value beside the mean."""
    edges = first_bins("echo", sample, None).edges[:2]
    bins = [FeatureBins("echo", "up", "up", edges, (0.0, 0.0, 0.0), is_missing_apart=True)]
    people = binned(sample, bins)
    (found,) = fit_steps(bins, people)
    everyone = people.good + people.bad
    share = everyone[1] / (everyone[0] + everyone[1])
    design = np.array([[0, 0], [1, 0], [share, 1]])
    theirs = _of_scikit_learn(design[people.numbers[:, 0]], people)
    assert found.evidence == pytest.approx(design @ theirs, abs=1e-5)


def _of_scikit_learn(design: Any, people: BinnedPeople) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(
        np.tile(design, (2, 1)),
        np.repeat([True, False], len(design)),
        np.concatenate((people.good, people.bad)),
    ).coef_[0]  # fmt: skip


def test_where_no_weight_is_bound_they_are_those_of_scikit_learn(sample: People) -> None:
    bins = _fitted(sample)[:3]
    people = binned(sample, bins)
    designs = [np.asarray(one.evidence)[:, None] for one in bins]
    ours = logistic_weights(designs, people, [ANY_WEIGHT, 0, 0, 0], 1)
    columns = [of[people.numbers[:, no], 0] for no, of in enumerate(designs)]
    theirs = _of_scikit_learn(np.column_stack(columns), people)
    assert (ours[1:] > 0).all()
    assert ours[1:] == pytest.approx(theirs, abs=1e-4)


def test_a_weight_that_would_be_negative_is_none(sample: People) -> None:
    bins = _fitted(sample)[:1]
    evidence = np.asarray(bins[0].evidence)[:, None]
    people = binned(sample, [bins[0], bins[0]])
    both = logistic_weights([evidence, -0.9 * evidence], people, [ANY_WEIGHT, 0, 0], 1)
    alone = logistic_weights([evidence], binned(sample, bins), [ANY_WEIGHT, 0], 1)
    assert both[2] == 0
    assert both[:2] == pytest.approx(alone, abs=1e-9)


@example([([4.9e-307], 0.0)])
@given(st.lists(st.tuples(EVIDENCE, st.floats(-3, 3)), min_size=1, max_size=8))
def test_points_fill_the_cap_and_follow_the_evidence(
    drawn: list[tuple[list[float], float]],
) -> None:
    features = [
        FeatureBins(
            str(no), "up", "up", tuple(map(Decimal, range(len(evidence)))),
            (*sorted(evidence), missing), is_missing_apart=True,
        )
        for no, (evidence, missing) in enumerate(drawn)
    ]  # fmt: skip
    points = whole_points(features, 600)
    if any(len(set(one.evidence)) > 1 for one in features):
        assert sum(map(max, points.values())) == 600
    for *bins, missing in points.values():
        assert bins == sorted(bins)
        assert min(bins[0], missing) >= 0


def test_whole_points_rank_nearly_as_the_model_before_rounding(sample: People) -> None:
    bins = _fitted(sample)
    people = binned(sample, bins)
    points = whole_points(bins, 600)
    total = np.sum(
        [np.array(points[one.name])[people.numbers[:, no]] for no, one in enumerate(bins)], axis=0
    )
    of_people = people.good, people.bad
    before = auc_of(log_odds_of(bins, people), *of_people)
    free, _ = unconstrained_log_odds(bins, people, people)
    assert free is not None
    assert abs(auc_of(total, *of_people) - before) < 0.002
    assert abs(auc_of(free, *of_people) - before) < 0.01
