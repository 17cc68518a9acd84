/*
title = "Friends of the people on whose records attacks are tried"
grain = "one row per scorecard and attacker"
key   = ["scorecard", "person_key"]

[columns]
scorecard             = {}
person_key            = {}
tie_count             = { type = "BIGINT", unit = "ties", doc = "Live ties." }
scored_tie_count      = { type = "BIGINT", unit = "ties", doc = "Those to scored friends." }
warm_count            = { type = "BIGINT", unit = "ties", doc = "Those with 3 or more two-way months." }
total_months          = { type = "BIGINT", unit = "friend-months", doc = "Two-way months with all friends." }
scored_months         = { type = "BIGINT", unit = "friend-months", doc = "Two-way months with scored friends." }
top_months            = { type = "BIGINT", unit = "30-day months", doc = "Two-way months with the closest friend." }
good_friend_count     = { type = "BIGINT", unit = "ties", doc = "Friends in contact whose own record is among the best fifth." }
*/
-- Whose record is as good as that of the first of the best fifth.
with bar as (
    select
        scorecard,
        min(own_ppm) as good_ppm
    from audits.attacker
    where attacker_no * 5 > attackers * 4
    group by scorecard
),

friend as (
    select
        attacker.scorecard,
        attacker.person_key,
        tie.friend_key,
        tie.contact_months,
        record.person_key is not null as is_scored,
        coalesce(record.own_ppm >= bar.good_ppm, false) and tie.contact_months > 0 as is_good
    from audits.attacker as attacker
    inner join bar on attacker.scorecard = bar.scorecard
    left join staging.tie as tie on attacker.person_key = tie.person_key
    left join scores.friend_reliability as record
        on attacker.scorecard = record.scorecard and tie.friend_key = record.person_key
)

select
    scorecard,
    person_key,
    cast(count(friend_key) as bigint) as tie_count,
    cast(count(*) filter (where is_scored) as bigint) as scored_tie_count,
    cast(count(*) filter (where contact_months >= 3) as bigint) as warm_count,
    coalesce(cast(sum(contact_months) as bigint), 0) as total_months,
    coalesce(cast(sum(contact_months) filter (where is_scored) as bigint), 0) as scored_months,
    coalesce(max(contact_months), 0) as top_months,
    cast(count(*) filter (where is_good) as bigint) as good_friend_count
from friend
group by scorecard, person_key
