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

placed as (
    select
        friendly.person_key,
        friendly.tie_count,
        row_number() over (order by person.person_id) - 1 as place,
        count(*) over () as person_count,
        cast(sum(friendly.tie_count) over () as bigint) as side_count,
        rule.sample_people
    from friendly
    inner join events.person as person on friendly.person_key = person.person_key
    cross join reference.ring_rule as rule
),

drawn as (
    select
        person_key,
        tie_count,
        least(side_count * 1000000 // (person_count * (person_count - 1)), 1000000) as tied_ppm
    from placed
    where person_count > 1 and place % ((person_count - 1) // sample_people + 1) = 0
),

closed as (
    select count(*) as closed_count
    from drawn
    inner join staging.tie as one on drawn.person_key = one.person_key
    inner join staging.tie as between_them on one.friend_key = between_them.person_key
    inner join staging.tie as other
        on drawn.person_key = other.person_key and between_them.friend_key = other.friend_key
    where one.friend_key < other.friend_key
)

select
    cast(count(drawn.person_key) as bigint) as people,
    coalesce(cast(sum(drawn.tie_count * (drawn.tie_count - 1) // 2) as bigint), 0) as pair_count,
    closed.closed_count,
    coalesce(max(drawn.tied_ppm), 0) as tied_ppm
from closed
left join drawn on drawn.tie_count > 0
group by closed.closed_count
