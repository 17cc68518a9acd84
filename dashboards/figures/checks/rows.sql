/*
number = 40
title  = "How many rows are published"
note   = "Of the champion scorecard, beside the snapshot before."
empty  = "Nothing is published."

[columns]
view_name   = { heading = "view" }
rows_now    = { heading = "rows", unit = "rows" }
rows_before = { unit = "rows" }
*/
with published as (
    select
        as_of_date,
        'score' as view_name
    from score
    union all
    select
        as_of_date,
        'features' as view_name
    from features
    union all
    select
        as_of_date,
        'points' as view_name
    from points
    union all
    select
        as_of_date,
        'factor' as view_name
    from factor
    union all
    select
        as_of_date,
        'reason' as view_name
    from reason
    union all
    select
        as_of_date,
        'friend' as view_name
    from friend
    union all
    select
        as_of_date,
        'ring_member' as view_name
    from ring_member
)

select
    view_name,
    count(*) filter (where as_of_date = $as_of_date) as rows_now,
    case
        when cast($before_date as date) is not null
            then count(*) filter (where as_of_date = $before_date)
    end as rows_before
from published
where as_of_date in ($as_of_date, cast($before_date as date))
group by view_name
order by view_name
