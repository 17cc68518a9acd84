/*
title = "Purchases, net of what was sent back"
grain = "one row per purchase of a person"
key   = ["person_key", "order_id"]

[columns]
person_key     = {}
order_id       = { null = false }
event_date     = {}
merchant_id    = { null = false }
category       = { null = false }
is_own_name    = {}
amount_cents   = { null = false }
refunded_cents = { type = "BIGINT", unit = "cents", min = 0, doc = "Refunds known by then, at most the amount; those that name a merchant take from the newest purchases there." }
net_cents      = { type = "BIGINT", unit = "cents", min = 0, doc = "Amount less refunds; nothing where any chargeback is known." }

[[checks]]
name = "a refund is part of its purchase"
sql  = "select * from {batch} where refunded_cents > amount_cents or net_cents > amount_cents - refunded_cents"
*/
-- Rare, so named first: numbering every purchase costs several times this count.
with repeated_order as (
    select
        person_key,
        order_id
    from raw.purchase
    where event_type = 'purchase'
    group by person_key, order_id
    having count(*) > 1
),

-- The first event of an order by (event_time, event_id) is the order; later ones are ignored.
later_event as (
    select purchase.event_id
    from raw.purchase as purchase
    inner join repeated_order
        on
            purchase.person_key = repeated_order.person_key
            and purchase.order_id = repeated_order.order_id
    where purchase.event_type = 'purchase'
    qualify
        row_number() over (
            partition by purchase.person_key, purchase.order_id
            order by purchase.event_time, purchase.event_id
        ) > 1
),

placed_order as (
    select *
    from raw.purchase
    where event_type = 'purchase' and event_id not in (select later_event.event_id from later_event)
),

taken_back as (
    select
        person_key,
        order_id,
        cast(sum(case when event_type = 'refund' then amount_cents else 0 end) as bigint)
            as refund_cents,
        count(*) filter (where event_type = 'chargeback') as chargeback_count
    from raw.purchase
    where event_type in ('refund', 'chargeback')
    group by person_key, order_id
)

select
    placed_order.person_key,
    placed_order.order_id,
    placed_order.event_date,
    placed_order.merchant_id,
    placed_order.category,
    placed_order.is_own_name,
    placed_order.amount_cents,
    least(coalesce(taken_back.refund_cents, 0), placed_order.amount_cents)
    + coalesce(at_merchant.taken_cents, 0) as refunded_cents,
    case
        when coalesce(taken_back.chargeback_count, 0) > 0 then cast(0 as bigint)
        else
            greatest(placed_order.amount_cents - coalesce(taken_back.refund_cents, 0), 0)
            - coalesce(at_merchant.taken_cents, 0)
    end as net_cents
from placed_order
left join taken_back
    on
        placed_order.person_key = taken_back.person_key
        and placed_order.order_id = taken_back.order_id
left join staging.merchant_refund as at_merchant
    on
        placed_order.person_key = at_merchant.person_key
        and placed_order.order_id = at_merchant.order_id
