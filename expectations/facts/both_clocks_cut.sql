/*
title = "No event counts that happened after events_until or arrived after known_on"
level = "fail"
stage = "raw"
*/
select
    'profile' as log,
    person_key,
    event_id,
    event_date,
    arrived
from raw.profile
where event_date > $events_until or arrived > $known_on
union all
select
    'purchase' as log,
    person_key,
    event_id,
    event_date,
    arrived
from raw.purchase
where event_date > $events_until or arrived > $known_on
union all
select
    'payment' as log,
    person_key,
    event_id,
    event_date,
    arrived
from raw.payment
where event_date > $events_until or arrived > $known_on
union all
select
    'service' as log,
    person_key,
    event_id,
    event_date,
    arrived
from raw.service
where event_date > $events_until or arrived > $known_on
union all
select
    'friendship' as log,
    person_key,
    event_id,
    event_date,
    arrived
from raw.friendship
where event_date > $events_until or arrived > $known_on
