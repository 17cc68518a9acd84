/*
title = "Each log's store holds as many events as its files had accepted"
level = "fail"
stage = "raw"
each  = "raw"
*/
with stored as (
    select count(*) as stored_count
    from events.each
),

ledger as (
    select sum(accepted) as accepted_count
    from events.file
    where log = $table_name
)

select
    $table_name as log,
    stored.stored_count,
    ledger.accepted_count
from stored
cross join ledger
where stored.stored_count <> coalesce(ledger.accepted_count, 0)
