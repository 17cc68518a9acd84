/*
title = "Profile events that count"
grain = "one row per event that had happened by the end of events_until and had arrived by known_on"
key   = ["event_id"]

[columns]
person_key = {}
event_id   = {}
event_time = {}
event_date = {}
event_type = {}
region     = {}
birth_year = {}
gender     = {}
field      = {}
value_hash = {}
arrived    = {}
*/
select
    person_key,
    event_id,
    event_time,
    event_date,
    event_type,
    region,
    birth_year,
    gender,
    field,
    value_hash,
    arrived
from events.profile
where
    event_date <= $events_until
    and arrived <= $known_on
