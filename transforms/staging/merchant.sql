/*
title = "Where a person shops"
grain = "one row per person and merchant with a purchase in the last 545 days"
key   = ["person_key", "merchant_id"]
by_person = true

[columns]
person_key    = {}
merchant_id   = { null = false }
recent_count  = { type = "BIGINT", unit = "purchases", min = 0, doc = "Purchases of the last 180 days." }
earlier_count = { type = "BIGINT", unit = "purchases", min = 0, doc = "Purchases of the 365 days before those." }
*/
select
    person_key,
    merchant_id,
    count(*) filter (where event_date > $as_of_date - interval 180 day) as recent_count,
    count(*) filter (where event_date <= $as_of_date - interval 180 day) as earlier_count
from staging.purchase
where event_date > $as_of_date - interval 545 day and event_date <= $as_of_date
group by person_key, merchant_id
