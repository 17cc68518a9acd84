"""A wall that is enforced: what it opens, to how many, and what a person reads of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.cli.output import filled
from plainscore.scorecards.card import log_of_features, without_features
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.compile import reference_rows
from plainscore.scorecards.person import PersonOnCard
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.person import read_card, read_people, what_if
from plainscore.show.reader import Snapshots, open_snapshots
from plainscore.show.terminal import TEMPLATE, notice, page_values
from tests.oracle.agreement import differences
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import nasty_world
from tests.oracle.snapshot import snapshot
from tests.transforms.worked_example import house

WORLD = nasty_world(2)
# The points of the standard card, so that the oracle's card is this one.
WALLED = 'extends = "standard"\nname = "standard"\nversion = "1.0.0"\nwall = "enforce"\n'
OPEN = (
    "count(*) filter (where is_open), count(*) filter (where score_in_context >= min_score), "
    "count(*) filter (where score >= min_score)"
)


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world on a card that enforces its wall, and on one that reports; every check passed."""
    data = tmp_path_factory.mktemp("walled")
    (data / "walled.toml").write_text(WALLED, encoding="utf-8")
    write_landing(WORLD.events, data)
    dates = ["--as-of", str(WORLD.as_of_date), "--known-on", str(WORLD.known_on)]
    cards = ["--scorecard", str(data / "walled.toml"), "--scorecard", "reported_b"]
    assert run_command_line(["run", "--plain", *dates, *cards, "--data", str(data)]) == 0
    return data


@pytest.fixture
def snapshots(walled: Path) -> Iterator[Snapshots]:
    with open_snapshots(walled) as opened:
        yield opened


@pytest.fixture
def everyone(snapshots: Snapshots) -> list[PersonOnCard]:
    ids = [who for (who,) in snapshots.rows("select person_id from score order by 1")]
    return read_people(snapshots, read_card(snapshots, WORLD.as_of_date), ids)


def test_a_wall_decides_on_harm_sensitive_benefits_alone(snapshots: Snapshots) -> None:
    expected = snapshot(WORLD.events, WORLD.as_of_date, WORLD.known_on, is_enforcing=True)
    assert differences(snapshots.con, expected) == []
    decided = snapshots.rows(
        "select distinct benefit from benefit where is_wall_enforced order by 1"
    )
    assert decided == snapshots.rows(
        "select distinct benefit from benefit where is_harm_sensitive order by 1"
    )
    assert len(decided) == 5


def test_audits_count_what_people_have_open(snapshots: Snapshots) -> None:
    rows = snapshots.rows(
        f"select benefit, {OPEN} from benefit inner join score using (person_id) group by 1"
    )
    of_context = {
        name: (with_wall, without)
        for name, with_wall, without in snapshots.rows(
            "select benefit, open_with_wall_count, open_without_wall_count from context "
            "where attribute = 'everyone'"
        )
    }
    of_access = dict(
        snapshots.rows(
            "select benefit, cast(sum(open_count) as bigint) from benefit_access "
            "where attribute = 'decile' group by 1"
        )
    )
    assert {name: counts for name, _, *counts in rows} == {
        name: list(counts) for name, counts in of_context.items()
    }
    assert {name: opened for name, opened, *_ in rows} == of_access
    assert any(with_wall != without for with_wall, without in of_context.values())


def test_another_card_gives_and_takes_what_its_own_wall_opens(snapshots: Snapshots) -> None:
    """The champion's hiring opens by identity, that of reported_b by its score."""
    moved = snapshots.rows(
        """
        select
            mine.benefit,
            count(*) filter (where not mine.is_open and other.score >= mine.min_score),
            count(*) filter (where mine.is_open and other.score < mine.min_score)
        from benefit as mine
        inner join score_all as other using (person_id)
        where other.scorecard = 'reported_b'
        group by mine.benefit order by 1
        """
    )
    answered = snapshots.rows(
        "select benefit, gained_count, lost_count from benefit_move "
        "where attribute = 'everyone' order by 1"
    )
    assert answered == moved
    assert any(gained + lost for _, gained, lost in answered)


def test_an_explanation_opens_what_the_view_opens(
    snapshots: Snapshots, everyone: list[PersonOnCard]
) -> None:
    shown = snapshots.records(
        "select person_id, benefit, min_score, is_open, points_short, context, accepts, "
        "is_wall_enforced, is_open_in_context, score_in_context from benefit"
    )
    found = [
        {"person_id": one.person_id, **row, "accepts": ", ".join(row["accepts"])}
        for one in everyone
        for row in one.openings()
    ]
    key = ("person_id", "benefit")
    assert sorted(found, key=lambda row: [row[n] for n in key]) == sorted(
        shown, key=lambda row: [row[n] for n in key]
    )


def test_a_notice_says_which_contexts_decide_and_what_the_other_result_is(
    everyone: list[PersonOnCard],
) -> None:
    seen = set()
    for one in everyone:
        for benefit in one.card.benefits:
            found = notice(one, benefit.benefit)
            asked = found["asked"]
            text = filled(TEMPLATE, **page_values(found))
            contexts = ", ".join(benefit.accepts or ())
            assert f"Contexts that may open it: {contexts}." in text
            if one.score is None:
                assert not asked["is_open"]
                continue
            by_score = one.score >= benefit.min_score
            assert asked["is_other_by_wall"] == (by_score != asked["is_open_in_context"])
            decided = asked["is_open_in_context"] if asked["is_wall_enforced"] else by_score
            assert asked["is_open"] == decided
            result = "the other one" if asked["is_other_by_wall"] else "the same"
            assert f"the result would be {result}." in text
            assert ("They alone decide" in text) == benefit.is_wall_enforced
            assert all(way["score_then"] >= benefit.min_score for way in found["ways"])
            seen.add((asked["is_wall_enforced"], asked["is_other_by_wall"], bool(found["ways"])))
    assert {(True, True), (True, False), (False, True), (False, False)} <= {
        (enforced, other) for enforced, other, _ in seen
    }


def test_what_if_opens_a_job_by_accepted_contexts_alone(everyone: list[PersonOnCard]) -> None:
    for one in (person for person in everyone if person.score is not None):
        less = what_if(one, {"verified_fields": 0})
        opened = {row["benefit"] for row in one.openings() if row["is_open"]}
        assert set(less["closes"]) <= opened
        then = one.with_(worst_days_late=0, utilisation=0, active_months=12)
        for before, after in zip(one.openings(), then.openings(), strict=True):
            if before["accepts"] == ["identity"]:
                assert before["is_open"] == after["is_open"]


def test_a_card_of_an_earlier_version_has_no_walls(tmp_path: Path) -> None:
    """Neither features nor benefits say a context: each accepts all of them."""
    text = find_scorecard("standard").read_text(encoding="utf-8")
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(("context =", "accepts =", "wall"))
    ]
    path = tmp_path / "old.toml"
    path.write_text("\n".join(kept), encoding="utf-8")
    card = read_scorecard(path)
    assert card.wall == "report"
    assert card.contexts == tuple(factor for factor, _ in card.factor_caps)
    assert not any(card.is_walled(one) for one in card.benefits)
    assert {one.context for one in card.benefits} == {one.name for one in card.benefits}
    assert reference_rows([card], house().feature_column)["reference.context_set"] == []


def test_a_card_without_the_logs_of_accepted_contexts_opens_nothing_by_them() -> None:
    card = replace(read_scorecard(find_scorecard("everyone")), wall="enforce")
    absent = {f: log for f, log in log_of_features().items() if log in ("profile", "payment")}
    left = without_features(card, absent)
    sets = reference_rows([left], house().feature_column)["reference.context_set"]
    most = {accepts: points for _, accepts, points, _ in sets}
    assert most["identity"] == 0
    assert most["finance, services, identity"] == sum(
        one.max_points for one in left.features if one.context == "services"
    )
