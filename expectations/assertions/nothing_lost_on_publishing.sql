/*
title = "Factors, reasons and points are published whole, on each scorecard"
level = "fail"
stage = "published"
*/
-- Totals, not people: the people themselves are compared by their scores and points.
with

made as (
    select
        'points' as table_name,
        scorecard,
        count(*) as row_count,
        null as points
    from scores.points
    group by scorecard
    union all
    select
        'factor' as table_name,
        scorecard,
        count(*) as row_count,
        sum(
            credit_history + purchase_behaviour + performance_reliability
            + personal_information + social_connections
        ) as points
    from scores.factor
    group by scorecard
    union all
    select
        'reason' as table_name,
        scorecard,
        count(*) as row_count,
        sum(points_lost) as points
    from scores.reason
    group by scorecard
),

told as (
    select
        'points' as table_name,
        scorecard,
        count(*) as row_count,
        null as points
    from published.points
    group by scorecard
    union all
    select
        'factor' as table_name,
        scorecard,
        count(*) as row_count,
        sum(
            credit_history + purchase_behaviour + performance_reliability
            + personal_information + social_connections
        ) as points
    from published.factor
    group by scorecard
    union all
    select
        'reason' as table_name,
        scorecard,
        count(*) as row_count,
        sum(points_lost) as points
    from published.reason
    group by scorecard
)

select
    coalesce(made.table_name, told.table_name) as table_name,
    coalesce(made.scorecard, told.scorecard) as scorecard,
    made.row_count as rows_made,
    told.row_count as rows_published,
    cast(made.points as bigint) as points_made,
    cast(told.points as bigint) as points_published
from made
full join told on made.table_name = told.table_name and made.scorecard = told.scorecard
where
    made.row_count is distinct from told.row_count
    or made.points is distinct from told.points
