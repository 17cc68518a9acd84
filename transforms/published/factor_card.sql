/*
title = "Factors of the scorecards"
grain = "one row per scorecard and factor"
key   = ["scorecard_no", "factor_no"]

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
factor_no    = { type = "INTEGER", min = 1, doc = "Place of the factor on the scorecard." }
factor       = { type = "VARCHAR", doc = "Name of the factor." }
max_points   = { type = "INTEGER", unit = "points", min = 0, doc = "Most points that its features can give together." }
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    factor.scorecard,
    card.scorecard_no,
    cast(factor.factor_no as integer) as factor_no,
    factor.factor,
    cast(factor.max_points as integer) as max_points
from reference.factor as factor
inner join reference.card as card on factor.scorecard = card.scorecard
