/*
title = "Whether scores go together among friends"
grain = "one row per scorecard that anyone is scored by, and way of counting points"
key   = ["scorecard_no", "points_counted"]

[columns]
as_of_date          = {}
known_on            = {}
scorecard           = {}
scorecard_no        = {}
points_counted      = {}
compared_tie_count  = {}
assortativity       = {}
drawn_tie_count     = {}
drawn_assortativity = {}
rewiring_count      = {}
rewired_mean        = {}
rewired_deviation   = {}
deviations_off      = {}

[[checks]]
name = "no more ties are drawn than there are"
sql  = "select * from {batch} where drawn_tie_count > compared_tie_count"
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    statistic.scorecard,
    card.scorecard_no,
    statistic.points_counted,
    statistic.compared_tie_count,
    statistic.assortativity,
    statistic.drawn_tie_count,
    statistic.drawn_assortativity,
    statistic.rewiring_count,
    statistic.rewired_mean,
    statistic.rewired_deviation,
    statistic.deviations_off
from statistics.score_assortativity as statistic
inner join reference.card as card on statistic.scorecard = card.scorecard
