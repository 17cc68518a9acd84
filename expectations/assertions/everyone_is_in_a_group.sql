/*
title = "Everyone is in one group of each attribute, scored or not, however points are counted"
level = "fail"
stage = "audits"
*/
with everyone as (
    select
        scorecard,
        count(*) as people,
        count(score) as scored_count
    from scores.score
    group by scorecard
),

grouped as (
    select
        scorecard,
        attribute,
        points_counted,
        sum(people) as people,
        sum(case when points is not null then people else 0 end) as scored_count
    from audits.group_points
    group by scorecard, attribute, points_counted
)

select
    everyone.scorecard,
    grouped.attribute,
    grouped.points_counted,
    everyone.people,
    cast(grouped.people as bigint) as people_in_groups,
    cast(grouped.scored_count as bigint) as scored_in_groups
from everyone
left join grouped on everyone.scorecard = grouped.scorecard
where
    grouped.people is distinct from everyone.people
    or grouped.scored_count is distinct from everyone.scored_count
