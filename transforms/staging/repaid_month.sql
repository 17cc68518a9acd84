/*
title = "What was paid on bills, by month"
grain = "one row per person, kind of bill and 30-day block of the last 24 with a payment on a known bill"
key   = ["person_key", "is_household", "months_back"]

[columns]
person_key   = {}
is_household = { type = "BOOLEAN", doc = "Whether the bills are of the home (utility, telecom, rent), rather than card, loan, instalment or invoice." }
months_back  = { type = "BIGINT", unit = "30-day months", min = 0, max = 23, doc = "Which block; 0 is the newest." }
repaid_cents = { type = "BIGINT", unit = "cents", min = 0, doc = "Payments made in it, less what was taken back of them, then or later." }
*/
with movement as (
    select
        payment.person_key,
        payment.event_type,
        payment.amount_cents,
        bill.bill_type in ('utility', 'telecom', 'rent') as is_household,
        payment.event_date,
        -- A reversal takes back the payment before it, in the month of that payment.
        max(case when payment.event_type = 'payment' then payment.event_date end) over (
            partition by payment.person_key, payment.bill_id
            order by payment.event_time, payment.event_id
            rows between unbounded preceding and current row
        ) as paid_date
    from raw.payment as payment
    inner join staging.bill as bill
        on payment.person_key = bill.person_key and payment.bill_id = bill.bill_id
    where payment.event_type in ('payment', 'reversal')
),

moved as (
    select
        person_key,
        is_household,
        date_diff('day', coalesce(paid_date, event_date), $as_of_date) // 30 as months_back,
        case when event_type = 'payment' then amount_cents else -amount_cents end as change_cents
    from movement
)

select
    person_key,
    is_household,
    months_back,
    greatest(cast(sum(change_cents) as bigint), 0) as repaid_cents
from moved
where months_back < 24
group by person_key, is_household, months_back
