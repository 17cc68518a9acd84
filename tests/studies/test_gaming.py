"""Planted attackers are measured against the same people without the attack's ties."""

from pathlib import Path
from typing import Any

from plainscore.analysis.gaming import measure_planted
from plainscore.engines.duckdb import DuckDBEngine


def _measured(society: DuckDBEngine, labels: Path) -> dict[tuple[str, str], dict[str, Any]]:
    society.con.execute(
        f"""copy (select 'ann' as person_id, 'ring' as kind, 'member' as role
            union all select 'zed', 'hub_and_spoke', 'fake')
            to '{labels / "attack.parquet"}';
        copy (select 'bob' as person_id, 'ann' as friend_id)
            to '{labels / "attack_tie.parquet"}'"""
    )
    rows = measure_planted(society, labels)
    return {(row["kind"], row["role"]): row for row in rows if row["scorecard"] == "standard"}


def test_the_gain_is_the_difference_that_the_attacks_ties_make(
    society: DuckDBEngine, tmp_path: Path
) -> None:
    sql = "select {} from scores.{} where scorecard = 'standard' and person_key = 0"
    ask = (sql.format("social_connections", "factor"), sql.format("own_ppm", "friend_reliability"))
    [(social,)], [(own_ppm,)] = (society.con.execute(one).fetchall() for one in ask)
    found = _measured(society, tmp_path)
    ring = found["ring", "member"]
    # Without bob, ann has zed alone, a tie without contact to someone who is not scored: 1 point
    # for no warm tie, 1 for no share, 0 for two-way months and scored friends; the mean is the
    # prior's, half of 16 if it is within 0.15 of her record.
    prior = min(max(500_000, own_ppm - 150_000), own_ppm + 150_000)
    assert ring["social_points_gained"] == social - (
        0 + 1 + 1 + 0 + (32 * prior + 10**6) // (2 * 10**6)
    )
    assert (ring["people"], ring["scored_count"], ring["contact_count"]) == (1, 1, 6)
    assert ring["most_social_points_gained"] == ring["social_points_gained"]
    assert ring["most_distance_ppm"] <= ring["distance_bound_ppm"] == 150_000


def test_who_plays_no_part_is_told_apart_and_fakes_are_not_scored(
    society: DuckDBEngine, tmp_path: Path
) -> None:
    found = _measured(society, tmp_path)
    rest = found["no attack", "-"]
    # bob, cat, dan and eve; zed is only named, and so no person. bob loses the tie to ann.
    assert (rest["people"], rest["scored_count"]) == (4, 3)
    assert set(found) == {("ring", "member"), ("no attack", "-")}
