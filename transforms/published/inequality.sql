/*
title = "How unequally points are shared out"
grain = "one row per scorecard that anyone is scored by"
key   = ["scorecard_no"]

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
people       = {}
gini         = { type = "DOUBLE", null = true, min = 0, max = 1, doc = "Gini's coefficient of the points above the base, 0 (all alike) to 1; empty where nobody has any." }
theil        = { type = "DOUBLE", null = true, min = 0, doc = "Theil's T of the points above the base, 0 (all alike) upwards; empty where nobody has any." }
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    statistic.scorecard,
    card.scorecard_no,
    statistic.people,
    statistic.gini,
    statistic.theil
from statistics.score_inequality as statistic
inner join reference.card as card on statistic.scorecard = card.scorecard
