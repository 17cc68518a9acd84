/*
title = "Service events that count"
grain = "one row per event that had happened by the end of events_until and had arrived by known_on"
key   = ["event_id"]

[columns]
person_key   = {}
event_id     = {}
event_time   = {}
event_date   = {}
event_type   = {}
agreement_id = {}
service_type = {}
due_date     = {}
arrived      = {}
*/
select
    person_key,
    event_id,
    event_time,
    event_date,
    event_type,
    agreement_id,
    service_type,
    due_date,
    arrived
from events.service
where
    event_date <= $events_until
    and arrived <= $known_on
