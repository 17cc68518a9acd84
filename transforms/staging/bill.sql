/*
title = "Bills and how they were paid"
grain = "one row per bill of a person; a bill of amount 0 is no obligation and is left out"
key   = ["person_key", "bill_id"]
by_person = true

[columns]
person_key   = {}
bill_id      = { null = false }
bill_type    = { null = false }
due_date     = { null = false }
amount_cents = { null = false }
is_amount_known = { type = "BOOLEAN", doc = "Whether the bill states its amount; else it weighs as the person's median known bill, 0 where none is known." }
received_cents  = { type = "BIGINT", unit = "cents", min = 0, doc = "Payments less reversals, at least 0; may pass the amount." }
paid_cents   = {}
paid_date    = {}
days_late    = {}

[[checks]]
name = "a bill is paid exactly when it has a date of payment"
sql  = "select * from {batch} where (paid_date is not null) <> (paid_cents = amount_cents) and amount_cents > 0"
*/
-- Without a known amount, a cent settles a bill.
with billed as (
    select
        *,
        coalesce(amount_cents, 1) as owed_cents,
        greatest(net_cents, 0) as received_cents
    from staging.bill_total
    where coalesce(amount_cents, 1) > 0
),

settled as (
    select
        movement.person_key,
        movement.bill_id,
        max(movement.event_date) as paid_date
    from staging.bill_movement as movement
    inner join billed
        on movement.person_key = billed.person_key and movement.bill_id = billed.bill_id
    where
        movement.net_cents >= billed.owed_cents
        and movement.net_cents - movement.change_cents < billed.owed_cents
    group by movement.person_key, movement.bill_id
),

dated as (
    select
        billed.*,
        case
            when billed.net_cents < billed.owed_cents then null
            when billed.movement_count = 1 then billed.moved_date
            else settled.paid_date
        end as paid_date
    from billed
    left join settled
        on billed.person_key = settled.person_key and billed.bill_id = settled.bill_id
)

select
    bill.person_key,
    bill.bill_id,
    bill.bill_type,
    bill.due_date,
    coalesce(bill.amount_cents, usual_bill.amount_cents, 0) as amount_cents,
    bill.amount_cents is not null as is_amount_known,
    bill.received_cents,
    case
        when bill.amount_cents > bill.received_cents then bill.received_cents
        when bill.paid_date is null then 0
        else coalesce(bill.amount_cents, usual_bill.amount_cents, 0)
    end as paid_cents,
    bill.paid_date,
    greatest(cast(
        date_diff('day', bill.due_date, coalesce(bill.paid_date, $as_of_date)) as bigint
    ), 0) as days_late
from dated as bill
left join staging.usual_bill as usual_bill on bill.person_key = usual_bill.person_key
