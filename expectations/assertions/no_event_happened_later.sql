/*
title = "No event counts that happened after events_until"
level = "fail"
stage = "raw"
each  = "raw"
*/
-- One clock alone, so that the least and greatest values of the files answer it.
select
    $table_name as log,
    person_key,
    event_id,
    event_date
from raw.each
where event_date > $events_until
