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
-- Rare: only what is paid of these bills has to be followed event by event.
with reversed_bill as (
    select distinct
        person_key,
        bill_id
    from raw.payment
    where event_type = 'reversal'
),

moved as (
    select
        payment.person_key,
        payment.bill_id,
        bill.bill_type in ('utility', 'telecom', 'rent') as is_household,
        payment.event_type,
        payment.event_time,
        payment.event_id,
        date_diff('day', payment.event_date, $as_of_date) // 30 as months_back,
        payment.amount_cents,
        reversed_bill.bill_id is not null as has_reversal
    from raw.payment as payment
    inner join staging.bill as bill
        on payment.person_key = bill.person_key and payment.bill_id = bill.bill_id
    left join reversed_bill
        on
            payment.person_key = reversed_bill.person_key
            and payment.bill_id = reversed_bill.bill_id
    where payment.event_type in ('payment', 'reversal')
),

running as (
    select
        *,
        cast(sum(case when event_type = 'payment' then 1 else -1 end * amount_cents) over (
            partition by person_key, bill_id
            order by event_time, event_id
            rows between unbounded preceding and current row
        ) as bigint) as net_cents
    from moved
    where has_reversal
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
        months_back,
        kept_cents - lag(kept_cents, 1, 0) over (
            partition by person_key, bill_id order by event_time, event_id
        ) as repaid_cents
    from lasting
    union all
    select
        person_key,
        is_household,
        event_type,
        months_back,
        amount_cents as repaid_cents
    from moved
    where not has_reversal
)

select
    person_key,
    is_household,
    months_back,
    cast(sum(repaid_cents) as bigint) as repaid_cents
from kept
where event_type = 'payment' and months_back < 24
group by person_key, is_household, months_back
