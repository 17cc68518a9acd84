/*
title = "Benefits"
grain = "one row per scored person and benefit, champion scorecard"
key   = ["person_id", "as_of_date", "benefit"]

[columns]
person_id     = {}
as_of_date    = {}
known_on      = {}
scorecard     = {}
benefit       = {}
min_score     = { type = "INTEGER", unit = "points", doc = "Lowest score at which it is open." }
is_open       = { type = "BOOLEAN", doc = "Whether the person's score opens it." }
points_short  = { type = "INTEGER", unit = "points", min = 0, doc = "Points missing; 0 where open." }
is_harm_sensitive = { type = "BOOLEAN", doc = "Hiring, dating, housing." }
source        = { type = "VARCHAR", doc = "Where the threshold comes from." }
*/
select
    score.person_id,
    score.as_of_date,
    score.known_on,
    score.scorecard,
    benefit_card.benefit,
    benefit_card.min_score,
    score.score >= benefit_card.min_score as is_open,
    greatest(benefit_card.min_score - score.score, 0) as points_short,
    benefit_card.is_harm_sensitive,
    benefit_card.source
from score
inner join benefit_card
    on score.as_of_date = benefit_card.as_of_date and score.scorecard_no = benefit_card.scorecard_no
where score.score is not null
