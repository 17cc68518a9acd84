/*
title = "Money that came in and went out"
grain = "one row per person with an income, payment, transfer or deposit in the last 180 days"
key   = ["person_key"]
by_person = true

[columns]
person_key       = {}
turnover_cents   = { type = "BIGINT", unit = "cents", min = 0, doc = "The greater of what came in and what went out in the last 180 days." }
is_material      = { type = "BOOLEAN", doc = "Whether that is a material amount a month: what balances can be measured by." }
income_months    = {}
income_variation = {}
*/
with by_month as (
    select
        person_key,
        cast(sum(case when event_type = 'income' then amount_cents else 0 end) as bigint)
            as income_cents,
        cast(sum(case when event_type = 'income' then 0 else amount_cents end) as bigint)
            as out_cents
    from raw.payment
    where
        event_type in ('income', 'payment', 'transfer', 'deposit')
        and event_date > $as_of_date - interval 180 day
        and event_date <= $as_of_date
    group by person_key, date_diff('day', event_date, $as_of_date) // 30
),

total as (
    select
        by_month.person_key,
        greatest(cast(sum(income_cents) as bigint), cast(sum(out_cents) as bigint))
            as turnover_cents,
        count(*) filter (where income_cents >= material.income_month_cents) as income_months,
        cast(sum(income_cents) as decimal(38, 0)) as income,
        cast(sum(
            cast(income_cents as decimal(38, 0)) * cast(income_cents as decimal(38, 0))
        ) as decimal(38, 0)) as squared
    from by_month
    cross join reference.materiality as material
    group by by_month.person_key
)

select
    total.person_key,
    total.turnover_cents,
    total.turnover_cents >= 6 * material.turnover_month_cents as is_material,
    case when total.income > 0 then total.income_months end as income_months,
    -- n = 6 months, empty ones included: variance = (n sum(x^2) - sum(x)^2) / (n (n - 1)).
    sqrt(
        cast(6 * (6 * total.squared - total.income * total.income) as double)
        / cast(nullif(5 * total.income * total.income, 0) as double)
    ) as income_variation
from total
cross join reference.materiality as material
