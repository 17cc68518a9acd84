/*
title = "What a bill of no known amount weighs"
grain = "one row per person with such a bill and with one of a known amount above 0"
key   = ["person_key"]
by_person = true

[columns]
person_key   = {}
amount_cents = { null = false }
*/
-- The person's median known bill, of any type: the lower of two middles.
with gap as (
    select distinct person_key
    from staging.bill_total
    where amount_cents is null
),

ranked as (
    select
        person_key,
        amount_cents,
        row_number() over (partition by person_key order by amount_cents, bill_id) as place,
        count(*) over (partition by person_key) as bill_count
    from staging.bill_total
    where amount_cents > 0 and person_key in (select gap.person_key from gap)
)

select
    person_key,
    amount_cents
from ranked
where place = (bill_count + 1) // 2
