/*
title = "What was paid on bills, by month"
grain = "one row per person, kind of bill and 30-day block of the last 24 with a payment on a known bill"
key   = ["person_key", "is_household", "months_back"]
by_person = true

[columns]
person_key   = {}
is_household = { type = "BOOLEAN", doc = "Whether the bills are of the home (utility, telecom, rent), rather than card, loan, instalment or invoice." }
months_back  = { type = "BIGINT", unit = "30-day months", min = 0, max = 23, doc = "Which block; 0 is the newest." }
repaid_cents = { type = "BIGINT", unit = "cents", min = 0, doc = "Payments made in it, less what was taken back of them, then or later: a reversal takes back the newest payments on its bill." }
*/
-- What was paid by then and is never taken back: the least that is left from then on.
with lasting as (
    select
        *,
        greatest(min(net_cents) over (
            partition by person_key, bill_id
            order by event_time, event_id
            rows between current row and unbounded following
        ), 0) as kept_cents
    from staging.bill_movement
),

kept as (
    select
        person_key,
        bill_id,
        event_type,
        event_date,
        kept_cents - lag(kept_cents, 1, 0) over (
            partition by person_key, bill_id order by event_time, event_id
        ) as repaid_cents
    from lasting
),

repaid as (
    select
        person_key,
        bill_type,
        moved_date as repaid_date,
        net_cents as repaid_cents
    from staging.bill_total
    where
        movement_count = 1 and net_cents > 0 and coalesce(amount_cents, 1) > 0
    union all
    select
        kept.person_key,
        bill.bill_type,
        kept.event_date as repaid_date,
        kept.repaid_cents
    from kept
    inner join staging.bill as bill
        on kept.person_key = bill.person_key and kept.bill_id = bill.bill_id
    where kept.event_type = 'payment'
)

select
    person_key,
    bill_type in ('utility', 'telecom', 'rent') as is_household,
    date_diff('day', repaid_date, $as_of_date) // 30 as months_back,
    cast(sum(repaid_cents) as bigint) as repaid_cents
from repaid
where repaid_date > $as_of_date - interval 720 day
group by all
