"""Every assertion of expectations/assertions is broken once, and says so."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from plainscore.checks.verdicts import (
    GROUPS,
    Assertion,
    CheckResult,
    check_assertion,
    check_assertions,
    read_assertions,
)
from plainscore.common.standard import Method
from plainscore.contracts.contract import ContractError
from plainscore.engines.duckdb import DuckDBEngine
from tests.expectations.small_house import DATES, SCORED

ASSERTIONS = {assertion.name: assertion for assertion in read_assertions()}

# Assertion -> what is done to the small house, and how many rows then break it.
PLANTED: dict[str, tuple[str, int]] = {
    "rows_accounted_for": ("update events.file set rows = rows + 1 where log = 'payment'", 1),
    "store_holds_what_was_accepted": ("delete from events.service where person_key = 0", 1),
    "no_event_arrived_later": (
        """insert into events.service by name
        select * replace (arrived + 900 as arrived) from events.service limit 1;
        create or replace view raw.service as from events.service""",
        1,
    ),
    "no_event_happened_later": (
        """insert into events.profile by name
        select * replace (event_date + 900 as event_date) from events.profile limit 1;
        create or replace view raw.profile as from events.profile""",
        1,
    ),
    "somebody_has_events": ("delete from staging.person", 1),
    "every_key_has_an_id": ("delete from events.person where person_id = 'zed'", 1),
    "one_row_of_features_per_person": ("delete from features.spending where person_key = 0", 1),
    "points_sum_to_score": (
        "update scores.points set paid_bills = paid_bills + 1 where person_key = 0",
        2,
    ),
    "factors_sum_to_score": (
        "update scores.factor set credit_history = credit_history - 1"
        " where person_key = 0 and scorecard = 'standard'",
        1,
    ),
    "factors_hold_their_features": (
        "update scores.factor set credit_history = credit_history - 1,"
        " social_connections = social_connections + 1"
        " where person_key = 0 and scorecard = 'standard'",
        2,
    ),
    "points_within_their_maximum": (
        "update scores.points set on_time_share = 61 where scorecard = 'standard'",
        1,
    ),
    "every_score_in_its_band": (
        "update scores.score set band_no = 1, band = 'poor'"
        " where person_key = 0 and scorecard = 'standard'",
        1,
    ),
    "bands_cover_the_scale": (
        "update reference.band set at_most = at_most - 1"
        " where band_no = 2 and scorecard = 'standard'",
        2,
    ),
    "friends_move_nobody_far": (
        "update scores.friend_reliability set numerator = (own_ppm + 150001) * denominator"
        " where person_key = 0",
        2,
    ),
    "scored_or_told_why": (
        "update scores.score set not_scored_code = 'N5' where person_key = 0",
        2,
    ),
    "reasons_in_order": ("delete from scores.reason where rank = 2 and person_key = 3", 2),
    "reasons_tell_true_points": (
        "update scores.reason set points = points + 1 where rank = 1 and person_key = 0",
        2,
    ),
    "reasons_name_the_greatest_losses": (
        "delete from scores.reason where rank = 1 and person_key = 3",
        2,
    ),
    "reasons_are_of_different_families": (
        "update reference.feature set family = 'one' where scorecard = 'standard'",
        4,
    ),
    "reasons_compare_with_true_points": (
        "update scores.benchmark set paid_bills = paid_bills - 1 where scorecard = 'standard'",
        1,
    ),
    "someone_scores_at_the_gate": (
        "update reference.card set reason_method = 'passing', reason_gate = 351, reason_within = 9",
        2,
    ),
    "reasons_have_true_words": (
        "update published.reason set reason = 'A bill was late'"
        " where person_id = 'dan' and scorecard_no = 1 and rank = 1",
        1,
    ),
    "benefits_open_on_the_scale": (
        "update reference.benefit set min_score = 951 where benefit_no = 1",
        2,
    ),
    "contexts_give_what_the_card_says": (
        "update scores.context_score set score_in_context = score_in_context + 2"
        " where accepts = 'identity' and scorecard = 'standard';"
        " delete from scores.context_score where accepts = 'services, identity'"
        " and scorecard = 'reported_b' and person_key = 0",
        2,
    ),
    "walls_open_what_contexts_open": (
        "update published.context set open_without_wall_count = open_without_wall_count + 1"
        " where attribute = 'everyone' and benefit = 'small_loan' and scorecard_no = 1",
        1,
    ),
    "published_types": (
        "alter table published.score add column person_key bigint;"
        " alter table published.points add column total hugeint",
        2,
    ),
    "published_dates": (
        "update published.factor set as_of_date = as_of_date - 1 where person_id = 'ann'",
        1,
    ),
    "every_person_is_published_once": (
        "insert into published.features from published.features where person_id = 'ann';"
        " delete from published.score where person_id = 'eve'",
        2,
    ),
    "published_scores_are_those_made": (
        "update published.score set score = score + 1 where person_id = 'ann' and scorecard_no = 1",
        1,
    ),
    "published_points_sum_to_score": (
        "update published.points set paid_bills = paid_bills - 1 where person_id = 'ann'",
        2,
    ),
    "nothing_lost_on_publishing": (
        "delete from published.reason where person_id = 'ann' and rank = 1 and scorecard_no = 1",
        1,
    ),
    "outcomes_are_of_the_scored": (
        "delete from outcomes.scored_person where person_id = 'ann'",
        1,
    ),
    "everyone_is_in_a_group": (
        "delete from audits.group_points where group_name = 'north' and points_counted = 'own'",
        2,
    ),
    "gaps_split_exactly": (
        "update published.gap_split set points_total = points_total + 1"
        " where group_name = 'south' and feature = 'paid_bills' and scorecard_no = 1",
        2,
    ),
    "challengers_move_everyone_once": (
        "update published.band_move set people = people + 1 where attribute = 'everyone'",
        1,
    ),
    "attacks_stay_within_the_bound": (
        "update audits.attempt set numerator = numerator + 200000 * denominator"
        " where person_key = 0 and attack_no = 5 and scorecard = 'standard';"
        " update audits.attempt_points set friend_points = 16"
        " where person_key = 3 and attack_no = 8 and scorecard = 'standard'",
        2,
    ),
    "rings_are_held_by_ties": (
        "insert into published.ring_member"
        " values ('ann', '2026-01-31', '2026-01-31', 1, 3, 0, false);"
        " insert into published.ring_member by name select 2 as ring_no, 'p' || range as person_id,"
        " range = 0 as is_hub from range(4);"
        " insert into published.ring by name select 2 as ring_no, 4 as people, 'star' as kind,"
        " 6 as burst_tie_count, 7.0 as expected_tie_count",
        2,
    ),
    "audited_dates": (
        "update published.inequality set known_on = known_on + 1 where scorecard_no = 1",
        1,
    ),
    "causes_sum_to_the_change": (
        "update changes.change set time_change = time_change + 1 where person_id = 'ann'",
        1,
    ),
    "features_sum_to_the_change": (
        "update changes.change_feature set time_change = time_change + 1,"
        " new_events_change = new_events_change - 1"
        " where person_id = 'dan' and feature = 'paid_bills'",
        1,
    ),
    "everyone_changes_once": (
        "insert into changes.change from changes.change where person_id = 'ann';"
        " delete from changes.change where person_id = 'eve'",
        2,
    ),
    "causes_move_what_they_can": (
        "update changes.change set rules_change = 5, time_change = time_change - 5"
        " where person_id = 'ann'",
        1,
    ),
    "friends_explain_the_mean": ("delete from published.friend where person_id = 'ann'", 1),
}


BROKEN = {"fail": "failed", "warn": "warned"}
Checked = Callable[[Assertion], CheckResult]


@pytest.fixture
def checked(con: duckdb.DuckDBPyConnection, house: DuckDBEngine) -> Checked:
    """Check one assertion in the small house, with whatever was done to it."""

    def check(assertion: Assertion) -> CheckResult:
        tables = house.catalog.of_schema(assertion.stage)
        return check_assertion(con, tables, assertion, DATES.parameters)

    return check


@pytest.mark.parametrize("assertion", ASSERTIONS.values(), ids=lambda one: one.name)
def test_a_broken_assertion_says_so(
    con: duckdb.DuckDBPyConnection, checked: Checked, assertion: Assertion
) -> None:
    before = checked(assertion)
    assert (before.outcome, before.failed_count) == ("passed", 0), before
    fault, row_count = PLANTED[assertion.name]
    con.execute(fault)
    after = checked(assertion)
    assert (after.outcome, after.failed_count) == (BROKEN[assertion.level], row_count), after
    assert 1 <= len(json.loads(after.examples)) <= 3


def test_every_planted_fault_has_its_assertion() -> None:
    assert set(PLANTED) == set(ASSERTIONS)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        # The first reason is exchanged for a smaller, true loss: still four, still in order.
        (
            "reasons_name_the_greatest_losses",
            """delete from scores.reason where person_key = 3 and scorecard = 'standard';
            insert into scores.reason
            select
                scorecard, person_key, row_number() over (order by lost, feature), feature, null,
                null, true, max_points - lost, max_points, lost, 'maximum', max_points
            from (
                select points.scorecard, person_key, feature, max_points,
                    max_points - points as lost
                from (unpivot scores.points on columns(* exclude (scorecard, person_key))
                    into name feature value points) as points
                inner join reference.feature using (scorecard, feature)
                where person_key = 3 and scorecard = 'standard' and points < max_points
            ) order by lost, feature limit 4""",
        ),
        ("reasons_in_order", "update scores.reason set benchmark_points = 99 where rank = 3"),
        ("reasons_in_order", "update reference.card set reason_count = 3"),
        ("reasons_tell_true_points", "update scores.reason set points_lost = 99 where rank = 3"),
        ("reasons_tell_true_points", "update scores.reason set benchmark_points = 1"),
        ("reasons_tell_true_points", "update scores.benchmark set method = 'average'"),
        (
            "reasons_tell_true_points",
            "update scores.points set paid_bills = 10;"
            " update scores.reason set code = 'paid_bills', points = 10, max_points = 10,"
            " points_lost = 0, benchmark_points = 10 where rank = 4",
        ),
        ("reasons_name_the_greatest_losses", "delete from scores.reason where person_key = 3"),
        (
            "reasons_name_the_greatest_losses",
            "update reference.card set is_one_reason_per_family = false",
        ),
        ("reasons_compare_with_true_points", "delete from scores.benchmark"),
        ("reasons_compare_with_true_points", "update scores.benchmark set method = 'average'"),
        (
            "reasons_compare_with_true_points",
            "update reference.card set reason_method = 'average'",
        ),
        ("reasons_have_true_words", "update published.reason set is_missing = not is_missing"),
        ("reasons_have_true_words", "update published.reason set value = value + 1"),
        ("reasons_have_true_words", "update published.reason set what_to_do = 'Pay'"),
        ("reasons_have_true_words", "update published.reason set family = 'none' where rank = 1"),
        ("reasons_in_order", "update scores.reason set code = 'own_name_share'"),
        ("scored_or_told_why", "delete from scores.points where person_key = 0"),
        ("scored_or_told_why", "delete from scores.score where person_key = 4"),
        ("scored_or_told_why", "update scores.score set score_rank = null where person_key = 0"),
        ("points_sum_to_score", "delete from scores.points where person_key = 0"),
        ("every_score_in_its_band", "update scores.score set band = null where person_key = 0"),
        ("friends_move_nobody_far", "delete from scores.friend_reliability where person_key = 0"),
        (
            "friends_move_nobody_far",
            "update scores.friend_reliability set numerator = (own_ppm - 150001) * denominator",
        ),
        ("bands_cover_the_scale", "update reference.band set at_least = 351 where band_no = 1"),
        ("bands_cover_the_scale", "update reference.band set at_most = 951 where band_no = 5"),
        ("bands_cover_the_scale", "delete from reference.band where scorecard = 'reported_b'"),
        (
            "one_row_of_features_per_person",
            "insert into features.household from features.household where person_key = 1",
        ),
        ("every_person_is_published_once", "delete from published.features"),
        ("friends_explain_the_mean", "update published.friend set clipped_ppm = clipped_ppm + 1"),
        ("gaps_split_exactly", "delete from published.gap_split where group_name = 'south'"),
        (
            "gaps_split_exactly",
            "update published.gap_split set points_total = points_total + 1"
            " where group_name = 'south' and feature = 'two_way_months'",
        ),
        ("everyone_is_in_a_group", "delete from audits.group_points"),
        ("nothing_lost_on_publishing", "delete from published.factor where scorecard_no = 2"),
        ("causes_sum_to_the_change", "update changes.change set score_change = null"),
        ("causes_sum_to_the_change", "update changes.change set rules_change = null"),
        ("causes_sum_to_the_change", "update changes.change set score_before = score_before - 1"),
        ("causes_sum_to_the_change", "delete from changes.change where person_id = 'bob'"),
        (
            "features_sum_to_the_change",
            "delete from changes.change_feature where person_id = 'dan'",
        ),
        ("features_sum_to_the_change", "update changes.change set time_friends = time_friends + 1"),
        (
            "features_sum_to_the_change",
            "update changes.change_feature set factor = 'social_connections'"
            " where factor = 'credit_history'",
        ),
        (
            "features_sum_to_the_change",
            "update changes.change_feature set person_id = 'eve' where person_id = 'dan'",
        ),
        ("everyone_changes_once", "update changes.change set status_after = 'N1'"),
        ("everyone_changes_once", "update changes.change set status_cause = 'time'"),
        ("everyone_changes_once", "update changes.person_state set score_after = null"),
        ("everyone_changes_once", "delete from changes.person_state where person_id = 'ann'"),
        (
            "causes_move_what_they_can",
            "update changes.change set as_of_date_before = as_of_date",
        ),
    ],
)
def test_an_assertion_has_no_back_door(
    con: duckdb.DuckDBPyConnection, checked: Checked, name: str, fault: str
) -> None:
    con.execute(fault)
    assert checked(ASSERTIONS[name]).outcome == "failed"


@pytest.mark.parametrize(
    ("score", "own_band_no"),
    [(350, 1), (549, 1), (550, 2), (599, 2), (600, 3), (649, 3), (650, 4), (699, 4), (700, 5),
     (950, 5), (349, None), (951, None)],
)  # fmt: skip
def test_every_band_edge_belongs_to_one_band(
    con: duckdb.DuckDBPyConnection, checked: Checked, score: int, own_band_no: int | None
) -> None:
    in_its_band = ASSERTIONS["every_score_in_its_band"]
    for band_no in range(1, 6):
        con.execute(
            "update scores.score as score set score = $1, band_no = $2, band = band.band"
            " from reference.band as band"
            " where score.score is not null and band.scorecard = score.scorecard"
            " and band.band_no = $2",
            [score, band_no],
        )
        broken = checked(in_its_band).failed_count
        assert broken == (0 if band_no == own_band_no else 2 * len(SCORED))


def test_the_bound_holds_to_the_last_part_per_million(
    con: duckdb.DuckDBPyConnection, checked: Checked
) -> None:
    con.execute("update scores.friend_reliability set numerator = (own_ppm + 150000) * denominator")
    bound = ASSERTIONS["friends_move_nobody_far"]
    assert checked(bound).outcome == "passed"
    con.execute("update scores.friend_reliability set numerator = numerator + 1")
    assert checked(bound).failed_count == 2 * len(SCORED)


def test_every_dated_table_is_under_one_assertion_of_dates(house: DuckDBEngine) -> None:
    groups = [GROUPS["published"], GROUPS["published audits"]]
    for table in house.catalog.of_schema("published"):
        assert sum(group(table) for group in groups) == 1, table.name


@pytest.mark.parametrize("name", ["points_sum_to_score", "published_points_sum_to_score"])
def test_a_wrong_point_of_any_feature_is_found(
    con: duckdb.DuckDBPyConnection, checked: Checked, name: str
) -> None:
    schema = "published" if name.startswith("published") else "scores"
    for feature in _features(con):
        con.execute(f"update {schema}.points set {feature} = {feature} + 1")
        assert checked(ASSERTIONS[name]).failed_count == 2 * len(SCORED), feature
        con.execute(f"update {schema}.points set {feature} = {feature} - 1")
    assert checked(ASSERTIONS[name]).outcome == "passed"


def test_a_reason_of_any_feature_is_compared_with_its_points(
    con: duckdb.DuckDBPyConnection, checked: Checked
) -> None:
    for feature in _features(con):
        con.execute(f"update scores.reason set code = '{feature}', points = -1 where rank = 1")
        wrong = checked(ASSERTIONS["reasons_tell_true_points"])
        assert wrong.failed_count >= len(SCORED), feature
        assert json.loads(wrong.examples)[0]["points_earned"] is not None


def test_no_assertion_names_a_feature(con: duckdb.DuckDBPyConnection) -> None:
    """The neighbour mean is a table of its own as well as a feature."""
    named = re.compile(rf"\b(?<!scores\.)({'|'.join(_features(con))})\b")
    assert not [one.name for one in ASSERTIONS.values() if named.search(one.sql)]


def _features(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute("select distinct feature from reference.feature order by all").fetchall()
    return [feature for (feature,) in rows]


def test_a_stage_has_its_own_assertions(house: DuckDBEngine) -> None:
    results = check_assertions(house.con, house.catalog.of_schema("raw"), "raw", DATES.parameters)
    assert [result.table_name for result in results] == [
        "facts.no_event_arrived_later",
        "facts.no_event_happened_later",
        "facts.rows_accounted_for",
        "facts.store_holds_what_was_accepted",
    ]


def test_an_assertion_that_cannot_run_is_a_failure_even_if_it_only_warns(checked: Checked) -> None:
    result = checked(
        Assertion("odd", "Odd", "warn", "raw", "select no_such_column from raw.payment")
    )
    assert (result.level, result.outcome) == ("fail", "error")
    assert "no_such_column" in result.examples


def test_an_assertion_may_only_warn(checked: Checked) -> None:
    result = checked(Assertion("odd", "Odd", "warn", "raw", "select person_key from events.person"))
    assert (result.level, result.outcome, result.failed_count) == ("warn", "warned", 6)
    assert [row["person_id"] for row in json.loads(result.examples)] == ["ann", "bob", "cat"]


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ('title = "t"\nlevel = "fail"', "exactly level, stage, title"),
        ('title = "t"\nlevel = "bad"\nstage = "raw"', "level must be one of"),
        ('title = "t"\nlevel = "fail"\nstage = "cellar"', "stage must be one of"),
        ('title = "t"\nlevel = "fail"\nstage = "raw"\neach = "cellar"', "each must be one of"),
        ('title = "t"\nlevel = "fail"\nstage = "raw"\nmore = 1', "exactly level, stage, title"),
        ("title =", "odd.sql"),
    ],
)
def test_an_assertion_with_a_wrong_head_is_refused(
    tmp_path: Path, head: str, complaint: str
) -> None:
    file = tmp_path / "expectations/assertions/odd.sql"
    file.parent.mkdir(parents=True)
    file.write_text(f"/*\n{head}\n*/\nselect 1\n")
    with pytest.raises(ContractError, match=complaint):
        read_assertions(Method((tmp_path,)))
