"""A fitted card is a card: it is read back as it was, and its points are the model's."""

import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from plainscore.analysis import fit_report
from plainscore.analysis.fit_people import Floats, PastSnapshot, people_of, read_past
from plainscore.analysis.fit_report import (
    FitReport,
    card_text,
    changed_reasons,
    fit_and_judge,
    points_to_odds,
    reason_places,
    unconstrained_log_odds,
    with_gates,
)
from plainscore.analysis.network import draw
from plainscore.common.errors import InputRefused
from plainscore.scorecards.card import PointsToOdds, Scorecard
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.reader import Snapshots
from tests.scorecard.small_card import SMALL
from tests.studies.people import fill

PEOPLE = 2_000
DAYS = (date(2026, 1, 31), date(2026, 4, 30))


def _uniform(what_for: str) -> Floats:
    return np.asarray(draw(what_for, np.arange(PEOPLE, dtype=np.int64)) / 2.0**64)


def _published(card: Scorecard, *, is_turned: bool = False) -> list[PastSnapshot]:
    """Publish people whose features all follow one trait, in their directions and with noise.

    ``is_turned``: those who judge the card have the other outcome.
    """
    snapshots = Snapshots(duckdb.connect())
    con = snapshots.con
    ids = np.array([f"p{no:04}" for no in range(PEOPLE)])
    for no, day in enumerate(DAYS):
        trait = _uniform(f"{day} trait")
        features: dict[str, Any] = {"person_id": ids}
        for feature in card.features:
            if feature.bins:
                place = (trait + 2 * _uniform(f"{day} {feature.name}")) / 3
                place = place if feature.direction == "up" else 1 - place
                low, high = (float(feature.bins[no].at_least) for no in (0, -1))
                gaps = _uniform(f"{day} gap {feature.name}") < 0.1
                value = np.where(gaps, np.nan, np.round(low + place * (high - low), 3))
                features[feature.name] = value
        fill(con, "value", features)
        is_bad = _uniform(f"{day} bad") < 0.35 * (1 - trait)
        fill(con, "fate", {"person_id": ids, "is_bad": is_bad, "known": _uniform(f"{day} known")})
        verb = "insert into {} " if no else "create table {} as "
        dated = f"cast('{day}' as date) as as_of_date"
        fate = "not is_bad" if is_turned and no else "is_bad"
        for table, select in (
            ("features", f"select {dated}, null as known_on, * from value"),
            ("score", f"select {dated}, person_id, 500 as score from value"),
            ("outcome", f"select {dated}, person_id, {fate} as is_bad from fate where known < 0.9"),
            (
                "friend",
                f"select {dated}, format('p{{:04d}}', no) as person_id, "
                f"format('p{{:04d}}', (no * 7 + 1) % {PEOPLE}) as friend_id, "
                f"1 + no % 12 as contact_months from range({PEOPLE}) as one(no)",
            ),
        ):
            con.execute(verb.format(table) + select)
        con.execute("drop table value; drop table fate")
    if is_turned:  # of those who are held out of every fit, on the date to fit to as well
        con.execute(
            "update outcome set is_bad = not is_bad where as_of_date = ? and person_id in ("
            "select person_id from features where cast('0x' || left(sha256('held out of a fit' || "
            "chr(10) || person_id), 16) as ubigint) % 10 < 3)",
            [DAYS[0]],
        )
    return list(read_past(snapshots, DAYS))


@pytest.fixture(scope="module", params=["standard", "small"])
def card(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scorecard:
    if request.param == "standard":
        return read_scorecard(find_scorecard("standard"))
    file = tmp_path_factory.mktemp("card") / "small.toml"
    file.write_text(SMALL)
    return read_scorecard(file)


@pytest.fixture(scope="module")
def past(card: Scorecard) -> list[PastSnapshot]:
    return _published(card)


@pytest.fixture(scope="module")
def study(card: Scorecard, past: list[PastSnapshot]) -> FitReport:
    """A card fitted with gates by share, judged beside the old one under another name."""
    return fit_and_judge(card, past, "mine", gates="share", beside=[replace(card, name="other")])


def test_the_written_card_is_read_back_value_by_value(
    study: FitReport, card: Scorecard, tmp_path: Path
) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    file = tmp_path / "mine.toml"
    file.write_text(card_text(study.card, card.name, study.summary))
    assert read_scorecard(file) == study.card


def test_the_social_factor_stays_as_it_was(study: FitReport, card: Scorecard) -> None:
    kept, social = (list(card.features_of("social_connections")) for card in (study.card, card))
    assert kept == social
    assert study.card.max_score == card.max_score


def test_as_many_people_pass_every_gate_as_before(
    study: FitReport, card: Scorecard, past: list[PastSnapshot]
) -> None:
    seen = ~past[0].is_held_out
    before, after = (past[0].points([one])[0].scores[seen] for one in (card, study.card))
    for old, new in zip(card.bands[1:], study.card.bands[1:], strict=True):
        passed, passing = np.count_nonzero(before >= old.at_least), after >= new.at_least
        assert np.count_nonzero(passing) <= passed or new.at_least == card.max_score
        assert (
            np.count_nonzero(after >= new.at_least - 1) >= passed or new.at_least == card.max_score
        )
    gates = dict(zip([b.at_least for b in card.bands], study.card.bands, strict=True))
    for old_benefit, benefit in zip(card.benefits, study.card.benefits, strict=True):
        if old_benefit.min_score in gates:
            assert benefit.min_score == gates[old_benefit.min_score].at_least


def test_a_gate_by_risk_has_the_odds_that_it_had_and_kept_caps_are_kept(
    card: Scorecard, past: list[PastSnapshot]
) -> None:
    fitted = fit_and_judge(card, past, "mine", is_keeping_caps=True).card
    assert fitted.factor_caps == card.factor_caps
    seen = ~past[0].is_held_out
    known = seen & past[0].is_known
    before, after = (
        points_to_odds(past[0].points([one])[0].scores[known], past[0].is_bad[known])
        for one in (card, fitted)
    )
    assert before is not None
    assert after == fitted.points_to_odds
    assert after is not None
    for old, new in zip(card.bands[1:], fitted.bands[1:], strict=True):
        assert after.doublings(new.at_least - 1) < before.doublings(old.at_least)
        assert before.doublings(old.at_least) <= after.doublings(new.at_least) + 1e-5


def test_points_to_odds_are_those_by_which_people_become_bad() -> None:
    scores = np.floor(400 + 400 * _uniform("score")).astype(np.int64)
    is_bad = _uniform("fate") < 1 / (1 + 4 * 2 ** ((scores - 600) / 50))
    found = points_to_odds(scores, is_bad)
    assert found is not None
    assert float(found.points_to_double) == pytest.approx(50, rel=0.15)
    assert 2 ** found.doublings(600) == pytest.approx(4, rel=0.2)
    expected = sum(found.expected_ppm(score) for score in scores.tolist()) / 1_000_000
    assert expected == pytest.approx(int(is_bad.sum()), abs=0.01)
    assert points_to_odds(scores, ~is_bad) is None


def test_the_expected_share_is_exact_and_falls() -> None:
    odds = PointsToOdds(600, Decimal(19), Decimal(20))
    assert odds.expected_ppm(600) == 50_000
    assert odds.expected_ppm(620) == round(1_000_000 / 39)
    shares = [odds.expected_ppm(score) for score in range(351, 951)]
    assert shares == sorted(shares, reverse=True)
    assert odds.score_of(odds.doublings(640)) == pytest.approx(640)


def test_an_empty_band_is_refused(card: Scorecard, past: list[PastSnapshot]) -> None:
    scores = past[0].points([card])[0].scores
    gates = {band.at_least: band.at_least for band in card.bands}
    gates |= {one.min_score: one.min_score for one in card.benefits}
    gates |= {card.bands[-1].at_least: int(scores.max()) + 1}
    with pytest.raises(
        InputRefused, match=f"'{card.bands[-1].name}' would be empty: gates by risk"
    ):
        with_gates(card, gates, scores, "risk")


def test_whoever_judges_the_card_was_not_fitted_to(study: FitReport, card: Scorecard) -> None:
    turned = _published(card, is_turned=True)
    assert fit_and_judge(card, turned, "mine", gates="share").card == study.card


def test_a_card_beside_is_judged_too(study: FitReport, card: Scorecard) -> None:
    by_name = {row["by"]: row["auc"] for row in study.tables["separation"].records()}
    assert by_name["other: score"] == by_name[f"{card.name}: score"]


def test_what_no_value_earns_beyond_the_best_one_is_said_and_read_back(
    study: FitReport, card: Scorecard, tmp_path: Path
) -> None:
    first = next(one for one in study.card.features if one.bins)
    more = first.max_points + 1
    lifted = replace(first, missing_points=more, max_points=more, can_be_withheld=False)
    caps = tuple((name, cap + (name == first.factor)) for name, cap in study.card.factor_caps)
    features = tuple(lifted if one is first else one for one in study.card.features)
    (note,) = fit_report.missing_above_the_best(replace(study.card, features=features))
    assert note.startswith(f"{first.name}: no value earns {more} points")
    assert "can_be_withheld = true" in note
    (tmp_path / "small.toml").write_text(SMALL.replace("most = 100\n", ""))
    file = tmp_path / "mine.toml"
    file.write_text(
        card_text(replace(study.card, features=features, factor_caps=caps), card.name, "")
    )
    assert read_scorecard(file).feature(first.name) == lifted


def test_the_same_reasons_are_no_change(card: Scorecard, past: list[PastSnapshot]) -> None:
    reasons = reason_places(card, past[0].points([card])[0], past[0].is_known)
    assert changed_reasons(reasons, reasons) == (0, 0)


def test_without_scikit_learn_there_is_no_check(
    monkeypatch: pytest.MonkeyPatch, card: Scorecard, past: list[PastSnapshot]
) -> None:
    first = next(one.name for one in card.features if one.bins)
    people = people_of(past, is_held_out=False).binned([(first, [0.0])])
    monkeypatch.setattr(fit_report, "MOST_CHECKED", 0)
    found, (note,) = unconstrained_log_odds([], people, people)
    assert (found, "of more than 0" in note) == (None, True)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    found, (note,) = unconstrained_log_odds([], people, people)
    assert (found, "is not installed" in note) == (None, True)
