"""Compile the sums of points of every feature over every group: what a gap is split by.

One pass over the points sums 32 columns for each meeting of region, gender and age band; the groups
are then put together from those few rows, and the columns laid one below the other.
"""

from collections.abc import Sequence

from transforms.contract import Glossary, Table, parse_contract
from transforms.scorecard.card import Scorecard

ATTRIBUTES = ("region", "gender", "age_band")

_COLUMNS = {
    "scorecard": {},
    "attribute": {"in": list(ATTRIBUTES)},
    "group_name": {},
    "feature": {"type": "VARCHAR", "doc": "Name of the feature."},
    "scored_count": {},
    "points_total": {
        "type": "BIGINT",
        "unit": "points",
        "min": 0,
        "doc": "Points for the feature of all scored people of the group together.",
    },
}


def feature_total_table(cards: Sequence[Scorecard], glossary: Glossary) -> Table:
    """Return audits.feature_total."""
    names = [feature.name for feature in cards[0].features]
    head = {
        "title": "Points of each feature over each group",
        "grain": "one row per scorecard, group with anyone scored, and feature",
        "key": ["scorecard", "attribute", "group_name", "feature"],
        "columns": _COLUMNS,
    }
    return parse_contract("audits.feature_total", head, glossary, _select(names))


def _select(names: Sequence[str]) -> str:
    sums = ",\n".join(f"        cast(sum(points.{name}) as bigint) as {name}" for name in names)
    placed = "\n    union all\n".join(
        f"    select\n        *,\n        '{attribute}' as attribute,\n"
        f"        {attribute} as group_name\n    from cell"
        for attribute in ATTRIBUTES
    )
    cases = "\n".join(f"        when '{name}' then placed.{name}" for name in names)
    return f"""with

cell as (
    select
        points.scorecard,
        person_group.region,
        person_group.gender,
        person_group.age_band,
        count(*) as scored_count,
{sums}
    from scores.points as points
    inner join audits.person_group as person_group
        on points.person_key = person_group.person_key
    group by
        points.scorecard,
        person_group.region,
        person_group.gender,
        person_group.age_band
),

placed as (
{placed}
)

select
    placed.scorecard,
    placed.attribute,
    placed.group_name,
    feature.feature,
    cast(sum(placed.scored_count) as bigint) as scored_count,
    cast(sum(case feature.feature
{cases}
    end) as bigint) as points_total
from placed
inner join reference.feature as feature on placed.scorecard = feature.scorecard
group by
    placed.scorecard,
    placed.attribute,
    placed.group_name,
    feature.feature"""
