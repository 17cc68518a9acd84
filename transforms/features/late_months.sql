/*
title = "Months in which material credit bills were paid late"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key          = {}
late_month_share    = {}
on_time_month_share = {}
*/
-- A month is as late as its latest bill: many bills of one month cannot dilute it.
with by_month as (
    select
        person_key,
        date_diff('day', due_date, $as_of_date) // 30 as months_back,
        max(days_late) as days_late,
        count(*) filter (where due_date <= $as_of_date - interval 3 day) as judged_bills,
        count(*) filter (
            where due_date <= $as_of_date - interval 3 day
            and paid_date <= due_date + interval 3 day
        ) as on_time_bills
    from staging.credit_bill
    where due_date <= $as_of_date
    group by all
),

total as (
    select
        by_month.person_key,
        cast(sum(decay_weight.weight * least(by_month.days_late, 90)) as bigint) as late_weight,
        cast(sum(decay_weight.weight) as bigint) as full_weight,
        count(*) filter (
            where by_month.months_back < 12 and by_month.judged_bills > 0
        ) as judged_months,
        count(*) filter (
            where by_month.months_back < 12 and by_month.judged_bills > 0
            and by_month.on_time_bills = by_month.judged_bills
        ) as on_time_months
    from by_month
    inner join reference.decay_weight as decay_weight
        on 30 * by_month.months_back = decay_weight.age_days
    where by_month.months_back < 60
    group by by_month.person_key
)

-- Where nothing was late, a record counts once it is long enough.
select
    person.person_key,
    case
        when total.late_weight > 0 or record.is_long
            then cast(total.late_weight as double) / (90 * total.full_weight)
    end as late_month_share,
    case
        when total.on_time_months < total.judged_months or record.is_long
            then cast(total.on_time_months as double) / nullif(total.judged_months, 0)
    end as on_time_month_share
from staging.person as person
left join total on person.person_key = total.person_key
left join staging.credit_record as record on person.person_key = record.person_key
