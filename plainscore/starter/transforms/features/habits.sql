/*
title = "Habits: on how many days a person buys"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key         = {}
purchase_days      = { type = "BIGINT", unit = "days", null = true, min = 0, max = 90, doc = "Days with a purchase in the last 90 days; missing where there never was a purchase." }
*/
with own_purchase as (
    select
        person_key,
        cast(
            count(distinct event_date) filter (where event_date > $as_of_date - interval 90 day)
            as bigint
        ) as purchase_days
    from staging.purchase
    group by person_key
)

select
    person.person_key,
    own_purchase.purchase_days
from staging.person as person
left join own_purchase on person.person_key = own_purchase.person_key
