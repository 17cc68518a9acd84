/*
title = "Spending: how regular, how even, how varied"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key             = {}
active_months          = {}
spend_variation        = {}
category_concentration = {}
*/
-- Squares of cents leave BIGINT, so they are summed as DECIMAL(38,0).
with by_month as (
    select
        person_key,
        count(*) filter (where months_back < 12 and spent_cents > 0) as active_months,
        cast(sum(spent_cents) filter (where months_back < 6) as decimal(38, 0)) as spent,
        cast(sum(
            cast(spent_cents as decimal(38, 0)) * cast(spent_cents as decimal(38, 0))
        ) filter (where months_back < 6) as decimal(38, 0)) as squared
    from staging.spend_month
    group by person_key
),

category_spend as (
    select
        person_key,
        category,
        cast(sum(net_cents) as decimal(38, 0)) as spent
    from staging.purchase
    where event_date > $as_of_date - interval 180 day and event_date <= $as_of_date
    group by person_key, category
),

by_category as (
    select
        person_key,
        cast(sum(spent) as decimal(38, 0)) as spent,
        cast(sum(spent * spent) as decimal(38, 0)) as squared
    from category_spend
    group by person_key
)

select
    person.person_key,
    case when person.has_purchase_event then coalesce(by_month.active_months, 0) end
        as active_months,
    -- n = 6 months, empty ones included: variance = (n sum(x^2) - sum(x)^2) / (n (n - 1)).
    sqrt(
        cast(6 * (6 * by_month.squared - by_month.spent * by_month.spent) as double)
        / cast(nullif(5 * by_month.spent * by_month.spent, 0) as double)
    ) as spend_variation,
    cast(by_category.squared as double)
    / cast(nullif(by_category.spent * by_category.spent, 0) as double) as category_concentration
from staging.person as person
left join by_month on person.person_key = by_month.person_key
left join by_category on person.person_key = by_category.person_key
