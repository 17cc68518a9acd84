/*
title = "Bands of the scorecards"
grain = "one row per scorecard and band"
key   = ["scorecard_no", "band_no"]

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
band_no      = { null = false }
band         = { null = false }
at_least     = { type = "INTEGER", unit = "points", doc = "Lowest score of the band." }
at_most      = { type = "INTEGER", unit = "points", doc = "Highest score of the band." }
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    band.scorecard,
    card.scorecard_no,
    band.band_no,
    band.band,
    cast(band.at_least as integer) as at_least,
    cast(band.at_most as integer) as at_most
from reference.band as band
inner join reference.card as card on band.scorecard = card.scorecard
