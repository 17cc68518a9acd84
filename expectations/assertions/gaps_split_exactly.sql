/*
title = "The features' parts of a gap sum to the gap, with the social factor and without it"
level = "fail"
stage = "published"
*/
-- Both sides times scored_count * rest_count, so that all stays whole.
-- The neighbour mean alone has no points for a missing value; its factor is the social one.
with social as (
    select distinct factor
    from reference.feature
    where missing_points is null
),

counted as (
    select
        scorecard,
        attribute,
        group_name,
        points_counted,
        sum(case when points is not null then people end) as people,
        sum(points * people) as points
    from audits.group_points
    group by scorecard, attribute, group_name, points_counted
),

gap as (
    select
        *,
        sum(people) over (partition by scorecard, attribute, points_counted) - people as rest,
        sum(points) over (partition by scorecard, attribute, points_counted)
        - points as rest_points
    from counted
),

part as (
    select
        scorecard,
        attribute,
        group_name,
        count(*) as feature_count,
        sum(points_total * rest_count - rest_total * scored_count) as whole,
        sum(case
            when factor not in (select social.factor from social)
                then points_total * rest_count - rest_total * scored_count
            else 0
        end) as own
    from published.gap_split
    group by scorecard, attribute, group_name
)

select
    gap.scorecard,
    gap.attribute,
    gap.group_name,
    gap.points_counted,
    cast(gap.points * gap.rest - gap.rest_points * gap.people as bigint) as gap_of_scores,
    cast(case gap.points_counted when 'all' then part.whole else part.own end as bigint)
        as gap_of_features
from gap
left join part
    on
        gap.scorecard = part.scorecard
        and gap.attribute = part.attribute
        and gap.group_name = part.group_name
where
    gap.people > 0
    and (
        part.whole is null
        or gap.points * gap.rest - gap.rest_points * gap.people
        <> case gap.points_counted when 'all' then part.whole else part.own end
    )
