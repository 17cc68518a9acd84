/*
number = 31
title  = "Events that count only in part, or not at all"
note   = "A second event with an id that is taken, or an event of an order, bill or agreement that is not known, counts in no feature. A refund that names a merchant counts up to what is left of purchases there. What is dated before the account counts in full."
empty  = "Every event counts in full, and is dated after its person's account was opened."

[columns]
log            = {}
event_type     = { heading = "event" }
reason         = {}
is_used        = { heading = "counts in features" }
events         = { unit = "events" }
people         = { unit = "people" }
first_event_id = { heading = "first of them" }
*/
select
    log,
    event_type,
    replace(reason, '_', ' ') as reason,
    is_used,
    events,
    people,
    first_event_id
from unused_event
where as_of_date = $as_of_date
order by log, event_type, reason
