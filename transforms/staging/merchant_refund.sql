/*
title = "What refunds that name a merchant took back of purchases there"
grain = "one row per such refund, and per purchase of that person at that merchant"
key   = ["event_id"]
by_person = true

[columns]
person_key  = {}
merchant_id = { null = false }
event_id    = {}
event_type  = {}
order_id    = {}
given_cents = { type = "BIGINT", unit = "cents", min = 0, doc = "Of a purchase what refunds and chargebacks of its order left, of a refund its amount." }
taken_cents = { type = "BIGINT", unit = "cents", min = 0, doc = "Of a purchase what was taken back of it, of a refund what it took back: newest purchases first." }

[[checks]]
name = "what refunds took is what was taken of purchases, and is no more than there was"
sql  = """
select person_key, merchant_id from {batch} group by person_key, merchant_id
having sum(case when event_type = 'refund' then taken_cents else -taken_cents end) <> 0
    or max(taken_cents - given_cents) > 0
"""
*/
-- Purchases are put on a pile, refunds take from its top. Its height is the running sum, lifted by
-- what refunds of an empty pile could not take. At one moment purchases come before refunds.
with running as (
    select
        *,
        cast(sum(change_cents) over (
            partition by person_key, merchant_id
            order by event_time, event_type, order_id, event_id
            rows between unbounded preceding and current row
        ) as bigint) as sum_cents
    from staging.merchant_movement
),

piled as (
    select
        *,
        sum_cents - least(min(sum_cents) over (
            partition by person_key, merchant_id
            order by event_time, event_type, order_id, event_id
            rows between unbounded preceding and current row
        ), 0) as height_cents
    from running
),

-- Of a purchase stays what lies below the lowest height that ever followed it.
bounded as (
    select
        *,
        coalesce(lag(height_cents) over (
            partition by person_key, merchant_id
            order by event_time, event_type, order_id, event_id
        ), 0) as height_before_cents,
        min(height_cents) over (
            partition by person_key, merchant_id
            order by event_time, event_type, order_id, event_id
            rows between current row and unbounded following
        ) as lowest_cents
    from piled
)

select
    person_key,
    merchant_id,
    event_id,
    event_type,
    order_id,
    abs(change_cents) as given_cents,
    case
        when event_type = 'refund' then least(-change_cents, height_before_cents)
        else least(change_cents, height_cents - lowest_cents)
    end as taken_cents
from bounded
