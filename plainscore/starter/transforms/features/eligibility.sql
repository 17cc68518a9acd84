/*
title = "Eligibility: what decides whether a person is scored at all"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key     = {}
purchase_count = { type = "BIGINT", unit = "purchases", min = 0, doc = "Purchases ever." }
*/
select
    person.person_key,
    cast(count(purchase.order_id) as bigint) as purchase_count
from staging.person as person
left join staging.purchase as purchase on person.person_key = purchase.person_key
group by person.person_key
