/*
title = "Rings and stars that ties alone point to: many ties that began at about the same time"
grain = "one row per ring or star of at least four people"
key   = ["ring_no"]

[columns]
as_of_date        = {}
known_on          = {}
ring_no           = {}
people            = {}
tie_count         = { type = "BIGINT", unit = "ties", min = 0, doc = "Live ties among its people." }
two_way_tie_count = { type = "BIGINT", unit = "ties", min = 0, doc = "Those with contact in both directions in the last 12 months." }
contact_months    = { type = "BIGINT", unit = "friend-months", min = 0, doc = "Their months of two-way contact together." }
youngest_tie_days = {}
oldest_tie_days   = {}
outside_tie_count = { type = "BIGINT", unit = "ties", min = 0, doc = "Live ties of members to anyone else." }
scored_count      = {}
mean_score        = {}
density           = { type = "DOUBLE", unit = "share", min = 0, max = 1, doc = "tie_count over all pairs of members." }
kind                     = {}
burst_tie_count          = {}
expected_tie_count       = {}
outside_burst_count      = {}
expected_outside_count   = {}
spoke_tie_count          = {}
expected_spoke_tie_count = {}
*/
with member as (
    select
        ring.ring_no,
        ring.kind,
        ring.youngest_tie_days,
        ring.oldest_tie_days,
        ring.burst_tie_count,
        ring.expected_tie_count,
        ring.outside_burst_count,
        ring.expected_outside_count,
        ring.spoke_tie_count,
        ring.expected_spoke_tie_count,
        cast(count(*) as bigint) as people,
        cast(count(score.score) as bigint) as scored_count,
        cast(sum(score.score) as bigint) as scores
    from statistics.ring_member as ring
    inner join reference.card as card on card.scorecard_no = 1
    left join scores.score as score
        on ring.person_key = score.person_key and card.scorecard = score.scorecard
    group by all
),

-- Every tie within a ring stands here twice, once for each end.
side as (
    select
        mine.ring_no,
        count(*) filter (where other.person_key is not null) as inside_count,
        count(*) filter (where other.person_key is not null and tie.contact_months > 0)
            as two_way_count,
        cast(sum(
            case when other.person_key is not null then tie.contact_months else 0 end
        ) as bigint) as months,
        count(*) filter (where other.person_key is null) as outside_count
    from statistics.ring_member as mine
    inner join staging.tie as tie on mine.person_key = tie.person_key
    left join statistics.ring_member as other
        on tie.friend_key = other.person_key and mine.ring_no = other.ring_no
    group by mine.ring_no
)

select
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    member.ring_no,
    member.people,
    cast(side.inside_count // 2 as bigint) as tie_count,
    cast(side.two_way_count // 2 as bigint) as two_way_tie_count,
    cast(side.months // 2 as bigint) as contact_months,
    member.youngest_tie_days,
    member.oldest_tie_days,
    cast(side.outside_count as bigint) as outside_tie_count,
    member.scored_count,
    cast(member.scores as double) / nullif(member.scored_count, 0) as mean_score,
    cast(side.inside_count as double) / (member.people * (member.people - 1)) as density,
    member.kind,
    member.burst_tie_count,
    member.expected_tie_count,
    member.outside_burst_count,
    member.expected_outside_count,
    member.spoke_tie_count,
    member.expected_spoke_tie_count
from member
inner join side on member.ring_no = side.ring_no
