"""A fitted card is a card: it is read back as it was, and its points are the model's."""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from plainscore.analysis.fit import Floats
from plainscore.analysis.fit_report import (
    FitReport,
    PastSnapshot,
    card_text,
    changed_reasons,
    fit_and_judge,
    points_of,
    reason_places,
    unconstrained_log_odds,
)
from plainscore.analysis.network import draw
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.compile import points_case
from plainscore.scorecards.reading import read_scorecard
from tests.scorecard.small_card import SMALL

PEOPLE = 2_000
DAYS = (date(2026, 1, 31), date(2026, 4, 30))


def _uniform(what_for: str) -> Floats:
    return np.asarray(draw(what_for, np.arange(PEOPLE, dtype=np.int64)) / 2.0**64)


def _past(card: Scorecard, day: date) -> PastSnapshot:
    """People of which every feature follows one trait, in its own direction and with noise."""
    trait = _uniform(f"{day} trait")
    values = {}
    for feature in card.features:
        if feature.bins:
            place = (trait + 2 * _uniform(f"{day} {feature.name}")) / 3
            place = place if feature.direction == "up" else 1 - place
            low, high = (float(feature.bins[no].at_least) for no in (0, -1))
            gaps = _uniform(f"{day} gap {feature.name}") < 0.1
            values[feature.name] = np.where(gaps, np.nan, np.round(low + place * (high - low), 3))
    everyone = np.arange(PEOPLE, dtype=np.int64)
    return PastSnapshot(
        day,
        values,
        np.column_stack((everyone, (everyone * 7 + 1) % PEOPLE, 1 + everyone % 12)),
        is_known=_uniform(f"{day} known") < 0.9,
        is_bad=_uniform(f"{day} bad") < 0.35 * (1 - trait),
        is_held_out=_uniform("held out") < 0.3,
    )


@pytest.fixture(scope="module", params=["standard", "small"])
def card(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scorecard:
    if request.param == "standard":
        return read_scorecard(find_scorecard("standard"))
    file = tmp_path_factory.mktemp("card") / "small.toml"
    file.write_text(SMALL)
    return read_scorecard(file)


@pytest.fixture(scope="module")
def past(card: Scorecard) -> list[PastSnapshot]:
    return [_past(card, day) for day in DAYS]


@pytest.fixture(scope="module")
def study(card: Scorecard, past: list[PastSnapshot]) -> FitReport:
    return fit_and_judge(card, past, "mine", is_keeping_caps=False)


def test_the_written_card_is_read_back_value_by_value(
    study: FitReport, card: Scorecard, tmp_path: Path
) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    file = tmp_path / "mine.toml"
    file.write_text(card_text(study.card, card.name, study.summary))
    assert read_scorecard(file) == study.card


def test_the_compiled_points_of_every_row_are_those_of_the_study(
    study: FitReport, past: list[PastSnapshot]
) -> None:
    binned = [feature for feature in study.card.features if feature.bins]
    names = [feature.name for feature in binned]
    with duckdb.connect() as con:
        columns = [
            [None if value != value else value for value in past[1].values[name].tolist()]
            for name in names
        ]
        unnested = ", ".join(f"unnest(?) as {name}" for name in names)
        everyone = list(range(PEOPLE))
        con.execute(
            f"create table value as select unnest(?) as person, {unnested}", [everyone, *columns]
        )
        cases = ",\n".join(f"{points_case(one)} as {one.name}" for one in binned)
        compiled = con.execute(f"select {cases} from value order by person").fetchall()
    places = [place for place, one in enumerate(study.card.features) if one.bins]
    points = points_of(study.card, past[1]).by_feature[:, places]
    assert compiled == [tuple(row) for row in points.tolist()]


def test_the_social_factor_stays_as_it_was(study: FitReport, card: Scorecard) -> None:
    kept, social = (list(card.features_of("social_connections")) for card in (study.card, card))
    assert kept == social
    assert study.card.max_score == card.max_score


def test_kept_caps_are_kept(card: Scorecard, past: list[PastSnapshot]) -> None:
    kept = fit_and_judge(card, past, "mine", is_keeping_caps=True)
    assert kept.card.factor_caps == card.factor_caps


def test_as_many_people_pass_every_gate_as_before(
    study: FitReport, card: Scorecard, past: list[PastSnapshot]
) -> None:
    seen = ~past[0].is_held_out
    before, after = (points_of(one, past[0]).scores[seen] for one in (card, study.card))
    for old, new in zip(card.bands[1:], study.card.bands[1:], strict=True):
        passed, passing = np.count_nonzero(before >= old.at_least), after >= new.at_least
        assert np.count_nonzero(passing) <= passed
        assert (
            np.count_nonzero(after >= new.at_least - 1) >= passed or new.at_least == card.max_score
        )
    gates = dict(zip([b.at_least for b in card.bands], study.card.bands, strict=True))
    for old_benefit, benefit in zip(card.benefits, study.card.benefits, strict=True):
        if old_benefit.min_score in gates:
            assert benefit.min_score == gates[old_benefit.min_score].at_least


def test_whoever_judges_the_card_was_not_fitted_to(
    study: FitReport, card: Scorecard, past: list[PastSnapshot]
) -> None:
    turned = [
        replace(past[0], is_bad=past[0].is_bad ^ past[0].is_held_out),
        replace(past[1], is_bad=~past[1].is_bad),
    ]
    assert fit_and_judge(card, turned, "mine", is_keeping_caps=False).card == study.card


def test_the_same_reasons_are_no_change(card: Scorecard, past: list[PastSnapshot]) -> None:
    reasons = reason_places(card, points_of(card, past[0]))
    assert changed_reasons(reasons, reasons) == (0, 0)


def test_without_scikit_learn_there_is_no_check(
    monkeypatch: pytest.MonkeyPatch, past: list[PastSnapshot]
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    sample = past[0].sample(is_held_out=False)
    assert unconstrained_log_odds([], sample, sample) is None
