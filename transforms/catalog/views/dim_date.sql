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
previous_date = { type = "DATE", null = true, doc = "The date published before it." }
*/
select
    as_of_date,
    known_on,
    run,
    cast(year(as_of_date) as integer) as year,
    cast(month(as_of_date) as integer) as month,
    lag(as_of_date) over (order by as_of_date) as previous_date
from run
where is_shown
order by as_of_date
