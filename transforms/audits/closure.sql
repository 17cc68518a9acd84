/*
title = "How often two friends of one person know each other: in the whole graph, of a sample"
grain = "one row"
key   = ["people"]

[columns]
people       = {}
pair_count   = { type = "BIGINT", unit = "pairs", min = 0, doc = "Pairs of friends of one of them." }
closed_count = { type = "BIGINT", unit = "pairs", min = 0, doc = "Those who have a live tie with each other." }
tied_ppm     = { type = "BIGINT", unit = "parts per million", min = 0, max = 1000000, doc = "Pairs of all people with two live ties or more who have one: what strangers know of each other." }
*/
with friendly as (
    select
        person_key,
        count(*) as tie_count
    from staging.tie
    group by person_key
    having count(*) >= 2
),

everyone as (
    select
        count(*) as person_count,
        cast(sum(tie_count) as bigint) as side_count
    from friendly
),

-- Without hubs: they have too many pairs, and hubs of stars are not the rule.
placed as (
    select
        friendly.person_key,
        friendly.tie_count,
        row_number() over (order by person.person_id) - 1 as place,
        (count(*) over () - 1) // rule.sample_people + 1 as step
    from friendly
    inner join events.person as person on friendly.person_key = person.person_key
    cross join reference.ring_rule as rule
    where friendly.tie_count <= rule.sample_ties
),

drawn as (
    select
        person_key,
        tie_count
    from placed
    where place % step = 0
),

friend as (
    select
        drawn.person_key,
        tie.friend_key
    from drawn
    inner join staging.tie as tie on drawn.person_key = tie.person_key
),

closed as (
    select count(*) as closed_count
    from friend as one
    inner join friend as other
        on one.person_key = other.person_key and one.friend_key < other.friend_key
    inner join staging.tie as tie
        on one.friend_key = tie.person_key and other.friend_key = tie.friend_key
)

select
    cast(count(drawn.person_key) as bigint) as people,
    coalesce(cast(sum(drawn.tie_count * (drawn.tie_count - 1) // 2) as bigint), 0) as pair_count,
    closed.closed_count,
    case
        when everyone.person_count < 2 then 0
        else least(
            everyone.side_count * 1000000 // (everyone.person_count * (everyone.person_count - 1)),
            1000000
        )
    end as tied_ppm
from closed
cross join everyone
left join drawn on drawn.tie_count > 0
group by closed.closed_count, everyone.person_count, everyone.side_count
