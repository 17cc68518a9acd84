/*
title = "Repayment: what of material credit bills was repaid, how late, in how many months"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key          = {}
late_days_90        = {}
late_days_365       = {}
past_due_months     = {}
repaid_months       = {}
repaid_monthly      = {}
*/
with aged_bill as (
    select
        person_key,
        amount_cents - paid_cents as open_cents,
        days_late,
        date_diff('day', due_date, $as_of_date) as age_days,
        date_diff('day', coalesce(paid_date, $as_of_date), $as_of_date) as paid_days_ago
    from staging.credit_bill
),

total as (
    select
        person_key,
        max(days_late) filter (where age_days >= 0 and least(age_days, paid_days_ago) < 90)
            as late_days_90,
        max(days_late) filter (where age_days >= 0 and age_days < 365) as late_days_365,
        coalesce(cast(sum(open_cents) filter (where age_days > 0) as bigint), 0) as past_due_cents
    from aged_bill
    group by person_key
)

-- Where nothing was late, a record counts once it is long enough.
select
    person.person_key,
    case when total.late_days_90 > 0 or record.is_long then total.late_days_90 end as late_days_90,
    case when total.late_days_365 > 0 or record.is_long then total.late_days_365 end
        as late_days_365,
    -- Of 1 cent where nothing was repaid.
    case
        when total.past_due_cents > 0 or record.is_long
            then least(
                cast(6 * total.past_due_cents as double)
                / greatest(coalesce(record.recent_cents, 0), 1), 12
            )
    end as past_due_months,
    case when total.person_key is not null then coalesce(record.month_count, 0) end
        as repaid_months,
    -- Cents of six months, as currency units a month.
    case
        when total.person_key is not null
            then cast(coalesce(record.recent_cents, 0) as double) / (6 * 100)
    end as repaid_monthly
from staging.person as person
left join total on person.person_key = total.person_key
left join staging.credit_record as record on person.person_key = record.person_key
