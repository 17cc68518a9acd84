/*
title = "No event counts that arrived after known_on"
level = "fail"
stage = "raw"
each  = "raw"
*/
-- One clock alone, so that the least and greatest values of the files answer it.
select
    $table_name as log,
    person_key,
    event_id,
    arrived
from raw.each
where arrived > $known_on
