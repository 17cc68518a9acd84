/*
title = "Purchases, net of what was sent back"
grain = "one row per purchase of a person"
key   = ["person_key", "order_id"]
by_person = true

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
-- All that was taken back of an order is brought together first: it is little beside the orders.
with taken as (
    select
        person_key,
        order_id,
        case when event_type = 'refund' then amount_cents else 0 end as refund_cents,
        case when event_type = 'chargeback' then 1 else 0 end as chargeback_count,
        0 as at_merchant_cents
    from raw.purchase
    where event_type in ('refund', 'chargeback') and order_id is not null
    union all
    select
        person_key,
        order_id,
        0 as refund_cents,
        0 as chargeback_count,
        taken_cents as at_merchant_cents
    from staging.merchant_refund
    where event_type = 'purchase'
),

taken_back as (
    select
        person_key,
        order_id,
        cast(sum(refund_cents) as bigint) as refund_cents,
        cast(sum(chargeback_count) as bigint) > 0 as is_disputed,
        cast(sum(at_merchant_cents) as bigint) as at_merchant_cents
    from taken
    group by person_key, order_id
)

select
    purchase.person_key,
    purchase.order_id,
    purchase.event_date,
    purchase.merchant_id,
    purchase.category,
    purchase.is_own_name,
    purchase.amount_cents,
    least(coalesce(taken_back.refund_cents, 0), purchase.amount_cents)
    + coalesce(taken_back.at_merchant_cents, 0) as refunded_cents,
    case
        when taken_back.is_disputed then cast(0 as bigint)
        else
            greatest(purchase.amount_cents - coalesce(taken_back.refund_cents, 0), 0)
            - coalesce(taken_back.at_merchant_cents, 0)
    end as net_cents
from raw.purchase as purchase
left join taken_back
    on purchase.person_key = taken_back.person_key and purchase.order_id = taken_back.order_id
anti join staging.later_purchase as later on purchase.event_id = later.event_id
where purchase.event_type = 'purchase'
