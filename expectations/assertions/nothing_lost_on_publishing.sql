/*
title = "Factors, reasons, points and scores in context are published whole, on each scorecard"
level = "fail"
stage = "published"
*/
-- Totals, not people: the people themselves are compared by their scores and points.
with made as (
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
        sum(list_sum([*columns(* exclude (scorecard, person_key))])) as points
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
    union all
    select
        'context_score' as table_name,
        scorecard,
        count(*) as row_count,
        sum(score_in_context) as points
    from scores.context_score
    group by scorecard
),

shown as (
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
        sum(list_sum([
            *columns(* exclude (person_id, as_of_date, known_on, scorecard, scorecard_no))
        ])) as points
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
    union all
    select
        'context_score' as table_name,
        scorecard,
        count(*) as row_count,
        sum(score_in_context) as points
    from published.context_score
    group by scorecard
)

select
    coalesce(made.table_name, shown.table_name) as table_name,
    coalesce(made.scorecard, shown.scorecard) as scorecard,
    made.row_count as rows_made,
    shown.row_count as rows_published,
    cast(made.points as bigint) as points_made,
    cast(shown.points as bigint) as points_published
from made
full join shown on made.table_name = shown.table_name and made.scorecard = shown.scorecard
where made.row_count is distinct from shown.row_count or made.points is distinct from shown.points
