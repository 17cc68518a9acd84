/*
title = "Liquidity: how low the balance of an account went"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key     = {}
lowest_balance = { type = "BIGINT", unit = "cents", null = true, doc = "Lowest balance after a movement in the last 90 days; missing where nothing moved." }
*/
with lowest as (
    select
        person_key,
        min(account_cents) as cents
    from raw.balance
    where event_date > $as_of_date - interval 90 day
    group by person_key
)

select
    person.person_key,
    lowest.cents as lowest_balance
from staging.person as person
left join lowest on person.person_key = lowest.person_key
