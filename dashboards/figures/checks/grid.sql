/*
number = 10
title  = "Checks of every date, stage by stage"
note   = "What was asked of each table before the next was made of it. A failed critical check publishes nothing, so none is seen here."
empty  = "No checks were run."
finding = """
select if(
    bool_or(is_warned), format('Checks warned at {} of {} stages.', count(*) filter (where is_warned), count(*)),
    format('Every check of {} dates passed.', count(distinct as_of_date))
) from figure"""
chart  = { kind = "cells", label = "as_of_date", values = ["outcome"], series = "stage", marked = "is_warned", is_wide = true }

[columns]
as_of_date = { heading = "as of" }
stage      = {}
outcome    = {}
is_warned  = { heading = "warned" }
*/
select
    check_result.as_of_date,
    check_result.stage,
    case
        when count(*) filter (where outcome <> 'passed') = 0 then 'all ' || count(*) || ' passed'
        else count(*) filter (where outcome <> 'passed') || ' of ' || count(*) || ' warned'
    end as outcome,
    count(*) filter (where outcome <> 'passed') > 0 as is_warned
from check_result
inner join dim_date as shown
    on
        check_result.as_of_date = shown.as_of_date
        and check_result.known_on = shown.known_on
        and check_result.run = shown.run
where check_result.as_of_date <= $as_of_date
group by check_result.as_of_date, check_result.stage
order by
    check_result.as_of_date,
    list_position(
        ['raw', 'staging', 'features', 'scores', 'audits', 'statistics', 'published'],
        check_result.stage
    )
