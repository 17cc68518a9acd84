"""Cards without the features of absent logs: laws of the scaled points, and a shop's purchases."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from datetime import date
from io import StringIO
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.cli.app import run_command_line
from plainscore.common.errors import UsageError
from plainscore.contracts.logs import read_logs
from plainscore.publish.sets import read_manifest
from plainscore.runs.pipeline import absent_log_warnings, read_pipeline, read_request
from plainscore.runs.run import score_day
from plainscore.scorecards.card import Scorecard, log_of_features, without_features
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import read_scorecard
from plainscore.settings import Settings
from plainscore.store.event_store import open_store
from tests.made_once import SAMPLE
from tests.quick_runs import quick_runs

LOGS = [*read_logs()]
DAY = date(2026, 10, 31)
EVERYONE = read_scorecard(find_scorecard("everyone"))
STANDARD = read_scorecard(find_scorecard("standard"))


def _without(card: Scorecard, logs: set[str]) -> Scorecard:
    return without_features(card, {f: log for f, log in log_of_features().items() if log in logs})


@given(st.sets(st.sampled_from(LOGS), max_size=len(LOGS) - 1))
def test_a_card_without_logs_keeps_its_range_its_order_and_its_hash(logs: set[str]) -> None:
    own = {"profile", "purchase", "payment", "service"} - logs
    if not own:
        with pytest.raises(UsageError, match="none of its points are left without the logs"):
            _without(EVERYONE, logs)
        return
    card = _without(EVERYONE, logs)
    assert (card.base, card.max_score, card.hash) == (350, 950, EVERYONE.hash)
    assert sum(feature.max_points for feature in card.features) == 600
    for factor, cap in card.factor_caps:
        assert cap == sum(feature.max_points for feature in card.features_of(factor))
    left = [log_of_features()[name] for name in card.left_out]
    assert set(left) == logs == set(card.without_logs)
    for feature in card.features:
        before = EVERYONE.feature(feature.name)
        assert before is not None
        points = [one.points for one in feature.bins]
        assert max(points, default=feature.max_points) == feature.max_points
        assert 0 <= feature.missing_points <= feature.max_points
        for (low, high), (was_low, was_high) in zip(
            pairwise(points), pairwise(one.points for one in before.bins), strict=True
        ):
            assert (low < high, low > high) == (was_low < was_high, was_low > was_high)
        share = feature.max_points * sum(
            f.max_points for f in EVERYONE.features if f.name not in card.left_out
        )
        assert abs(share - before.max_points * 600) <= 600  # within a point of its part


def test_without_absent_logs_or_as_missing_a_card_is_what_it_was() -> None:
    assert _without(EVERYONE, set()) is EVERYONE
    assert _without(STANDARD, {"payment", "friendship"}) is STANDARD
    assert EVERYONE.features == STANDARD.features


def deliver(data: Path, log: str) -> None:
    shutil.copytree(SAMPLE / "landing" / log, data / "landing" / log)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The sample's purchases, and nothing else."""
    deliver(tmp_path, "purchase")
    return tmp_path


@pytest.fixture(scope="module")
def scored_shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The same, scored by the card for everyone, and what the run warned of; read only."""
    data = tmp_path_factory.mktemp("shop")
    deliver(data, "purchase")
    words = ["run", "--as-of", str(DAY), "--data", str(data), "--no-prefect"]
    with StringIO() as warned, redirect_stderr(warned):
        assert run_command_line([*words, "--scorecard", "everyone"]) == 0
        return data, warned.getvalue()


@contextmanager
def asked(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(data / "plainscore.duckdb"), read_only=True) as con:
        yield con


def test_a_shops_purchases_alone_use_the_whole_range_and_say_what_is_left_out(
    scored_shop: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    shop, warned = scored_shop
    assert "no event of friendship, payment, profile and service has arrived" in warned
    assert "does without 25 features" in warned
    with asked(shop) as con:
        [(least, most, people, scored)] = con.sql(
            "select min(score), max(score), count(*), count(score) from score"
        ).fetchall()
        assert people == scored > 0
        assert least < 500
        assert most > 900
        assert con.sql("select sum(max_points), count(*) from feature_card").fetchall() == [
            (600, 7)
        ]
        [(logs, left)] = con.sql("select without_logs, left_out from card").fetchall()
        [(person,)] = con.sql("select min(person_id) from score").fetchall()
    assert logs == "friendship, payment, profile, service"
    assert run_command_line(["explain", person, "--data", str(shop), "--format", "json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert explained["score"] == 350 + sum(one["points"] for one in explained["points"])
    assert explained["left_out"] == left.split(", ")
    for words in (["explain", person], ["explain", person, "--notice"]):
        assert run_command_line([*words, "--data", str(shop)]) == 0
        printed = capsys.readouterr().out
        assert "friend" in printed.split("eft out")[1]
    assert run_command_line(["verify", "--data", str(shop)]) == 0


def test_no_one_scored_says_which_rule_stopped_how_many(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with quick_runs():
        words = ["run", "--as-of", str(DAY), "--data", str(shop), "--no-prefect"]
        code = run_command_line([*words, "--scorecard", "standard"])
    assert code == 0
    warned = " ".join(capsys.readouterr().err.split())
    with asked(shop) as con:
        [(people,)] = con.sql("select count(*) from score").fetchall()
    assert f"no one of {people} people is scored" in warned
    assert f"N1 of {people}: The account is younger than 180 days" in warned
    assert "25 features of scorecard standard give everyone the same points" in warned
    assert "--scorecard everyone" in warned


def test_once_a_log_arrives_the_next_snapshot_has_its_features_and_why_adds_up(
    scored_shop: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = ["--scorecard", "everyone"]
    shop = Path(shutil.copytree(scored_shop[0], tmp_path / "shop"))
    deliver(shop, "payment")
    with quick_runs():
        outcome = score_day(read_request(DAY, None, shop, scorecards=("everyone",)))
    assert "new input" in outcome.why_again
    [said] = read_manifest(outcome.run)["scorecards"]
    assert said["hash"] == EVERYONE.hash
    assert "on_time_share" not in said["left_out"]
    assert "friend_reliability" in said["left_out"]
    capsys.readouterr()
    plan = ["plan", "--as-of", str(DAY), "--data", str(shop), *card]
    assert run_command_line(plan) == 0
    assert "0 of 1 date would be published" in capsys.readouterr().out
    with asked(shop) as con:
        assert con.sql("select count(on_time_share) > 0 from points").fetchall() == [(True,)]


def test_a_feature_that_no_list_names_goes_with_all_its_logs(
    scored_shop: tuple[Path, str], tmp_path: Path
) -> None:
    """Of a project: where the list is empty, the logs are read from the SQL."""
    (tmp_path / "transforms").mkdir()
    (tmp_path / "transforms" / "features_by_log.toml").write_text("[event_types]\n")
    (tmp_path / "plainscore.toml").write_text('scorecards = ["everyone"]\n')
    pipeline = read_pipeline(read_request(DAY, None, tmp_path).settings)
    [card] = pipeline.of_inputs(open_store(scored_shop[0]).ledger(), DAY).cards
    assert "on_time_share" in card.left_out
    assert "active_months" not in card.left_out
    # The list goes without it where payments are absent; the SQL reads other logs, too.
    assert "paid_bills" not in card.left_out


def test_each_card_has_a_warning_of_its_own(scored_shop: tuple[Path, str]) -> None:
    shop, _ = scored_shop
    pipeline = read_pipeline(Settings(scorecards=("standard", "reported_b")))
    absent = pipeline.absent_logs(open_store(shop).ledger(), DAY)
    assert absent == set(LOGS) - {"purchase"}
    warnings = [*absent_log_warnings(pipeline, absent)]
    assert [name in one for name, one in zip(("standard", "reported_b"), warnings, strict=True)]
    assert [*absent_log_warnings(pipeline, ())] == []
