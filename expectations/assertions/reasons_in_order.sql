/*
title = "Reasons are ranked without a gap, the greatest loss first, no feature twice"
level = "fail"
stage = "scores"
*/
with

-- A feature is a bit: counting distinct names of every person costs several times as much.
ranked as (
    select
        reason.scorecard,
        reason.person_key,
        count(*) as reason_count,
        max(reason.rank) as last_rank,
        bit_count(bit_or(cast(1 as bigint) << feature.feature_no)) as feature_count,
        max(case when reason.rank = 1 then reason.points_lost end) as lost_1,
        max(case when reason.rank = 2 then reason.points_lost end) as lost_2,
        max(case when reason.rank = 3 then reason.points_lost end) as lost_3,
        max(case when reason.rank = 4 then reason.points_lost end) as lost_4,
        count(*) filter (
            where reason.points_lost <> reason.max_points - reason.points
        ) as wrong_count
    from scores.reason as reason
    inner join reference.feature as feature
        on reason.scorecard = feature.scorecard and reason.code = feature.feature
    group by reason.scorecard, reason.person_key
)

select *
from ranked
where
    last_rank <> reason_count
    or feature_count <> reason_count
    or lost_1 < lost_2
    or lost_2 < lost_3
    or lost_3 < lost_4
    or wrong_count > 0
