/*
title = "Reasons: where most points were lost"
grain = "one row per scored person, scorecard and reason, up to the count of the card"
key   = ["person_id", "scorecard_no", "rank"]

[columns]
person_id    = {}
as_of_date   = {}
known_on     = {}
scorecard    = {}
scorecard_no = {}
rank         = { type = "INTEGER", min = 1, doc = "1 is furthest below what it is compared with; ties in the order of the card." }
code         = { type = "VARCHAR", doc = "Name of the feature." }
family       = { type = "VARCHAR", doc = "What kind of reason it is; a card can allow one of each." }
value        = { type = "DOUBLE", null = true, doc = "Value of the feature, in its own unit; empty where missing." }
is_missing   = { type = "BOOLEAN", doc = "Whether the feature has no value; the words are those of a missing value then." }
points       = { type = "INTEGER", unit = "points", min = 0, doc = "Points that it earned." }
max_points   = { type = "INTEGER", unit = "points", min = 1, doc = "Most it can earn." }
points_lost  = { type = "INTEGER", unit = "points", min = 1, doc = "The difference." }
method       = { type = "VARCHAR", in = ["maximum", "average", "passing"], doc = "What points are compared with to find reasons: the most there are, the mean of everyone scored, or of those who score near the gate." }
benchmark_points = { type = "DOUBLE", unit = "points", min = 0, doc = "Points that the feature is compared with." }
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
    reason.family,
    reason.value,
    reason.is_missing,
    reason.points,
    reason.max_points,
    reason.points_lost,
    reason.method,
    reason.benchmark_points,
    case
        when reason.is_missing then feature.missing_reason
        else coalesce(words.reason, feature.reason)
    end as reason,
    case
        when reason.is_missing then feature.missing_what_to_do
        else coalesce(words.what_to_do, feature.what_to_do)
    end as what_to_do
from scores.reason as reason
inner join events.person as person on reason.person_key = person.person_key
inner join reference.card as card on reason.scorecard = card.scorecard
inner join reference.feature as feature
    on reason.scorecard = feature.scorecard and reason.code = feature.feature
left join reference.reason_words as words
    on
        reason.scorecard = words.scorecard
        and reason.code = words.feature
        and (words.at_least is null or reason.value >= words.at_least)
        and (words.below is null or reason.value < words.below)
