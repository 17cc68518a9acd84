/*
title = "What was paid on bills, by month"
grain = "one row per person, kind of bill and 30-day block of the last 24 with a payment on a known bill"
key   = ["person_key", "is_household", "months_back"]

[columns]
person_key   = {}
is_household = { type = "BOOLEAN", doc = "Whether the bills are of the home (utility, telecom, rent), rather than card, loan, instalment or invoice." }
months_back  = { type = "BIGINT", unit = "30-day months", min = 0, max = 23, doc = "Which block; 0 is the newest." }
repaid_cents = { type = "BIGINT", unit = "cents", min = 0, doc = "Payments made in it, less what was taken back of them, then or later: a reversal takes back the newest payments on its bill." }
*/
with running as (
    select
        payment.person_key,
        payment.bill_id,
        bill.bill_type in ('utility', 'telecom', 'rent') as is_household,
        payment.event_type,
        payment.event_time,
        payment.event_id,
        payment.event_date,
        cast(sum(
            case when payment.event_type = 'payment' then 1 else -1 end * payment.amount_cents
        ) over (
            partition by payment.person_key, payment.bill_id
            order by payment.event_time, payment.event_id
            rows between unbounded preceding and current row
        ) as bigint) as net_cents
    from raw.payment as payment
    inner join staging.bill as bill
        on payment.person_key = bill.person_key and payment.bill_id = bill.bill_id
    where payment.event_type in ('payment', 'reversal')
),

-- What was paid by then and is never taken back: the least that is left from then on.
lasting as (
    select
        *,
        greatest(min(net_cents) over (
            partition by person_key, bill_id
            order by event_time, event_id
            rows between current row and unbounded following
        ), 0) as kept_cents
    from running
),

kept as (
    select
        person_key,
        is_household,
        event_type,
        date_diff('day', event_date, $as_of_date) // 30 as months_back,
        kept_cents - lag(kept_cents, 1, 0) over (
            partition by person_key, bill_id order by event_time, event_id
        ) as repaid_cents
    from lasting
)

select
    person_key,
    is_household,
    months_back,
    cast(sum(repaid_cents) as bigint) as repaid_cents
from kept
where event_type = 'payment' and months_back < 24
group by person_key, is_household, months_back
