/*
title = "How many people have which score"
grain = "one row per scorecard and score that anyone has"
key   = ["scorecard", "score"]

[columns]
scorecard         = {}
score             = { null = false }
points_above_base = { type = "INTEGER", unit = "points", min = 0, doc = "The score without the base." }
people            = {}
*/
select
    score.scorecard,
    score.score,
    cast(score.score - card.base as integer) as points_above_base,
    cast(count(*) as bigint) as people
from scores.score as score
inner join reference.card as card on score.scorecard = card.scorecard
where score.score is not null
group by score.scorecard, score.score, card.base
