/*
title = "Benefits that open at a score"
grain = "one row per scorecard and benefit"
key   = ["scorecard_no", "benefit_no"]

[columns]
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
benefit_no   = { type = "INTEGER", min = 1, doc = "Place of the benefit on the list." }
benefit      = {}
min_score    = { type = "INTEGER", unit = "points", doc = "Lowest score at which it is open." }
source       = { type = "VARCHAR", doc = "Where the threshold comes from: documented in the press, or from the seed story only." }
note         = { type = "VARCHAR", doc = "What to know about it." }
is_harm_sensitive = { type = "BOOLEAN", doc = "Hiring, dating, housing: always shown in the gap audit." }
*/
select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    benefit.scorecard,
    card.scorecard_no,
    cast(benefit.benefit_no as integer) as benefit_no,
    benefit.benefit,
    cast(benefit.min_score as integer) as min_score,
    benefit.source,
    benefit.note,
    benefit.is_harm_sensitive
from reference.benefit as benefit
inner join reference.card as card on benefit.scorecard = card.scorecard
