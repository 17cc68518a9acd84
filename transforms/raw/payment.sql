/*
title = "Payment events that count"
grain = "one row per event that had happened by the end of events_until and had arrived by known_on"
key   = ["event_id"]

[columns]
person_key         = {}
event_id           = {}
event_time         = {}
event_date         = {}
event_type         = {}
bill_id            = {}
bill_type          = {}
amount_cents       = {}
due_date           = {}
balance_cents      = {}
credit_limit_cents = {}
counterparty_key   = {}
arrived            = {}
*/
select
    person_key,
    event_id,
    event_time,
    event_date,
    event_type,
    bill_id,
    bill_type,
    amount_cents,
    due_date,
    balance_cents,
    credit_limit_cents,
    counterparty_key,
    arrived
from events.payment
where
    event_date <= $events_until
    and arrived <= $known_on
