/*
title = "Buying: in how many months, how much, how much of it in one's own name"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key            = {}
recent_spend_months   = {}
spent_monthly         = {}
spend_unevenness      = {}
own_name_amount_share = {}
*/
with spender as (
    select
        by_month.person_key,
        cast(sum(
            case
                when by_month.spent_cents >= material.spend_month_cents then decay_weight.weight
            end
        ) as bigint) as weight,
        cast(sum(
            case when by_month.months_back < 12 then by_month.spent_cents end
        ) as bigint) as spent_cents,
        cast(sum(case
            when by_month.months_back < 12
                then cast(by_month.spent_cents as decimal(38, 0)) * by_month.spent_cents
        end) as decimal(38, 0)) as squared,
        count(case
            when
                by_month.months_back < 12
                and by_month.spent_cents >= material.spend_month_cents then 1
        end) as month_count
    from staging.spend_month as by_month
    inner join reference.decay_weight as decay_weight
        on 30 * by_month.months_back = decay_weight.age_days
    cross join reference.materiality as material
    group by by_month.person_key
),

record as (
    select
        spender.*,
        cast(spender.spent_cents as decimal(38, 0)) as spent,
        spender.month_count >= 7 and spender.spent_cents >= material.spend_record_cents as is_long
    from spender
    cross join reference.materiality as material
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

-- Habits are those of seven months or more, and of a material amount.
select
    person.person_key,
    case
        when person.has_purchase_event
            then cast(coalesce(record.weight, 0) as double) / 1000000
    end as recent_spend_months,
    -- Cents of twelve months, as currency units a month.
    case
        when person.has_purchase_event
            then cast(coalesce(record.spent_cents, 0) as double) / (12 * 100)
    end as spent_monthly,
    -- n = 12 months, empty ones included: variance = (n sum(x^2) - sum(x)^2) / (n (n - 1)).
    case
        when record.is_long
            then sqrt(
                cast(12 * (12 * record.squared - record.spent * record.spent) as double)
                / cast(11 * record.spent * record.spent as double)
            )
    end as spend_unevenness,
    case
        when record.is_long
            then cast(named.own_cents as double) / cast(nullif(named.named_cents, 0) as double)
    end as own_name_amount_share
from staging.person as person
left join record on person.person_key = record.person_key
left join named on person.person_key = named.person_key
