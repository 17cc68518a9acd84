/*
title = "Repayment: what of material bills was repaid, how late, for how many months"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key           = {}
late_days_90         = {}
late_days_365        = {}
late_amount_share    = {}
on_time_amount_share = {}
past_due_months      = {}
repaid_months        = {}
repaid_monthly       = {}
*/
-- Products of cents and weights leave BIGINT, so they are summed as DECIMAL(38,0).
with credit_bill as (
    select
        bill.*,
        cast(bill.amount_cents as decimal(38, 0)) as amount,
        decay_weight.weight,
        bill.due_date <= $as_of_date as is_due,
        bill.due_date > $as_of_date - interval 365 day as is_in_year,
        bill.due_date > $as_of_date - interval 365 day
        and bill.due_date <= $as_of_date - interval 3 day as is_judged,
        coalesce(bill.paid_date, $as_of_date) as counted_date
    from staging.material_bill as bill
    left join reference.decay_weight as decay_weight
        on date_diff('day', bill.due_date, $as_of_date) = decay_weight.age_days
    where bill.bill_type not in ('utility', 'telecom', 'rent')
),

total as (
    select
        person_key,
        max(days_late) filter (where is_due and counted_date > $as_of_date - interval 90 day)
            as late_days_90,
        max(days_late) filter (where is_due and is_in_year) as late_days_365,
        cast(sum(weight * amount * least(days_late, 90)) as decimal(38, 0)) as late_weight,
        cast(sum(weight * amount) as decimal(38, 0)) as full_weight,
        cast(sum(amount) filter (where is_judged) as decimal(38, 0)) as judged,
        cast(sum(amount) filter (
            where is_judged and paid_date <= due_date + interval 3 day
        ) as decimal(38, 0)) as on_time,
        cast(sum(amount_cents - paid_cents) filter (
            where due_date < $as_of_date
        ) as bigint) as past_due_cents
    from credit_bill
    group by person_key
),

repaid as (
    select
        repaid_month.person_key,
        count(*) filter (
            where repaid_month.repaid_cents >= materiality.least_cents
        ) as repaid_months,
        coalesce(cast(sum(repaid_month.repaid_cents) filter (
            where repaid_month.months_back < 6
        ) as bigint), 0) as repaid_cents
    from staging.repaid_month as repaid_month
    inner join reference.materiality as materiality on materiality.kind = 'repaid_month'
    where not repaid_month.is_household
    group by repaid_month.person_key
)

select
    person.person_key,
    total.late_days_90,
    total.late_days_365,
    cast(total.late_weight as double) / cast(90 * nullif(total.full_weight, 0) as double)
        as late_amount_share,
    cast(coalesce(total.on_time, 0) as double) / cast(nullif(total.judged, 0) as double)
        as on_time_amount_share,
    case
        when total.person_key is null then null
        when coalesce(total.past_due_cents, 0) = 0 then cast(0 as double)
        when total.past_due_cents >= 2 * coalesce(repaid.repaid_cents, 0) then cast(12 as double)
        else cast(6 * total.past_due_cents as double) / repaid.repaid_cents
    end as past_due_months,
    case when total.person_key is not null then coalesce(repaid.repaid_months, 0) end
        as repaid_months,
    -- Cents of six months, as currency units a month.
    case
        when total.person_key is not null
            then cast(coalesce(repaid.repaid_cents, 0) as double) / (6 * 100)
    end as repaid_monthly
from staging.person as person
left join total on person.person_key = total.person_key
left join repaid on person.person_key = repaid.person_key
