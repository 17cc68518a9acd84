/*
number = 30
title  = "From which band to which"
note   = "People of the snapshot before, by their band then (rows) and now (columns), in % of their row."
empty  = "There is no snapshot of an earlier date to compare with."
finding = """
select format(
    '{:.1f} % of those who had a band are in the same band now.',
    100 * sum(people) filter (where band_before = band_after) / sum(people)
) from figure where band_before not in ('no record', 'not scored') having sum(people) > 0"""
chart  = { kind = "cells", label = "band_before", values = ["row_share"], series = "band_after" }

[columns]
band_before = { heading = "band before" }
band_after  = { heading = "band now" }
people      = { unit = "people" }
row_share   = { heading = "share", unit = "% of the row", decimals = 1, times = 100 }
*/
with moved as (
    select *
    from mobility($before_date, $as_of_date)
    where cast($before_date as date) is not null
),

earlier as (
    select distinct
        band_no_before,
        band_before
    from moved
),

later as (
    select distinct
        band_no_after,
        band_after
    from moved
)

select
    earlier.band_before,
    later.band_after,
    coalesce(moved.people, 0) as people,
    coalesce(moved.share, 0) as row_share
from earlier
cross join later
left join moved
    on earlier.band_no_before = moved.band_no_before and later.band_no_after = moved.band_no_after
order by earlier.band_no_before, later.band_no_after
