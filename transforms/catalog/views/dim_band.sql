/*
title = "Bands of the newest snapshot's champion scorecard"
grain = "one row per band, the lowest first"
key   = ["band_no"]

[columns]
band_no  = { null = false }
band     = { null = false }
at_least = { type = "INTEGER", unit = "points", doc = "Lowest score of the band." }
at_most  = { type = "INTEGER", unit = "points", doc = "Highest score of the band." }
colour      = { type = "VARCHAR", doc = "Colour of the band in charts on light paper, as the report draws it." }
colour_dark = { type = "VARCHAR", doc = "The same on dark paper." }
*/
with placed as (
    select
        band_no,
        band,
        at_least,
        at_most,
        -- Which of the five steps of dashboards/style/base.css, the nearest where there are not five bands.
        1 + (8 * (band_no - min(band_no) over ()) + count(*) over () - 1)
        // (2 * greatest(count(*) over () - 1, 1)) as step
    from band_card
    where scorecard_no = 1 and as_of_date = (select max(as_of_date) from run)
)

select
    band_no,
    band,
    at_least,
    at_most,
    ['#a84300', '#ef9a4c', '#d3d8dd', '#55a3da', '#0057a0'][step] as colour,
    ['#ff9f43', '#985218', '#495058', '#236ba5', '#8fd0ff'][step] as colour_dark
from placed
order by band_no
