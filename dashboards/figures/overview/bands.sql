/*
number = 30
title  = "Who is in which band"
note   = "Share of the scored people of each date."
empty  = "Nobody is scored."
chart  = { kind = "lines", label = "as_of_date", values = ["people_share"], series = "band" }

[columns]
as_of_date   = { heading = "as of" }
band         = {}
people       = { unit = "people" }
people_share = { heading = "share", unit = "% of the scored", decimals = 1, times = 100 }
*/
with

counted as (
    select
        as_of_date,
        band_no,
        band,
        cast(sum(people) as bigint) as people
    from distribution
    where scorecard_no = 1 and as_of_date <= $as_of_date
    group by as_of_date, band_no, band
)

select
    as_of_date,
    band,
    people,
    people / sum(people) over (partition by as_of_date) as people_share
from counted
order by as_of_date, band_no
