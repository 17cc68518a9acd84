/*
title = "A factor gives what its features give together, over everyone"
level = "fail"
stage = "scores"
*/
-- Over everyone and not row by row: unpivoting every person costs far more.
with feature_total as (
    unpivot (
        select
            scorecard,
            sum(columns(* exclude (scorecard, person_key)))
        from scores.points
        group by scorecard
    ) on columns(* exclude (scorecard)) into name feature value points
),

factor_total as (
    unpivot (
        select
            scorecard,
            sum(columns(* exclude (scorecard, person_key)))
        from scores.factor
        group by scorecard
    ) on columns(* exclude (scorecard)) into name factor value points
),

expected as (
    select
        feature.scorecard,
        feature.factor,
        sum(feature_total.points) as points
    from reference.feature as feature
    inner join feature_total
        on feature.scorecard = feature_total.scorecard and feature.feature = feature_total.feature
    group by feature.scorecard, feature.factor
)

select
    factor_total.scorecard,
    factor_total.factor,
    cast(factor_total.points as bigint) as points_of_factor,
    cast(expected.points as bigint) as points_of_its_features
from factor_total
full join expected
    on factor_total.scorecard = expected.scorecard and factor_total.factor = expected.factor
where coalesce(factor_total.points, 0) <> coalesce(expected.points, 0)
