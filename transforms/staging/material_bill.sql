/*
title = "Bills large enough to count"
grain = "one row per bill of a person that is as large as the least that counts, or as one part in fifty of what falls due for the person in a month"
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
*/
-- Of someone with small bills only, small bills count; and no large bill makes others immaterial.
with usual as (
    select
        person_key,
        cast(sum(amount_cents) as decimal(38, 0)) as year_cents
    from staging.bill
    where due_date > $as_of_date - interval 365 day and due_date <= $as_of_date
    group by person_key
)

select
    bill.person_key,
    bill.bill_id,
    bill.bill_type,
    bill.due_date,
    bill.amount_cents,
    bill.paid_cents,
    bill.paid_date,
    bill.days_late
from staging.bill as bill
inner join reference.materiality as materiality on materiality.measure = 'bill'
left join usual on bill.person_key = usual.person_key
where
    bill.amount_cents >= materiality.least_cents
    or 12 * 50 * cast(bill.amount_cents as decimal(38, 0)) >= coalesce(usual.year_cents, 0)
