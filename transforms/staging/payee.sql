/*
title = "Receivers of a person's transfers"
grain = "one row per person and receiver of a transfer in the last 545 days"
key   = ["person_key", "counterparty_key"]
by_person = true

[columns]
person_key       = {}
counterparty_key = { null = false }
recent_count     = { type = "BIGINT", unit = "transfers", min = 0, doc = "Transfers of the last 180 days." }
earlier_count    = { type = "BIGINT", unit = "transfers", min = 0, doc = "Transfers of the 365 days before those." }
*/
select
    person_key,
    counterparty_key,
    count(*) filter (where event_date > $as_of_date - interval 180 day) as recent_count,
    count(*) filter (where event_date <= $as_of_date - interval 180 day) as earlier_count
from raw.payment
where
    event_type = 'transfer'
    and event_date > $as_of_date - interval 545 day
    and event_date <= $as_of_date
group by person_key, counterparty_key
