/*
title = "Published dates"
grain = "one row per as_of_date, with the run that the plain views show"
key   = ["as_of_date"]

[columns]
as_of_date    = {}
known_on      = {}
run           = { type = "VARCHAR", doc = "The run within its (as_of_date, known_on)." }
year          = { type = "INTEGER", doc = "Year of as_of_date." }
month         = { type = "INTEGER", min = 1, max = 12, doc = "Month of as_of_date." }
is_month_end  = { type = "BOOLEAN", doc = "Whether as_of_date is the last day of its month." }
is_latest     = { type = "BOOLEAN", doc = "Whether it is the newest date." }
previous_date = { type = "DATE", null = true, doc = "The date published before it." }
*/
select
    as_of_date,
    known_on,
    run,
    cast(year(as_of_date) as integer) as year,
    cast(month(as_of_date) as integer) as month,
    as_of_date = last_day(as_of_date) as is_month_end,
    as_of_date = max(as_of_date) over () as is_latest,
    lag(as_of_date) over (order by as_of_date) as previous_date
from run
where is_shown
order by as_of_date
