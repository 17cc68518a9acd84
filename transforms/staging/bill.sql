/*
title = "Bills and how they were paid"
grain = "one row per bill of a person; a bill of amount 0 is no obligation and is left out"
key   = ["person_key", "bill_id"]

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
-- A second event with the same bill_id is ignored. Without a known amount, a cent settles a bill.
with issued_bill as (
    select *
    from raw.payment
    where event_type = 'bill'
    qualify row_number() over (partition by person_key, bill_id order by event_time, event_id) = 1
),

movement as (
    select
        payment.person_key,
        payment.bill_id,
        payment.event_time,
        payment.event_id,
        payment.event_date,
        coalesce(issued_bill.amount_cents, 1) as owed_cents,
        case
            when payment.event_type = 'payment' then payment.amount_cents
            else -payment.amount_cents
        end as change_cents
    from raw.payment as payment
    inner join issued_bill
        on payment.person_key = issued_bill.person_key and payment.bill_id = issued_bill.bill_id
    where
        payment.event_type in ('payment', 'reversal')
        and coalesce(issued_bill.amount_cents, 1) > 0
),

running as (
    select
        *,
        cast(sum(change_cents) over (
            partition by person_key, bill_id
            order by event_time, event_id
            rows between unbounded preceding and current row
        ) as bigint) as net_cents
    from movement
),

settled as (
    select
        person_key,
        bill_id,
        greatest(cast(sum(change_cents) as bigint), 0) as received_cents,
        case
            when cast(sum(change_cents) as bigint) >= max(owed_cents) then max(event_date) filter (
                where net_cents >= owed_cents and net_cents - change_cents < owed_cents
            )
        end as paid_date
    from running
    group by person_key, bill_id
)

select
    issued_bill.person_key,
    issued_bill.bill_id,
    issued_bill.bill_type,
    issued_bill.due_date,
    coalesce(issued_bill.amount_cents, usual_bill.amount_cents, 0) as amount_cents,
    issued_bill.amount_cents is not null as is_amount_known,
    coalesce(settled.received_cents, 0) as received_cents,
    case
        when issued_bill.amount_cents > settled.received_cents then settled.received_cents
        when settled.paid_date is null then 0
        else coalesce(issued_bill.amount_cents, usual_bill.amount_cents, 0)
    end as paid_cents,
    settled.paid_date,
    greatest(cast(
        date_diff('day', issued_bill.due_date, coalesce(settled.paid_date, $as_of_date)) as bigint
    ), 0) as days_late
from issued_bill
left join settled
    on issued_bill.person_key = settled.person_key and issued_bill.bill_id = settled.bill_id
left join staging.usual_bill as usual_bill on issued_bill.person_key = usual_bill.person_key
where coalesce(issued_bill.amount_cents, 1) > 0
