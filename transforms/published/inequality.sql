/*
title = "How unequally points are shared out"
grain = "one row per scorecard that anyone is scored by, way of counting points, and attribute"
key   = ["scorecard_no", "points_counted", "attribute"]

[columns]
as_of_date     = {}
known_on       = {}
scorecard      = {}
scorecard_no   = {}
points_counted = {}
attribute      = { in = ["region", "gender", "age_band"] }
people         = {}
gini           = {}
theil          = {}
theil_between  = {}
theil_within   = {}

[[checks]]
name = "the parts of Theil's measure make the whole"
sql  = "select * from {batch} where abs(theil - theil_between - theil_within) > 0.000000001"
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    statistic.scorecard,
    card.scorecard_no,
    statistic.points_counted,
    statistic.attribute,
    statistic.people,
    statistic.gini,
    statistic.theil,
    statistic.theil_between,
    statistic.theil_within
from statistics.score_inequality as statistic
inner join reference.card as card on statistic.scorecard = card.scorecard
