create or replace temp table paid as
with judged as (
    select
        *,
        is_owed and kind in (1, 2) as is_credit,
        is_owed and kind = 3 as is_instalment,
        due_age >= 0 and due_age < 365 as is_of_year,
        due_age >= 0 and due_age < 90 as is_of_quarter,
        due_age - paid_age <= 3 as is_on_time
    from bill
    left join decay on bill.due_age = decay.age
)

select
    person_key,
    max(newest_date) as newest_date,
    count(*) filter (where is_owed and paid_age < 365) as paid_bill_count,
    count(*) filter (where is_credit) as credit_count,
    count(*) filter (where is_credit and is_of_year and due_age >= 3) as judged_count,
    count(*) filter (
        where is_credit and is_of_year and due_age >= 3 and is_on_time
    ) as on_time_count,
    max(days_late) filter (where is_credit and is_of_year) as worst_days_late,
    min(coalesce(paid_age, 0)) filter (where is_credit and days_late >= 7) as last_late_age,
    sum(weight * least(days_late, 90)) filter (where is_credit) as late_weight,
    sum(weight) filter (where is_credit) as full_weight,
    max(paid_age) filter (where is_credit) as first_paid_age,
    count(*) filter (where is_credit and paid_age < 365) as paid_count,
    coalesce(sum(amount_cents - paid_cents) filter (
        where is_credit and due_age > 0
    ), 0) as overdue_cents,
    coalesce(sum(amount_cents) filter (where is_credit and is_of_quarter), 0) as credit_due_cents,
    count(*) filter (where is_instalment and is_of_year and due_age >= 3) as instalment_count,
    count(*) filter (
        where is_instalment and is_of_year and due_age >= 3 and is_on_time
    ) as instalment_on_time_count,
    sum(amount_cents) filter (where is_owed and is_of_quarter) as due_cents,
    sum(paid_cents) filter (where is_owed and is_of_quarter) as due_paid_cents,
    quantile_disc(paid_age - due_age, 0.5) filter (
        where is_owed and paid_age < 180
    ) as median_days_early,
    bit_count(bit_or(paid_blocks) filter (where is_owed and kind > 3)) as household_months,
    bit_count(bit_or(saved_blocks)) as savings_months,
    sum(recent_count) as transfer_count,
    sum(recent_count) filter (where earlier_count > 0) as repeat_transfer_count
from judged
group by person_key;

create or replace temp table used as
select
    person_key,
    cast(sum(ppm) as double) / (1000000 * count(*)) as utilisation
from (
    select
        person_key,
        least(balance * 1000000 // credit_limit, 2000000) as ppm
    from bill
    where
        kind = 1
        and balance is not null
        and credit_limit > 0
        and cast(issued_time as date) > $as_of_date - 120
    qualify row_number() over (partition by person_key order by issued_time desc, bill_id) <= 3
)
group by person_key;
