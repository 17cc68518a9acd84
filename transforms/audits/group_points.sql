/*
title = "How many people of each group have how many points"
grain = "one row per scorecard, group, way of counting points, and number of points"
key   = ["scorecard", "attribute", "group_name", "points_counted", "points"]

[columns]
scorecard      = {}
attribute      = {}
group_no       = {}
group_name     = {}
points_counted = {}
points         = { type = "BIGINT", unit = "points", null = true, min = 0, doc = "Points above the base; empty for those who are not scored." }
people         = {}
*/
with person_points as (
    select
        score.scorecard,
        score.person_key,
        'all' as points_counted,
        score.score - card.base as points
    from scores.score as score
    inner join reference.card as card on score.scorecard = card.scorecard
    union all
    select
        score.scorecard,
        score.person_key,
        'own' as points_counted,
        own_points.own_points as points
    from scores.score as score
    left join scores.own_points as own_points
        on score.scorecard = own_points.scorecard and score.person_key = own_points.person_key
),

counted as (
    select
        person_points.scorecard,
        member.attribute,
        member.group_name,
        person_points.points_counted,
        person_points.points,
        count(*) as people
    from person_points
    inner join audits.group_member as member on person_points.person_key = member.person_key
    where member.attribute <> 'everyone'
    group by all
)

select
    scorecard,
    attribute,
    cast(dense_rank() over (partition by attribute order by group_name) as integer) as group_no,
    group_name,
    points_counted,
    cast(points as bigint) as points,
    cast(people as bigint) as people
from counted
