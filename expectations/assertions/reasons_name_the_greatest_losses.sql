/*
title = "Reasons name the four greatest losses, or all where there are fewer"
level = "fail"
stage = "scores"
*/
with

named as (
    select
        scorecard,
        person_key,
        count(*) as reason_count,
        case when count(*) < 4 then 0 else min(points_lost) end as threshold
    from scores.reason
    group by scorecard, person_key
),

earned as (
    unpivot scores.points on columns(* exclude (scorecard, person_key))
    into name feature value points
),

counted as (
    select
        earned.scorecard,
        earned.person_key,
        coalesce(max(named.reason_count), 0) as reason_count,
        count(*) filter (
            where feature.max_points - earned.points > coalesce(named.threshold, 0)
        ) as greater_losses
    from earned
    inner join reference.feature as feature
        on earned.scorecard = feature.scorecard and earned.feature = feature.feature
    left join named
        on earned.scorecard = named.scorecard and earned.person_key = named.person_key
    group by earned.scorecard, earned.person_key
)

select *
from counted
where
    (reason_count < 4 and greater_losses <> reason_count)
    or (reason_count >= 4 and greater_losses >= 4)
