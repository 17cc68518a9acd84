/*
title = "Every person and every friend has a person_id"
level = "fail"
stage = "staging"
*/
with named as (
    select person_key from staging.person
    union all
    select friend_key as person_key from staging.tie
)

select
    cast(named.person_key as varchar) as internal_key,
    count(*) as row_count
from named
left join events.person as person on named.person_key = person.person_key
where person.person_id is null
group by named.person_key
