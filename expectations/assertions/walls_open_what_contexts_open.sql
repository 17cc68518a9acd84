/*
title = "A benefit is open to those that the score opens it to, or accepted contexts do behind a wall"
level = "fail"
stage = "published"
*/
with counted as (
    select
        scorecard_no,
        benefit,
        case
            when is_wall_enforced then open_with_wall_count
            else open_without_wall_count
        end as open_count
    from published.context
    where attribute = 'everyone'
),

opened as (
    select
        scorecard_no,
        benefit,
        sum(open_count) as open_count
    from published.benefit_access
    where attribute = 'region'
    group by scorecard_no, benefit
)

select
    counted.scorecard_no,
    counted.benefit,
    counted.open_count as open_by_the_wall,
    cast(opened.open_count as bigint) as open_in_groups
from counted
left join opened
    on counted.scorecard_no = opened.scorecard_no and counted.benefit = opened.benefit
where counted.open_count is distinct from opened.open_count
