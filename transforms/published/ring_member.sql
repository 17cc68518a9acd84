/*
title = "Who is in a ring or star that ties alone point to; a question to ask, no verdict, no points"
grain = "one row per person in a ring or star"
key   = ["person_id"]

[columns]
person_id         = {}
as_of_date        = {}
known_on          = {}
ring_no           = {}
inside_tie_count  = { type = "BIGINT", unit = "ties", min = 0, doc = "Live ties to others of the ring." }
outside_tie_count = { type = "BIGINT", unit = "ties", min = 0, doc = "Live ties to anyone else." }
is_hub            = {}
*/
with tie as (
    select
        mine.ring_no,
        mine.person_key,
        mine.is_hub,
        tie.friend_key,
        other.person_key is not null as is_inside
    from statistics.ring_member as mine
    left join staging.tie as tie on mine.person_key = tie.person_key
    left join statistics.ring_member as other
        on tie.friend_key = other.person_key and mine.ring_no = other.ring_no
)

select
    person.person_id,
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    tie.ring_no,
    cast(count(*) filter (where tie.is_inside) as bigint) as inside_tie_count,
    cast(count(tie.friend_key) filter (where not tie.is_inside) as bigint) as outside_tie_count,
    tie.is_hub
from tie
inner join events.person as person on tie.person_key = person.person_key
group by person.person_id, tie.ring_no, tie.is_hub
