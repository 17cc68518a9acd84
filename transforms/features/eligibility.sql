/*
title = "Eligibility: what decides whether a person is scored at all"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key              = {}
account_days            = { type = "BIGINT", unit = "days", null = true, min = 0, doc = "Days since the account was opened; empty where it never was." }
paid_bill_count         = { type = "BIGINT", unit = "bills", min = 0, doc = "Bills of any type paid in the last 365 days." }
days_since_payment_event = { type = "BIGINT", unit = "days", null = true, min = 0, doc = "Days since the newest event in the payment log; empty where there is none." }
paid_months             = { type = "BIGINT", unit = "30-day months", min = 0, max = 12, doc = "Months of the last 12 in which a material amount was paid on bills of any type." }
is_national_id_verified = { type = "BOOLEAN", doc = "Whether national_id is verified and not changed since." }
is_frozen               = { type = "BOOLEAN", doc = "Whether the account is frozen." }
*/
with settled as (
    select
        person_key,
        count(*) as paid_bill_count
    from staging.bill
    where paid_date > $as_of_date - interval 365 day
    group by person_key
),

paying as (
    select
        by_month.person_key,
        count(*) as paid_months
    from (
        select
            person_key,
            months_back,
            cast(sum(repaid_cents) as bigint) as repaid_cents
        from staging.repaid_month
        where months_back < 12
        group by person_key, months_back
    ) as by_month
    cross join reference.materiality as material
    where by_month.repaid_cents >= material.paid_month_cents
    group by by_month.person_key
)

select
    person.person_key,
    cast(date_diff('day', account.opened_date, $as_of_date) as bigint) as account_days,
    coalesce(settled.paid_bill_count, 0) as paid_bill_count,
    cast(date_diff('day', person.last_payment_event_date, $as_of_date) as bigint)
        as days_since_payment_event,
    coalesce(paying.paid_months, 0) as paid_months,
    coalesce(identity_detail.is_verified, false) as is_national_id_verified,
    coalesce(account.is_frozen, false) as is_frozen
from staging.person as person
left join staging.account as account on person.person_key = account.person_key
left join settled on person.person_key = settled.person_key
left join paying on person.person_key = paying.person_key
left join staging.identity_detail as identity_detail
    on person.person_key = identity_detail.person_key and identity_detail.field = 'national_id'
