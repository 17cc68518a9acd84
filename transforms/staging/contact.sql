/*
title = "Months of two-way contact"
grain = "one row per pair of people and 30-day block of the last 12 with contact in both directions"
key   = ["low_key", "high_key", "months_back"]

[columns]
low_key     = { type = "BIGINT", min = 0, doc = "The smaller person_key of the pair." }
high_key    = { type = "BIGINT", min = 0, doc = "The larger person_key of the pair." }
months_back = { type = "BIGINT", unit = "30-day months", min = 0, max = 11, doc = "Which block; 0 is the newest." }
*/
with reach as (
    select
        least(person_key, friend_key) as low_key,
        greatest(person_key, friend_key) as high_key,
        date_diff('day', event_date, $as_of_date) // 30 as months_back,
        person_key < friend_key as is_from_low
    from raw.friendship
    where
        event_type = 'contact'
        and event_date > $as_of_date - interval 360 day
        and event_date <= $as_of_date
)

select
    low_key,
    high_key,
    months_back
from reach
group by low_key, high_key, months_back
having count(*) filter (where is_from_low) > 0 and count(*) filter (where not is_from_low) > 0
