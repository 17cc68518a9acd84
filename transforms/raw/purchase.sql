/*
title = "Purchase events that count"
grain = "one row per event that had happened by the end of events_until and had arrived by known_on"
key   = ["event_id"]

[columns]
person_key   = {}
event_id     = {}
event_time   = {}
event_date   = {}
event_type   = {}
order_id     = {}
merchant_id  = {}
category     = {}
amount_cents = {}
is_own_name  = {}
arrived      = {}
*/
select
    person_key,
    event_id,
    event_time,
    event_date,
    event_type,
    order_id,
    merchant_id,
    category,
    amount_cents,
    is_own_name,
    arrived
from events.purchase
where
    event_date <= $events_until
    and arrived <= $known_on
