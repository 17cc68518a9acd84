/*
title = "Bands of the newest snapshot's champion scorecard"
grain = "one row per band, the lowest first"
key   = ["band_no"]

[columns]
band_no  = { null = false }
band     = { null = false }
at_least = { type = "INTEGER", unit = "points", doc = "Lowest score of the band." }
at_most  = { type = "INTEGER", unit = "points", doc = "Highest score of the band." }
*/
select
    band_no,
    band,
    at_least,
    at_most
from band_card
where scorecard_no = 1 and as_of_date = (select max(as_of_date) from run)
order by band_no
