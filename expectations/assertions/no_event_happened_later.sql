/*
title = "No event counts that happened after events_until"
level = "fail"
stage = "raw"
*/
-- One clock alone, so that the least and greatest values of the files answer it.
select
    'profile' as log,
    person_key,
    event_id,
    event_date
from raw.profile
where event_date > $events_until
union all
select
    'purchase' as log,
    person_key,
    event_id,
    event_date
from raw.purchase
where event_date > $events_until
union all
select
    'payment' as log,
    person_key,
    event_id,
    event_date
from raw.payment
where event_date > $events_until
union all
select
    'service' as log,
    person_key,
    event_id,
    event_date
from raw.service
where event_date > $events_until
union all
select
    'friendship' as log,
    person_key,
    event_id,
    event_date
from raw.friendship
where event_date > $events_until
