/*
title = "Credit bills large enough to count: of cards, loans, instalments and invoices"
grain = "one row per bill of a person, but for bills of the home, that is as large as the least that counts, or as one part in fifty of what falls due for the person in a month"
key   = ["person_key", "bill_id"]
by_person = true

[columns]
person_key   = {}
bill_id      = { null = false }
due_date     = { null = false }
amount_cents = { null = false }
paid_cents   = {}
paid_date    = {}
days_late    = {}
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
    bill.due_date,
    bill.amount_cents,
    bill.paid_cents,
    bill.paid_date,
    bill.days_late
from staging.bill as bill
cross join reference.materiality as material
left join usual on bill.person_key = usual.person_key
where
    bill.bill_type not in ('utility', 'telecom', 'rent')
    and (
        bill.amount_cents >= material.bill_cents
        or 12 * 50 * cast(bill.amount_cents as decimal(38, 0)) >= coalesce(usual.year_cents, 0)
    )
