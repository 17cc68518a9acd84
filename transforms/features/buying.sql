/*
title = "Buying: how often, how lately, how much of it in one's own name"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key             = {}
purchase_interval      = {}
purchase_gap_ratio     = {}
spend_months           = {}
spent_monthly          = {}
own_name_amount_share  = {}
*/
with by_day as (
    select
        purchase.person_key,
        purchase.event_date
    from staging.purchase as purchase
    inner join reference.materiality as materiality on materiality.kind = 'purchase_day'
    where
        purchase.event_date > $as_of_date - interval 730 day
        and purchase.event_date <= $as_of_date
    group by purchase.person_key, purchase.event_date
    having cast(sum(purchase.net_cents) as bigint) >= max(materiality.least_cents)
),

buyer as (
    select
        person_key,
        count(*) as day_count,
        date_diff('day', min(event_date), $as_of_date) as first_days,
        date_diff('day', max(event_date), $as_of_date) as last_days
    from by_day
    group by person_key
),

spender as (
    select
        spend_month.person_key,
        count(*) filter (
            where spend_month.spent_cents >= materiality.least_cents
        ) as spend_months,
        cast(sum(spend_month.spent_cents) as bigint) as spent_cents
    from staging.spend_month as spend_month
    inner join reference.materiality as materiality on materiality.kind = 'spend_month'
    group by spend_month.person_key
),

named as (
    select
        person_key,
        cast(sum(net_cents) as decimal(38, 0)) as named_cents,
        cast(sum(case when is_own_name then net_cents else 0 end) as decimal(38, 0)) as own_cents
    from staging.purchase
    where event_date > $as_of_date - interval 365 day and is_own_name is not null
    group by person_key
)

select
    person.person_key,
    cast(buyer.first_days as double) / buyer.day_count as purchase_interval,
    -- Days since the last, against the mean interval between them, which is held at 30 or more.
    cast(buyer.last_days * greatest(buyer.day_count - 1, 1) as double)
    / greatest(buyer.first_days - buyer.last_days, 30 * greatest(buyer.day_count - 1, 1))
        as purchase_gap_ratio,
    case when person.has_purchase_event then coalesce(spender.spend_months, 0) end as spend_months,
    -- Cents of twelve months, as currency units a month.
    case
        when person.has_purchase_event
            then cast(coalesce(spender.spent_cents, 0) as double) / (12 * 100)
    end as spent_monthly,
    cast(named.own_cents as double) / cast(nullif(named.named_cents, 0) as double)
        as own_name_amount_share
from staging.person as person
left join buyer on person.person_key = buyer.person_key
left join spender on person.person_key = spender.person_key
left join named on person.person_key = named.person_key
