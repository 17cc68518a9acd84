/*
title = "Card bills that state balance and limit"
grain = "one row per card bill with a balance and a credit limit above 0; amount 0 included"
key   = ["person_key", "bill_id"]

[columns]
person_key         = {}
bill_id            = { null = false }
event_time         = {}
event_date         = {}
balance_cents      = { null = false }
credit_limit_cents = { null = false }
*/
with issued_bill as (
    select *
    from raw.payment
    where event_type = 'bill'
    qualify row_number() over (partition by person_key, bill_id order by event_time, event_id) = 1
)

select
    person_key,
    bill_id,
    event_time,
    event_date,
    balance_cents,
    credit_limit_cents
from issued_bill
where bill_type = 'card' and balance_cents is not null and credit_limit_cents > 0
