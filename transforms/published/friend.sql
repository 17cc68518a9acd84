/*
title = "Friends in the neighbour mean"
grain = "one row per scored person and scored friend with two-way contact, on the champion card"
key   = ["person_id", "friend_id"]

[columns]
person_id      = {}
as_of_date     = {}
known_on       = {}
scorecard      = {}
scorecard_no   = {}
friend_id      = { type = "VARCHAR", doc = "The friend, as the logs name them." }
tie_days       = { type = "BIGINT", unit = "days", min = 0, doc = "Age of the tie." }
contact_months = { type = "BIGINT", unit = "30-day months", min = 1, max = 12, doc = "Months of the last 12 with contact in both directions: the friend's weight." }
friend_ppm     = { type = "BIGINT", unit = "parts per million", min = 0, max = 1000000, doc = "The friend's own record: points without the social factor against the most there are." }
clipped_ppm    = { type = "BIGINT", unit = "parts per million", doc = "The same, moved to within max_distance_ppm of the person's own record." }
weight_share   = { type = "DOUBLE", unit = "share", min = 0, max = 1, doc = "The friend's weight among all weights, the prior's included." }
contribution   = { type = "DOUBLE", unit = "share", doc = "The friend's term of the mean: weight_share x clipped record; the prior's term and these make friend_reliability." }
*/
with champion as (
    select
        record.scorecard,
        card.scorecard_no,
        record.person_key,
        record.own_ppm,
        record.denominator,
        record.own_ppm - card.max_distance_ppm as low_ppm,
        record.own_ppm + card.max_distance_ppm as high_ppm
    from scores.friend_reliability as record
    inner join reference.card as card on record.scorecard = card.scorecard
    where card.scorecard_no = 1
),

term as (
    select
        mine.*,
        tie.friend_key,
        tie.tie_days,
        tie.contact_months,
        friend.own_ppm as friend_ppm,
        greatest(least(friend.own_ppm, mine.high_ppm), mine.low_ppm) as clipped_ppm
    from staging.tie as tie
    inner join champion as mine on tie.person_key = mine.person_key
    inner join champion as friend on tie.friend_key = friend.person_key
    where tie.contact_months > 0
)

select
    person.person_id,
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    term.scorecard,
    term.scorecard_no,
    friend_person.person_id as friend_id,
    term.tie_days,
    term.contact_months,
    term.friend_ppm,
    term.clipped_ppm,
    cast(term.contact_months as double) / term.denominator as weight_share,
    cast(term.contact_months * term.clipped_ppm as double)
    / (1000000 * term.denominator) as contribution
from term
inner join events.person as person on term.person_key = person.person_key
inner join events.person as friend_person on term.friend_key = friend_person.person_key
