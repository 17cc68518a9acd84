/*
title = "Distribution of scores"
grain = "one row per scorecard and score that anyone has"
key   = ["scorecard_no", "score"]

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
score        = { null = false }
band         = { null = false }
band_no      = { null = false }
people       = {}
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    counted.scorecard,
    card.scorecard_no,
    counted.score,
    band.band,
    band.band_no,
    counted.people
from audits.score_count as counted
inner join reference.card as card on counted.scorecard = card.scorecard
inner join reference.band as band
    on
        counted.scorecard = band.scorecard
        and counted.score >= band.at_least
        and counted.score <= band.at_most
