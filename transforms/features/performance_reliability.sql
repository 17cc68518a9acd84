/*
title = "Performance reliability: bills paid as agreed"
grain = "one row per person"
key   = ["person_key"]

[columns]
person_key               = {}
instalment_on_time_share = {}
utilisation              = {}
paid_to_due              = {}
median_days_early        = {}
*/
with bill as (
    select
        *,
        bill_type = 'instalment'
        and due_date > $as_of_date - interval 365 day
        and due_date <= $as_of_date - interval 3 day as is_judged,
        due_date > $as_of_date - interval 90 day and due_date <= $as_of_date as is_recent
    from staging.bill
),

total as (
    select
        person_key,
        count(*) filter (where is_judged) as judged_count,
        count(*) filter (where is_judged and paid_date <= due_date + interval 3 day)
            as on_time_count,
        cast(sum(amount_cents) filter (where is_recent) as bigint) as due_cents,
        cast(sum(paid_cents) filter (where is_recent) as bigint) as paid_cents
    from bill
    group by person_key
),

-- The lower of the two middle values where the count is even.
ranked_payment as (
    select
        person_key,
        date_diff('day', paid_date, due_date) as days_early,
        row_number() over (
            partition by person_key order by date_diff('day', paid_date, due_date), bill_id
        ) as place,
        count(*) over (partition by person_key) as payment_count
    from staging.bill
    where paid_date > $as_of_date - interval 180 day
),

recent_statement as (
    select
        person_key,
        least(balance_cents * 1000000 // credit_limit_cents, 2000000) as used_ppm
    from staging.card_statement
    where event_date > $as_of_date - interval 120 day and event_date <= $as_of_date
    qualify row_number() over (partition by person_key order by event_time desc, bill_id asc) <= 3
),

used_limit as (
    select
        person_key,
        cast(sum(used_ppm) as bigint) as used_ppm,
        count(*) as statement_count
    from recent_statement
    group by person_key
)

select
    person.person_key,
    cast(total.on_time_count as double) / nullif(total.judged_count, 0) as instalment_on_time_share,
    cast(used_limit.used_ppm as double) / (1000000 * used_limit.statement_count) as utilisation,
    cast(total.paid_cents as double) / nullif(total.due_cents, 0) as paid_to_due,
    cast(ranked_payment.days_early as bigint) as median_days_early
from staging.person as person
left join total on person.person_key = total.person_key
left join used_limit on person.person_key = used_limit.person_key
left join ranked_payment
    on
        person.person_key = ranked_payment.person_key
        and ranked_payment.place = (ranked_payment.payment_count - 1) // 2 + 1
