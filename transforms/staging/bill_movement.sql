/*
title = "Payments and reversals of bills with more than one payment"
grain = "one row per payment or reversal of a bill that has several, or a reversal alone"
key   = ["event_id"]
by_person = true

[columns]
person_key   = {}
bill_id      = { null = false }
event_id     = {}
event_time   = {}
event_date   = {}
event_type   = {}
change_cents = { type = "BIGINT", unit = "cents", doc = "The amount; of a reversal below 0." }
net_cents    = { type = "BIGINT", unit = "cents", doc = "Payments less reversals on the bill up to this one." }
*/
-- Rare: of all other bills the total says what was paid and when.
with movement as (
    select
        payment.person_key,
        payment.bill_id,
        payment.event_id,
        payment.event_time,
        payment.event_date,
        payment.event_type,
        case payment.event_type when 'payment' then 1 else -1 end * payment.amount_cents
            as change_cents
    from raw.payment as payment
    inner join staging.bill_total as total
        on payment.person_key = total.person_key and payment.bill_id = total.bill_id
    where
        payment.event_type in ('payment', 'reversal')
        and (total.movement_count > 1 or total.net_cents <= 0)
)

select
    person_key,
    bill_id,
    event_id,
    event_time,
    event_date,
    event_type,
    change_cents,
    cast(sum(change_cents) over (
        partition by person_key, bill_id
        order by event_time, event_id
        rows between unbounded preceding and current row
    ) as bigint) as net_cents
from movement
