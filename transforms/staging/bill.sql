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
paid_cents   = { type = "BIGINT", unit = "cents", min = 0, doc = "Payments less reversals, held between 0 and the amount." }
paid_date    = { type = "DATE", null = true, doc = "Day of the event that last lifted what was paid to the amount or more; empty while open." }
days_late    = { type = "BIGINT", unit = "days", min = 0, doc = "From due_date to paid_date, or to as_of_date while open; 0 where in time or not yet due." }

[[checks]]
name = "a bill is paid exactly when it has a date of payment"
sql  = "select * from {batch} where (paid_date is not null) <> (paid_cents = amount_cents)"
*/
-- A second event with the same bill_id is ignored.
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
        issued_bill.amount_cents as owed_cents,
        case
            when payment.event_type = 'payment' then payment.amount_cents
            else -payment.amount_cents
        end as change_cents
    from raw.payment as payment
    inner join issued_bill
        on payment.person_key = issued_bill.person_key and payment.bill_id = issued_bill.bill_id
    where payment.event_type in ('payment', 'reversal') and issued_bill.amount_cents > 0
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
        cast(sum(change_cents) as bigint) as net_cents,
        max(event_date) filter (
            where net_cents >= owed_cents and net_cents - change_cents < owed_cents
        ) as lifted_date
    from running
    group by person_key, bill_id
),

judged as (
    select
        issued_bill.*,
        coalesce(settled.net_cents, 0) as net_cents,
        case when settled.net_cents >= issued_bill.amount_cents then settled.lifted_date end
            as paid_date
    from issued_bill
    left join settled
        on issued_bill.person_key = settled.person_key and issued_bill.bill_id = settled.bill_id
    where issued_bill.amount_cents > 0
)

select
    person_key,
    bill_id,
    bill_type,
    due_date,
    amount_cents,
    least(greatest(net_cents, 0), amount_cents) as paid_cents,
    paid_date,
    cast(greatest(
        date_diff('day', due_date, coalesce(paid_date, $as_of_date)), 0
    ) as bigint) as days_late
from judged
