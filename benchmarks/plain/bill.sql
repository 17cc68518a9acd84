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
