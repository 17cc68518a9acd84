/*
title = "Credit history"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key        = {}
on_time_share     = {}
worst_days_late   = {}
months_since_late = {}
decayed_lateness  = {}
history_months    = {}
paid_bills        = {}
overdue_share     = {}

[[checks]]
name = "who never paid a credit bill has no repaid history"
sql  = "select * from {batch} where history_months is null and paid_bills > 0"
*/
with credit_bill as (
    select
        bill.*,
        decay_weight.weight,
        due_date > $as_of_date - interval 365 day and due_date <= $as_of_date as is_due_in_year,
        due_date > $as_of_date - interval 365 day and due_date <= $as_of_date - interval 3 day
            as is_judged,
        case when days_late >= 7 then coalesce(paid_date, $as_of_date) end as last_late_date
    from staging.bill as bill
    left join reference.decay_weight as decay_weight
        on date_diff('day', bill.due_date, $as_of_date) = decay_weight.age_days
    where bill_type in ('card', 'loan')
),

total as (
    select
        person_key,
        count(*) filter (where is_judged) as judged_count,
        count(*) filter (where is_judged and paid_date <= due_date + interval 3 day)
            as on_time_count,
        max(days_late) filter (where is_due_in_year) as worst_days_late,
        max(last_late_date) as last_late_date,
        cast(sum(weight * least(days_late, 90)) as bigint) as late_weight,
        cast(sum(weight) as bigint) as full_weight,
        min(paid_date) as first_paid_date,
        count(*) filter (where paid_date > $as_of_date - interval 365 day) as paid_count,
        cast(sum(amount_cents - paid_cents) filter (
            where due_date < $as_of_date
        ) as bigint) as overdue_cents,
        cast(sum(amount_cents) filter (
            where due_date > $as_of_date - interval 90 day and due_date <= $as_of_date
        ) as bigint) as due_cents
    from credit_bill
    group by person_key
)

select
    person.person_key,
    cast(on_time_count as double) / nullif(judged_count, 0) as on_time_share,
    worst_days_late,
    case
        when total.person_key is null then null
        when last_late_date is null then cast(999 as bigint)
        else date_diff('day', last_late_date, $as_of_date) // 30
    end as months_since_late,
    cast(late_weight as double) / (90 * nullif(full_weight, 0)) as decayed_lateness,
    date_diff('day', first_paid_date, $as_of_date) // 30 as history_months,
    case when has_payment_event then coalesce(paid_count, 0) end as paid_bills,
    case
        when coalesce(overdue_cents, 0) = 0 and coalesce(due_cents, 0) = 0 then null
        when coalesce(overdue_cents, 0) >= coalesce(due_cents, 0) then cast(1 as double)
        else cast(coalesce(overdue_cents, 0) as double) / due_cents
    end as overdue_share
from staging.person as person
left join total on person.person_key = total.person_key
