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
with buyer as (
    select
        person_key,
        cast(sum(case
            when event_date > $as_of_date - interval 365 day then amount_cents else 0
        end) as bigint) as bought_cents,
        cast(sum(case
            when event_date > $as_of_date - interval 365 day then refunded_cents else 0
        end) as bigint) as refunded_cents,
        count(*) filter (
            where event_date > $as_of_date - interval 365 day and is_own_name is not null
        ) as named_count,
        count(*) filter (
            where event_date > $as_of_date - interval 365 day and is_own_name
        ) as own_name_count
    from staging.purchase
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
        cast(sum(case
            when earlier_count > 0 then recent_count else 0
        end) as bigint) as repeat_count
    from staging.merchant
    group by person_key
)

select
    person.person_key,
    case
        when buyer.bought_cents > 0
            then cast(buyer.refunded_cents as double) / buyer.bought_cents
    end as refund_share,
    case
        when buyer.person_key is not null
            then coalesce(disputed.chargeback_count, 0)
    end as chargebacks,
    case
        when loyal.recent_count > 0
            then cast(loyal.repeat_count as double) / loyal.recent_count
    end as repeat_merchant_share,
    case
        when buyer.named_count > 0
            then cast(buyer.own_name_count as double) / buyer.named_count
    end as own_name_share
from staging.person as person
left join buyer on person.person_key = buyer.person_key
left join disputed on person.person_key = disputed.person_key
left join loyal on person.person_key = loyal.person_key
