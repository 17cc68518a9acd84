/*
title = "Bills, and what was paid on each in total"
grain = "one row per person and bill id of a bill, a payment or a reversal"
key   = ["person_key", "bill_id"]
by_person = true

[columns]
person_key         = {}
bill_id            = { null = false }
is_issued          = { type = "BOOLEAN", doc = "Whether there is a bill of this id, or only payments name it." }
bill_type          = {}
event_time         = { null = true }
due_date           = {}
amount_cents       = {}
balance_cents      = {}
credit_limit_cents = {}
movement_count     = { type = "BIGINT", unit = "events", min = 0, doc = "Payments and reversals." }
moved_date         = { type = "DATE", null = true, doc = "Day of the newest of them." }
net_cents          = { type = "BIGINT", unit = "cents", doc = "Payments less reversals; may be negative, and may pass the amount." }
*/
select
    payment.person_key,
    payment.bill_id,
    count(*) filter (where payment.event_type = 'bill') > 0 as is_issued,
    max(payment.bill_type) filter (where payment.event_type = 'bill') as bill_type,
    max(payment.event_time) filter (where payment.event_type = 'bill') as event_time,
    max(payment.due_date) filter (where payment.event_type = 'bill') as due_date,
    max(payment.amount_cents) filter (where payment.event_type = 'bill') as amount_cents,
    max(payment.balance_cents) filter (where payment.event_type = 'bill') as balance_cents,
    max(payment.credit_limit_cents) filter (where payment.event_type = 'bill')
        as credit_limit_cents,
    count(*) filter (where payment.event_type <> 'bill') as movement_count,
    max(payment.event_date) filter (where payment.event_type <> 'bill') as moved_date,
    cast(sum(case payment.event_type
        when 'payment' then payment.amount_cents
        when 'reversal' then -payment.amount_cents
        else 0
    end) as bigint) as net_cents
from raw.payment as payment
anti join staging.later_payment as later on payment.event_id = later.event_id
where payment.event_type in ('bill', 'payment', 'reversal')
group by payment.person_key, payment.bill_id
