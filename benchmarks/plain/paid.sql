create or replace temp table bill as
with known as (
    select
        item.person_key,
        item.bill_id,
        item.bill_count > 0 as is_bill,
        if(odd_bill.person_key is null, kind, odd_bill.bill_type) as kind,
        if(odd_bill.person_key is null, item.due_date, odd_bill.due_date) as due_date,
        if(odd_bill.person_key is null, item.amount_cents, odd_bill.amount_cents) as stated_cents,
        if(odd_bill.person_key is null, item.balance_cents, odd_bill.balance_cents) as balance,
        if(
            odd_bill.person_key is null, item.credit_limit_cents, odd_bill.credit_limit_cents
        ) as credit_limit,
        if(odd_bill.person_key is null, item.issued_time, odd_bill.event_time) as issued_time,
        coalesce(item.net_cents, 0) as net_cents,
        if(odd_bill.person_key is null, item.paid_date, odd_bill.paid_date) as moved_date,
        item.paid_blocks,
        item.saved_blocks,
        item.recent_count,
        item.earlier_count,
        item.newest_date
    from item
    left join odd_bill using (person_key, bill_id)
),

-- A bill of no known amount weighs as the person's median bill, and any amount pays it.
usual as (
    select person_key, quantile_disc(stated_cents, 0.5) as usual_cents
    from known
    where is_bill and stated_cents > 0
    group by person_key
)

select
    known.* exclude (moved_date, due_date, is_bill, net_cents, stated_cents),
    coalesce(stated_cents, usual_cents, 0) as amount_cents,
    is_bill and coalesce(stated_cents, 1) > 0 as is_owed,
    net_cents >= coalesce(stated_cents, 1) as is_paid,
    $as_of_date - due_date as due_age,
    case
        when stated_cents is not null then least(greatest(net_cents, 0), stated_cents)
        when is_paid then amount_cents
        else 0
    end as paid_cents,
    $as_of_date - if(is_owed and is_paid, moved_date, null) as paid_age,
    greatest(due_age - coalesce(paid_age, 0), 0) as days_late
from known
left join usual using (person_key);

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
