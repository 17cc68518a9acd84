/*
title = "Net spend by month"
grain = "one row per person and 30-day block of the last 24 with a purchase"
key   = ["person_key", "months_back"]
by_person = true

[columns]
person_key  = {}
months_back = { type = "BIGINT", unit = "30-day months", min = 0, max = 23, doc = "Which block; 0 is the newest." }
spent_cents = { type = "BIGINT", unit = "cents", min = 0, doc = "Net amount of the purchases made in it." }
*/
select
    person_key,
    date_diff('day', event_date, $as_of_date) // 30 as months_back,
    cast(sum(net_cents) as bigint) as spent_cents
from staging.purchase
where event_date > $as_of_date - interval 720 day and event_date <= $as_of_date
group by all
