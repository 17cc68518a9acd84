/*
title = "Shopping: what is sent back, disputed, bought again, bought for oneself"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key            = {}
refund_share          = {}
chargebacks           = {}
repeat_merchant_share = {}
own_name_share        = {}
*/
with purchase as (
    select
        *,
        event_date > $as_of_date - interval 365 day as is_recent
    from staging.purchase
),

buyer as (
    select
        person_key,
        cast(sum(amount_cents) filter (where is_recent) as bigint) as bought_cents,
        cast(sum(refunded_cents) filter (where is_recent) as bigint) as refunded_cents,
        count(*) filter (where is_recent and is_own_name is not null) as named_count,
        count(*) filter (where is_recent and is_own_name) as own_name_count
    from purchase
    group by person_key
),

disputed as (
    select
        person_key,
        count(*) as chargeback_count
    from staging.chargeback
    where event_date > $as_of_date - interval 365 day and event_date <= $as_of_date
    group by person_key
),

loyal as (
    select
        person_key,
        cast(sum(recent_count) as bigint) as recent_count,
        cast(sum(case when earlier_count > 0 then recent_count else 0 end) as bigint)
            as repeat_count
    from staging.merchant
    group by person_key
)

select
    person.person_key,
    cast(buyer.refunded_cents as double) / nullif(buyer.bought_cents, 0) as refund_share,
    case when buyer.person_key is not null then coalesce(disputed.chargeback_count, 0) end
        as chargebacks,
    cast(loyal.repeat_count as double) / nullif(loyal.recent_count, 0) as repeat_merchant_share,
    cast(buyer.own_name_count as double) / nullif(buyer.named_count, 0) as own_name_share
from staging.person as person
left join buyer on person.person_key = buyer.person_key
left join disputed on person.person_key = disputed.person_key
left join loyal on person.person_key = loyal.person_key
