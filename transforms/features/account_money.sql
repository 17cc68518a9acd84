/*
title = "Money in the account: how low it falls, and how regular the income is"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key            = {}
lowest_balance_months = {}
mean_balance_months   = {}
days_below_zero       = {}
income_months         = {}
income_variation      = {}
*/
-- A balance stands until the next one; of a day's, the last.
with held as (
    select
        person_key,
        account_balance_cents as cents,
        date_diff('day', event_date, cast(lead(event_date, 1, $as_of_date + interval 1 day) over (
            partition by person_key order by event_time, event_id
        ) as date)) as day_count
    from raw.payment
    where
        event_type = 'balance'
        and event_date > $as_of_date - interval 180 day
        and event_date <= $as_of_date
),

balance as (
    select
        person_key,
        min(cents) as lowest_cents,
        cast(sum(day_count) as bigint) as day_count,
        cast(cast(sum(cast(cents as decimal(38, 0)) * day_count) as decimal(38, 0)) as double)
        / cast(sum(day_count) as bigint) as mean_cents,
        cast(sum(case when cents < 0 then day_count else 0 end) as bigint) as days_below_zero
    from held
    group by person_key
)

-- Balances of fewer than 150 days are no reserve yet, but an overdraft is one at once.
select
    person.person_key,
    case
        when balance.day_count >= 150 and turnover.is_material
            then least(6 * cast(balance.lowest_cents as double) / turnover.turnover_cents, 1000)
    end as lowest_balance_months,
    case
        when balance.day_count >= 150 and turnover.is_material
            then least(6 * balance.mean_cents / turnover.turnover_cents, 1000)
    end as mean_balance_months,
    case
        when balance.days_below_zero > 0 or balance.day_count >= 150 then balance.days_below_zero
    end as days_below_zero,
    turnover.income_months,
    turnover.income_variation
from staging.person as person
left join balance on person.person_key = balance.person_key
left join staging.turnover as turnover on person.person_key = turnover.person_key
