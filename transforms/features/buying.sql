/*
title = "Buying: in how many months, how much, how much of it in one's own name"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key            = {}
recent_spend_months   = {}
spent_monthly         = {}
own_name_amount_share = {}
*/
with by_month as (
    select
        person_key,
        date_diff('day', event_date, $as_of_date) // 30 as months_back,
        cast(sum(net_cents) as bigint) as spent_cents
    from staging.purchase
    where event_date > $as_of_date - interval 720 day and event_date <= $as_of_date
    group by all
),

spender as (
    select
        by_month.person_key,
        cast(sum(
            case when by_month.spent_cents >= materiality.least_cents then decay_weight.weight end
        ) as bigint) as weight,
        cast(sum(
            case when by_month.months_back < 12 then by_month.spent_cents end
        ) as bigint) as spent_cents
    from by_month
    inner join reference.decay_weight as decay_weight
        on 30 * by_month.months_back = decay_weight.age_days
    inner join reference.materiality as materiality on materiality.kind = 'spend_month'
    group by by_month.person_key
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
    case
        when person.has_purchase_event
            then cast(coalesce(spender.weight, 0) as double) / 1000000
    end as recent_spend_months,
    -- Cents of twelve months, as currency units a month.
    case
        when person.has_purchase_event
            then cast(coalesce(spender.spent_cents, 0) as double) / (12 * 100)
    end as spent_monthly,
    cast(named.own_cents as double) / cast(nullif(named.named_cents, 0) as double)
        as own_name_amount_share
from staging.person as person
left join spender on person.person_key = spender.person_key
left join named on person.person_key = named.person_key
