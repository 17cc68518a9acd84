/*
title = "Household money: bills of the home, savings, transfers"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key            = {}
household_bill_months = {}
savings_months        = {}
repeat_payee_share    = {}
*/
with home as (
    select
        person_key,
        count(*) as household_bill_months
    from staging.repaid_month
    where is_household and months_back < 6
    group by person_key
),

saver as (
    select
        person_key,
        count(distinct date_diff('day', event_date, $as_of_date) // 30) as savings_months
    from raw.payment
    where
        event_type = 'deposit'
        and event_date > $as_of_date - interval 360 day
        and event_date <= $as_of_date
    group by person_key
),

payer as (
    select
        person_key,
        cast(sum(recent_count) as bigint) as recent_count,
        cast(sum(case when earlier_count > 0 then recent_count else 0 end) as bigint)
            as repeat_count
    from staging.payee
    group by person_key
)

select
    person.person_key,
    case when person.has_payment_event then coalesce(home.household_bill_months, 0) end
        as household_bill_months,
    case when person.has_payment_event then coalesce(saver.savings_months, 0) end as savings_months,
    cast(payer.repeat_count as double) / nullif(payer.recent_count, 0) as repeat_payee_share
from staging.person as person
left join home on person.person_key = home.person_key
left join saver on person.person_key = saver.person_key
left join payer on person.person_key = payer.person_key
