"""What planted attackers gain: the scores as they are, against those without the attacks' ties."""

from pathlib import Path
from typing import Any

from plainscore.analysis.gaming import gaming_file, records
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts.catalog import Catalog
from plainscore.engines.duckdb import DuckDBEngine

LABELS = ("attack.parquet", "attack_tie.parquet")
SOCIAL_POINTS = """
    select
        scorecard,
        person_key,
        score.score - card.base - own_points.own_points as points
    from scores.score as score
    inner join scores.own_points as own_points using (scorecard, person_key)
    inner join reference.card as card using (scorecard)"""


def measure_planted(
    engine: DuckDBEngine, labels: Path, method: Method = STANDARD_METHOD
) -> list[dict[str, Any]]:
    """Return what all who play one part in one kind of attack gain together, in points of a card.

    A row per scorecard, kind and part, by the columns of transforms/gaming/planted.sql; all others
    are kind ``no attack``. ``most_...`` are of one person and None where none of them is scored.
    ``contact_count``: two-way months along the attacks' ties. ``in_ring_count``: people in the
    table ring_member.

    ``engine`` has everything up to the scores, and the rings; its tables of the scores are without
    the attacks afterwards. ``labels``: the folder that the invented world wrote, see LABELS. An
    ordinary tie that a planted one replaced is not restored.
    """
    con = engine.con
    _read_labels(engine, labels)
    con.execute(f"create table planted.social as {SOCIAL_POINTS}")
    con.execute("create table planted.friend_reliability as from scores.friend_reliability")
    con.execute(
        "delete from staging.tie where exists (from planted.tie as planted where planted.is_planted"
        " and planted.person_key = tie.person_key and planted.friend_key = tie.friend_key)"
    )
    for name in _made_of(engine.catalog, "staging.tie"):
        con.execute(f"drop table {name}")
        engine.build(engine.catalog[name])
    con.execute(f"create view planted.social_without as {SOCIAL_POINTS}")
    for name in ("naive_rule.sql", "planted_naive.sql"):
        con.execute(gaming_file(name, method))
    rows = records(con, gaming_file("planted.sql", method))
    # As a name, "role" alone is a keyword of SQL.
    return [{name.removeprefix("played_"): cell for name, cell in row.items()} for row in rows]


def _read_labels(engine: DuckDBEngine, labels: Path) -> None:
    attack, attack_tie = (str(labels / name) for name in LABELS)
    engine.con.execute("create schema planted")
    engine.con.execute(
        "create table planted.part as select person.person_key, label.kind, label.role "
        "from read_parquet(?) as label "
        "inner join events.person as person on label.person_id = person.person_id",
        [attack],
    )
    engine.con.execute(
        """create table planted.tie as
        with pair as (
            select
                least(one.person_key, other.person_key) as low_key,
                greatest(one.person_key, other.person_key) as high_key
            from read_parquet(?) as label
            inner join events.person as one on label.person_id = one.person_id
            inner join events.person as other on label.friend_id = other.person_id
        )
        select tie.*, pair.low_key is not null as is_planted
        from staging.tie as tie
        left join pair
            on least(tie.person_key, tie.friend_key) = pair.low_key
            and greatest(tie.person_key, tie.friend_key) = pair.high_key""",
        [attack_tie],
    )


def _made_of(catalog: Catalog, source: str) -> list[str]:
    """Return the features and scores that follow from a table, in build order."""
    following = {source}
    for table in catalog.tables.values():
        if table.schema in ("features", "scores") and table.inputs & following:
            following.add(table.name)
    return [name for name in catalog.tables if name in following - {source}]
