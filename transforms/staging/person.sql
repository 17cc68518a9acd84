/*
title = "People"
grain = "one row per person: everyone with at least one event of their own in any log"
key   = ["person_key"]
by_person = true

[columns]
person_key           = {}
has_profile_event    = { type = "BOOLEAN", doc = "Has an event of their own in the profile log." }
has_purchase_event   = { type = "BOOLEAN", doc = "Has an event of their own in the purchase log." }
has_payment_event    = { type = "BOOLEAN", doc = "Has an event of their own in the payment log." }
has_service_event    = { type = "BOOLEAN", doc = "Has an event of their own in the service log." }
has_friendship_event = { type = "BOOLEAN", doc = "Has an event of their own in the friendship log." }
last_payment_event_date = { type = "DATE", null = true, doc = "Day of the newest event of their own in the payment log; a `balance` is none, as it comes whether or not the account is used." }
*/
with seen as (
    select distinct
        person_key,
        'profile' as log_name,
        cast(null as date) as newest_date
    from raw.profile
    union all
    select distinct
        person_key,
        'purchase' as log_name,
        cast(null as date) as newest_date
    from raw.purchase
    union all
    select
        person_key,
        'payment' as log_name,
        max(event_date) filter (where event_type <> 'balance') as newest_date
    from raw.payment
    group by person_key
    union all
    select distinct
        person_key,
        'service' as log_name,
        cast(null as date) as newest_date
    from raw.service
    union all
    select distinct
        person_key,
        'friendship' as log_name,
        cast(null as date) as newest_date
    from raw.friendship
)

select
    person_key,
    count(*) filter (where log_name = 'profile') > 0 as has_profile_event,
    count(*) filter (where log_name = 'purchase') > 0 as has_purchase_event,
    count(*) filter (where log_name = 'payment') > 0 as has_payment_event,
    count(*) filter (where log_name = 'service') > 0 as has_service_event,
    count(*) filter (where log_name = 'friendship') > 0 as has_friendship_event,
    max(newest_date) as last_payment_event_date
from seen
group by person_key
