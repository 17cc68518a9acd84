/*
title = "A reason states the points that its feature earned, its maximum, and what it is compared with"
level = "fail"
stage = "scores"
*/
with

earned as (
    unpivot scores.points on columns(* exclude (scorecard, person_key))
    into name feature value points
),

benchmark as (
    unpivot scores.benchmark on columns(* exclude (scorecard, method, people))
    into name feature value total
)

select
    reason.scorecard,
    reason.person_key,
    reason.code,
    reason.points as points_told,
    earned.points as points_earned,
    reason.max_points as max_points_told,
    feature.max_points,
    reason.benchmark_points
from scores.reason as reason
left join earned
    on
        reason.scorecard = earned.scorecard
        and reason.person_key = earned.person_key
        and reason.code = earned.feature
left join reference.feature as feature
    on reason.scorecard = feature.scorecard and reason.code = feature.feature
left join benchmark
    on reason.scorecard = benchmark.scorecard and reason.code = benchmark.feature
where
    reason.points is distinct from earned.points
    or reason.max_points is distinct from feature.max_points
    or reason.points_lost is distinct from feature.max_points - earned.points
    or reason.method is distinct from benchmark.method
    or reason.benchmark_points is distinct from benchmark.total / benchmark.people
    or benchmark.total <= earned.points * benchmark.people
