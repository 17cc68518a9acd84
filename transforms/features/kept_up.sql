/*
title = "Kept up: months in which bills of the home were paid, money was saved, services were returned"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key            = {}
household_paid_months = {}
saved_months          = {}
service_months        = {}
*/
with home as (
    select
        repaid_month.person_key,
        count(*) as household_paid_months
    from staging.repaid_month as repaid_month
    cross join reference.materiality as material
    where
        repaid_month.is_household
        and repaid_month.months_back < 12
        and repaid_month.repaid_cents >= material.household_month_cents
    group by repaid_month.person_key
),

deposit_month as (
    select
        person_key,
        date_diff('day', event_date, $as_of_date) // 30 as months_back,
        cast(sum(amount_cents) as bigint) as saved_cents
    from raw.payment
    where
        event_type = 'deposit'
        and event_date > $as_of_date - interval 360 day
        and event_date <= $as_of_date
    group by all
),

saver as (
    select
        deposit_month.person_key,
        count(*) as saved_months
    from deposit_month
    cross join reference.materiality as material
    where deposit_month.saved_cents >= material.deposit_month_cents
    group by deposit_month.person_key
),

service as (
    select
        person_key,
        count(distinct case
            when is_fulfilled and ended_date > $as_of_date - interval 360 day
                then date_diff('day', ended_date, $as_of_date) // 30
        end) as service_months
    from staging.agreement
    group by person_key
)

select
    person.person_key,
    case when person.has_payment_event then coalesce(home.household_paid_months, 0) end
        as household_paid_months,
    case when person.has_payment_event then coalesce(saver.saved_months, 0) end as saved_months,
    service.service_months
from staging.person as person
left join home on person.person_key = home.person_key
left join saver on person.person_key = saver.person_key
left join service on person.person_key = service.person_key
