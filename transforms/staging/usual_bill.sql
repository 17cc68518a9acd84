/*
title = "What a bill of no known amount weighs"
grain = "one row per person with such a bill and with one of a known amount above 0"
key   = ["person_key"]

[columns]
person_key   = {}
amount_cents = { null = false }
*/
-- The person's median known bill, of any type: the lower of two middles.
with gap as (
    select distinct person_key
    from raw.payment
    where event_type = 'bill' and amount_cents is null
),

-- A second event with the same bill_id is ignored.
issued_bill as (
    select *
    from raw.payment
    where event_type = 'bill' and person_key in (select gap.person_key from gap)
    qualify row_number() over (partition by person_key, bill_id order by event_time, event_id) = 1
),

ranked as (
    select
        person_key,
        amount_cents,
        row_number() over (partition by person_key order by amount_cents, bill_id) as place,
        count(*) over (partition by person_key) as bill_count
    from issued_bill
    where amount_cents > 0
)

select
    person_key,
    amount_cents
from ranked
where place = (bill_count + 1) // 2
