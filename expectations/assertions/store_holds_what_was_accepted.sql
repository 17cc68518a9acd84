/*
title = "Each log's store holds as many events as its files had accepted"
level = "fail"
stage = "raw"
*/
with

stored as (
    select
        'profile' as log,
        count(*) as stored_count
    from events.profile
    union all
    select
        'purchase' as log,
        count(*) as stored_count
    from events.purchase
    union all
    select
        'payment' as log,
        count(*) as stored_count
    from events.payment
    union all
    select
        'service' as log,
        count(*) as stored_count
    from events.service
    union all
    select
        'friendship' as log,
        count(*) as stored_count
    from events.friendship
),

ledger as (
    select
        log,
        sum(accepted) as accepted_count
    from events.file
    group by log
)

select
    coalesce(stored.log, ledger.log) as log,
    stored.stored_count,
    ledger.accepted_count
from stored
full join ledger on stored.log = ledger.log
where coalesce(stored.stored_count, 0) <> coalesce(ledger.accepted_count, 0)
