/*
title = "Who would stand in another band on another scorecard"
grain = "one row per challenger, group, band on the champion and band on the challenger that anyone has"
key   = ["challenger_no", "attribute", "group_name", "champion_band_no", "challenger_band_no"]

[columns]
as_of_date         = {}
known_on           = {}
challenger         = {}
challenger_no      = {}
attribute          = { in = ["everyone", "region", "gender", "age_band"] }
group_name         = {}
champion_band_no   = { type = "INTEGER", min = 1, doc = "Order of the band on the champion, 1 the lowest." }
champion_band      = { type = "VARCHAR", doc = "Band on the champion." }
challenger_band_no = { type = "INTEGER", min = 1, doc = "Order of the band on the challenger, 1 the lowest." }
challenger_band    = { type = "VARCHAR", doc = "Band on the challenger." }
people             = {}
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    moved.challenger,
    card.scorecard_no as challenger_no,
    moved.attribute,
    moved.group_name,
    cast(champion_band.band_no as integer) as champion_band_no,
    champion_band.band as champion_band,
    cast(challenger_band.band_no as integer) as challenger_band_no,
    challenger_band.band as challenger_band,
    cast(sum(moved.people) as bigint) as people
from audits.score_move as moved
inner join reference.card as card on moved.challenger = card.scorecard
inner join reference.card as champion on champion.scorecard_no = 1
inner join reference.band as champion_band
    on
        champion.scorecard = champion_band.scorecard
        and moved.champion_score >= champion_band.at_least
        and moved.champion_score <= champion_band.at_most
inner join reference.band as challenger_band
    on
        moved.challenger = challenger_band.scorecard
        and moved.challenger_score >= challenger_band.at_least
        and moved.challenger_score <= challenger_band.at_most
group by all
