/*
number = 40
title  = "From which band to which"
note   = "People of the snapshot before, by their band then (rows) and now (columns), in % of their row."
empty  = "There is no snapshot of an earlier date to compare with."
chart  = { kind = "matrix", label = "band_before", values = ["share"], series = "band_after" }

[columns]
band_before = { heading = "band before" }
band_after  = { heading = "band now" }
people      = { unit = "people" }
share       = { unit = "% of the row", decimals = 1, times = 100 }
*/
select
    band_before,
    band_after,
    people,
    share
from mobility($before_date, $as_of_date)
where cast($before_date as date) is not null
order by band_no_before, band_no_after
