/*
title = "No feature and no factor gives more than its maximum on the scorecard"
level = "fail"
stage = "scores"
*/
-- The greatest of each column first: one row for each of them instead of one for every person.
with most as (
    unpivot (
        select
            scorecard,
            max(columns(* exclude (scorecard, person_key)))
        from scores.points
        group by scorecard
    ) on columns(* exclude (scorecard)) into name what value points
    union all
    unpivot (
        select
            scorecard,
            max(columns(* exclude (scorecard, person_key)))
        from scores.factor
        group by scorecard
    ) on columns(* exclude (scorecard)) into name what value points
),

allowed as (
    select
        scorecard,
        feature as what,
        max_points
    from reference.feature
    union all
    select
        scorecard,
        factor as what,
        max_points
    from reference.factor
)

select
    most.scorecard,
    most.what,
    most.points,
    allowed.max_points
from most
left join allowed on most.scorecard = allowed.scorecard and most.what = allowed.what
where most.points > coalesce(allowed.max_points, 0)
