/*
title = "Reasons: where most points were lost"
grain = "one row per scored person, scorecard and reason, up to four"
key   = ["person_id", "scorecard_no", "rank"]

[columns]
person_id    = {}
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
rank         = { type = "INTEGER", min = 1, max = 4, doc = "1 lost most points; ties in the order of the card." }
code         = { type = "VARCHAR", doc = "Name of the feature." }
value        = { type = "DOUBLE", null = true, doc = "Value of the feature, in its own unit; empty where missing." }
points       = { type = "INTEGER", unit = "points", min = 0, doc = "Points that it earned." }
max_points   = { type = "INTEGER", unit = "points", min = 1, doc = "Most it can earn." }
points_lost  = { type = "INTEGER", unit = "points", min = 1, doc = "The difference." }
reason       = { type = "VARCHAR", doc = "What it means to have lost points here." }
what_to_do   = { type = "VARCHAR", doc = "What the person can do about it." }

[[checks]]
name = "what is lost and what is left make the whole"
sql  = "select * from {batch} where points + points_lost <> max_points"
*/
select
    person.person_id,
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    reason.scorecard,
    card.scorecard_no,
    reason.rank,
    reason.code,
    reason.value,
    reason.points,
    reason.max_points,
    reason.points_lost,
    feature.reason,
    feature.what_to_do
from scores.reason as reason
inner join events.person as person on reason.person_key = person.person_key
inner join reference.card as card on reason.scorecard = card.scorecard
inner join reference.feature as feature
    on reason.scorecard = feature.scorecard and reason.code = feature.feature
