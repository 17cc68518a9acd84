/*
title = "No event counts that arrived after known_on"
level = "fail"
stage = "raw"
*/
-- One clock alone, so that the least and greatest values of the files answer it.
select
    'profile' as log,
    person_key,
    event_id,
    arrived
from raw.profile
where arrived > $known_on
union all
select
    'purchase' as log,
    person_key,
    event_id,
    arrived
from raw.purchase
where arrived > $known_on
union all
select
    'payment' as log,
    person_key,
    event_id,
    arrived
from raw.payment
where arrived > $known_on
union all
select
    'service' as log,
    person_key,
    event_id,
    arrived
from raw.service
where arrived > $known_on
union all
select
    'friendship' as log,
    person_key,
    event_id,
    arrived
from raw.friendship
where arrived > $known_on
