/*
title = "Purchases and refunds where a refund names a merchant and no order"
grain = "one row per such refund, and per purchase of that person at that merchant"
key   = ["event_id"]
by_person = true

[columns]
person_key   = {}
merchant_id  = { null = false }
event_id     = {}
event_type   = {}
event_time   = {}
order_id     = {}
change_cents = { type = "BIGINT", unit = "cents", doc = "Of a purchase what refunds and chargebacks of its order left, of a refund its amount below 0." }
*/
-- Rare: nothing but this is read where no refund names a merchant.
with refund as (
    select *
    from raw.purchase
    where event_type = 'refund' and order_id is null
),

visited as (
    select distinct
        person_key,
        merchant_id
    from refund
),

placed_order as (
    select purchase.*
    from raw.purchase as purchase
    inner join visited
        on
            purchase.person_key = visited.person_key
            and purchase.merchant_id = visited.merchant_id
    anti join staging.later_purchase as later on purchase.event_id = later.event_id
    where purchase.event_type = 'purchase'
),

taken_back as (
    select
        person_key,
        order_id,
        cast(sum(case when event_type = 'refund' then amount_cents else 0 end) as bigint)
            as refund_cents,
        count(*) filter (where event_type = 'chargeback') as chargeback_count
    from raw.purchase
    where event_type in ('refund', 'chargeback') and order_id is not null
    group by person_key, order_id
)

select
    placed_order.person_key,
    placed_order.merchant_id,
    placed_order.event_id,
    placed_order.event_type,
    placed_order.event_time,
    placed_order.order_id,
    case
        when coalesce(taken_back.chargeback_count, 0) > 0 then cast(0 as bigint)
        else greatest(placed_order.amount_cents - coalesce(taken_back.refund_cents, 0), 0)
    end as change_cents
from placed_order
left join taken_back
    on
        placed_order.person_key = taken_back.person_key
        and placed_order.order_id = taken_back.order_id
union all
select
    person_key,
    merchant_id,
    event_id,
    event_type,
    event_time,
    order_id,
    -amount_cents as change_cents
from refund
