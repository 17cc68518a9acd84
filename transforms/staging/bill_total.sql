/*
title = "Bills, and what was paid on each in total"
grain = "one row per bill of a person"
key   = ["person_key", "bill_id"]
by_person = true

[columns]
person_key         = {}
bill_id            = { null = false }
bill_type          = { null = false }
event_time         = {}
event_date         = {}
due_date           = { null = false }
amount_cents       = {}
balance_cents      = {}
credit_limit_cents = {}
movement_count     = { type = "BIGINT", unit = "events", min = 0, doc = "Payments and reversals of the bill." }
moved_date         = { type = "DATE", null = true, doc = "Day of the newest of them." }
net_cents          = { type = "BIGINT", unit = "cents", doc = "Payments less reversals; may be negative, and may pass the amount." }
*/
with paid as (
    select
        person_key,
        bill_id,
        count(*) as movement_count,
        max(event_date) as moved_date,
        cast(sum(case event_type when 'payment' then 1 else -1 end * amount_cents) as bigint)
            as net_cents
    from raw.payment
    where event_type in ('payment', 'reversal')
    group by person_key, bill_id
)

select
    bill.person_key,
    bill.bill_id,
    bill.bill_type,
    bill.event_time,
    bill.event_date,
    bill.due_date,
    bill.amount_cents,
    bill.balance_cents,
    bill.credit_limit_cents,
    coalesce(paid.movement_count, 0) as movement_count,
    paid.moved_date,
    coalesce(paid.net_cents, 0) as net_cents
from raw.payment as bill
anti join staging.later_payment as later on bill.event_id = later.event_id
left join paid on bill.person_key = paid.person_key and bill.bill_id = paid.bill_id
where bill.event_type = 'bill'
