"""Assertions read features and factors from the card: any names, any number, no benefits."""

from collections.abc import Iterator

import duckdb
import pytest

from plainscore.checks.verdicts import check_assertion, read_assertions
from tests.expectations.small_house import DATES

# Two cards of their own scale: one of three features in two factors, one of a single feature.
# A feature or factor that a card lacks gives no points there.
CARDS = """
create schema events; create schema reference; create schema scores; create schema published;
create table events.person as
    select * from (values (0, 'ann'), (1, 'bob')) as person (person_key, person_id);
create table reference.card as
    select * from (values
        ('garden', 1, 0, 'average', null, null, 4, true),
        ('pond', 2, 7, 'passing', 10, 0, 1, false)
    ) as card (scorecard, scorecard_no, base, reason_method, reason_gate, reason_within,
        reason_count, is_one_reason_per_family);
create table reference.factor as
    select * from (values ('garden', 1, 'soil', 9), ('garden', 2, 'sun', 4),
        ('pond', 1, 'water', 3)) as factor (scorecard, factor_no, factor, max_points);
create table reference.feature as
    select * from (values
        ('garden', 1, 'worms', 'soil', 5, 0, 'earth', 'below'),
        ('garden', 2, 'compost', 'soil', 4, 0, 'earth', 'below'),
        ('garden', 3, 'hours', 'sun', 4, null, 'hours', 'above'),
        ('pond', 1, 'frogs', 'water', 3, 0, 'frogs', 'below')
    ) as feature (scorecard, feature_no, feature, factor, max_points, missing_points, family,
        context);
create table reference.context_set as
    select * from (values ('garden', 'below', 9, 13), ('pond', 'above', 0, 3))
    as context_set (scorecard, accepts, most_in_context, most_points);
create table scores.context_score as
    select * from (values ('garden', 0, 'below', 8), ('garden', 1, 'below', 5),
        ('pond', 0, 'above', 7)) as scored (scorecard, person_key, accepts, score_in_context);
create table reference.band as
    select * from (values ('garden', 1, 'low', 0, 6), ('garden', 2, 'high', 7, 13),
        ('pond', 1, 'all', 7, 10)) as band (scorecard, band_no, band, at_least, at_most);
create table reference.benefit (scorecard varchar, benefit varchar, min_score bigint);
create table scores.points as
    select * from (values
        ('garden', 0, 5, 1, 2, null), ('garden', 1, 0, 4, 4, null), ('pond', 0, null, null, null, 3)
    ) as points (scorecard, person_key, worms, compost, hours, frogs);
create table scores.factor as
    select * from (values ('garden', 0, 6, 2, null), ('garden', 1, 4, 4, null),
        ('pond', 0, null, null, 3)) as factor (scorecard, person_key, soil, sun, water);
create table scores.score as
    select * from (values ('garden', 0, 8, 2, 'high'), ('garden', 1, 8, 2, 'high'),
        ('pond', 0, 10, 1, 'all')) as score (scorecard, person_key, score, band_no, band);
create table scores.benchmark as
    select * from (values
        ('garden', 'average', 2, 5, 5, 6, null), ('pond', 'passing', 1, null, null, null, 3)
    ) as benchmark (scorecard, method, people, worms, compost, hours, frogs);
create table scores.reason as
    select *, points * null::double as value, true as is_missing from (values
        ('garden', 0, 1, 'compost', 1, 4, 3, 'average', 2.5::double),
        ('garden', 0, 2, 'hours', 2, 4, 2, 'average', 3::double),
        ('garden', 1, 1, 'worms', 0, 5, 5, 'average', 2.5::double)
    ) as reason (scorecard, person_key, rank, code, points, max_points, points_lost, method,
        benchmark_points);
create table published.card as select date '2026-01-31' as as_of_date, * from reference.card;
"""
PUBLISHED = """
create table published.{name} as
select
    person.person_id, date '2026-01-31' as as_of_date, date '2026-01-31' as known_on,
    card.scorecard, card.scorecard_no, made.* exclude (scorecard, person_key)
from scores.{name} as made
inner join events.person as person on made.person_key = person.person_key
inner join reference.card as card on made.scorecard = card.scorecard
"""
PLANTED = {
    "points_sum_to_score": "update scores.points set hours = hours + 1 where person_key = 1",
    "factors_sum_to_score": "update scores.factor set water = water - 1",
    "factors_hold_their_features": "update scores.factor set soil = soil + 1, sun = sun - 1",
    "points_within_their_maximum": "update scores.points set frogs = 4",
    "reasons_tell_true_points": "update scores.reason set points = points + 1 where rank = 2",
    "reasons_name_the_greatest_losses": "delete from scores.reason where rank = 2",
    "reasons_in_order": "update scores.reason set rank = 3 - rank where person_key = 0",
    "reasons_are_of_different_families": "update scores.reason set code = 'worms' where rank = 2",
    "reasons_compare_with_true_points": "update scores.benchmark set people = people + 1",
    "someone_scores_at_the_gate": "update reference.card set reason_gate = 11",
    "every_score_in_its_band": "update scores.score set band_no = 1, band = 'low'",
    "bands_cover_the_scale": "update reference.band set at_most = 11 where scorecard = 'pond'",
    "benefits_open_on_the_scale": "insert into reference.benefit values ('pond', 'swim', 11)",
    "contexts_give_what_the_card_says": "update scores.context_score set score_in_context = 8",
    "published_points_sum_to_score": "update published.points set worms = worms - 1",
    "nothing_lost_on_publishing": "update published.factor set sun = sun + 1",
}
ASSERTIONS = {assertion.name: assertion for assertion in read_assertions()}


NOTHING_IS_ZERO = """
create or replace table scores.{name} as
select scorecard, person_key, coalesce(columns(* exclude (scorecard, person_key)), 0)
from scores.{name}
"""


@pytest.fixture(params=["null", "zero"])
def con(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both cards; what a card lacks gives null points, or zero."""
    with duckdb.connect() as con:
        con.execute(CARDS)
        if request.param == "zero":
            con.execute(NOTHING_IS_ZERO.format(name="points"))
            con.execute(NOTHING_IS_ZERO.format(name="factor"))
            con.execute("update scores.benchmark set frogs = coalesce(frogs, 0)")
        for name in ("points", "factor", "score", "reason", "context_score"):
            con.execute(PUBLISHED.format(name=name))
        yield con


@pytest.mark.parametrize("name", PLANTED)
def test_other_cards_pass_and_their_wrong_points_fail(
    con: duckdb.DuckDBPyConnection, name: str
) -> None:
    result = check_assertion(con, (), ASSERTIONS[name], DATES.parameters)
    assert result.outcome == "passed", result
    con.execute(PLANTED[name])
    broken = "failed" if ASSERTIONS[name].level == "fail" else "warned"
    assert check_assertion(con, (), ASSERTIONS[name], DATES.parameters).outcome == broken
